"""The commands as processes: starting, serving, Ctrl+C, and what they call themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from gimp_bridge.cli import main
from gimp_bridge.folders import journal_folder
from gimp_bridge.service.journal import Journal
from tests.service_peer import local_service, place_fill, png, quadrants
from tests.unit.cli.left import left_in_journal

ROOT = Path(__file__).parents[3]


def test_the_command_serves_on_a_free_port_and_says_where(here):
    arguments = [sys.executable, "-m", "gimp_bridge", "serve", "--port", "0", "--key", "k"]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as child:
        line = child.stdout.readline().decode()
        child.kill()
    assert line.startswith("http://127.0.0.1:")


class Busy:
    """A service that sees when a task has begun, and lets none end before it is told."""

    def __init__(self):
        self.begun, self.go_on = threading.Semaphore(0), threading.Event()

    def fill(self, image, mask, **keywords):
        self.begun.release()
        self.go_on.wait(60)
        return place_fill(image, mask)


@pytest.fixture
def busy():
    service = Busy()
    with local_service(fill=service.fill) as address:
        service.address = address
        yield service
        service.go_on.set()


def start(busy, *arguments):
    return subprocess.Popen(
        [sys.executable, ROOT / "gimp_bridge" / "__main__.py", *arguments],
        env={**os.environ, "PICWISH_BASE_URL": busy.address},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_the_id_is_kept(count=1):
    """The answer with the id may be on its way yet when the service is at work already."""
    while sum(bool(record.task_id) for record in Journal(journal_folder()).records()) < count:
        time.sleep(0.02)


REMOVE = ["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to another process there")
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_while_a_task_runs_loses_nothing(here, busy, number, status):
    """The command in a process of its own, interrupted while the service is busy."""
    with start(busy, *REMOVE) as child:
        assert busy.begun.acquire(timeout=60)
        until_the_id_is_kept()
        child.send_signal(number)
        time.sleep(0.3)  # what is under way is finished, and its result kept
        busy.go_on.set()
        said = child.communicate(timeout=60)[1]
    assert child.returncode == status
    (task_id,) = left_in_journal()
    assert said.startswith(f"Cancelled, but task {task_id} was already under way")


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to another process there")
def test_a_signal_before_the_id_arrives_waits_for_it(here, busy):
    with start(busy, *REMOVE, "--sync") as child:
        assert busy.begun.acquire(timeout=60)
        child.send_signal(signal.SIGTERM)
        time.sleep(0.3)  # only makes a wrong end more likely to be seen
        assert child.poll() is None
        busy.go_on.set()
        said = child.communicate(timeout=60)[1]
    if child.returncode == 0:  # the whole result came with the id
        assert (Path("out.png").exists(), left_in_journal()) == (True, [])
        return
    assert child.returncode == 143
    (task_id,) = left_in_journal()
    assert f"task {task_id} was already under way" in said


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to another process there")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("command", ["remove", "batch"])
def test_a_second_signal_ends_at_once_and_says_what_is_under_way(
    here, busy, command, number, status
):
    tasks = 1
    arguments = REMOVE
    if command == "batch":
        tasks = 2
        (here / "in").mkdir()
        for name in ("one.png", "two.png"):
            picture = quadrants()
            picture[0, 0] = len(name), ord(name[0]), 0
            (here / "in" / name).write_bytes(png(picture))
        arguments = ["batch", "in", "--mask", "mask.png", "-o", "out", "--service", "picwish"]
    else:
        arguments = [*REMOVE, "--sync"]  # the first signal waits for the answer
    with start(busy, *arguments) as child:
        for _ in range(tasks):
            assert busy.begun.acquire(timeout=60)
        if command == "batch":
            until_the_id_is_kept(tasks)
        child.send_signal(number)
        time.sleep(0.5)  # one signal may swallow another of its kind that is not yet delivered
        child.send_signal(number)
        said = child.communicate(timeout=60)[1]
    assert child.returncode == status
    assert "Traceback" not in said
    assert "recover` " in said
    left = left_in_journal()
    assert len(left) == tasks
    assert all(task_id in said for task_id in left if task_id)


def test_a_python_without_the_packages_is_told_in_a_sentence():
    bare = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "gimp_bridge" / "__main__.py"), "recover"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert bare.returncode == 1
    assert bare.stderr.startswith("The package ")
    assert "pipx install" in bare.stderr
    assert len(bare.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("/home/ann/.local/bin/gimp-object-removal", "gimp-object-removal"),
        ("C:/Users/ann/gimp-object-removal.exe", "gimp-object-removal"),
        ("/src/gimp_bridge/__main__.py", f"{Path(sys.executable).name} -m gimp_bridge"),
    ],
)
def test_people_are_told_the_command_that_they_called(monkeypatch, capsys, program, command):
    monkeypatch.setattr(sys, "argv", [program])
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out.startswith(f"usage: {command} [-h]")


@pytest.mark.parametrize("way", ["file", "environment", "option"])
def test_the_servers_key_comes_from_a_file_the_environment_or_with_a_warning(here, way):
    Path("key.txt").write_text("s3cret-key\n")
    arguments = {"file": ["--key-file", "key.txt"], "option": ["--key", "s3cret-key"]}.get(way, [])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    if way == "environment":
        environment["PICWISH_SERVER_KEY"] = "s3cret-key"
    with subprocess.Popen(
        [sys.executable, "-m", "gimp_bridge", "serve", "--port", "0", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        address = child.stdout.readline().strip()
        statuses = [
            requests.get(
                f"{address}/api/tasks/visual/inpaint/x", headers={"X-API-KEY": key}, timeout=30
            ).status_code
            for key in ("", "s3cret-key")
        ]
        child.kill()
        said = child.stderr.read()
    assert statuses == [401, 404]
    assert ("visible in the list of processes" in said) is (way == "option")
    assert "s3cret-key" not in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--key-file", "none.txt"], "none.txt cannot be read: No such file or directory."),
        (["--key-file", "picture"], "picture cannot be read: it is not text."),
        (["--key-file", "empty.txt"], "The key is empty, which would let everybody in."),
        (["--key", ""], "The key is empty, which would let everybody in."),
        (["--host", "nowhere.invalid"], "Port 0 of nowhere.invalid cannot be used: "),
    ],
)
def test_a_server_that_cannot_start_as_asked_says_so(here, arguments, sentence, capsys):
    Path("empty.txt").write_text(" \n")
    Path("picture").write_bytes(b"\x89PNG\xff")
    assert main(["serve", "--port", "0", *arguments]) == 1
    assert sentence in capsys.readouterr().err
