"""The commands as processes: starting, serving, Ctrl+C, and what they call themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from gimp_bridge.cli import main
from tests.service_peer import local_service, place_fill
from tests.unit.cli.left import left_in_journal

ROOT = Path(__file__).parents[3]


def test_the_command_serves_on_a_free_port_and_says_where(here):
    arguments = [sys.executable, "-m", "gimp_bridge", "serve", "--port", "0", "--key", "k"]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as child:
        line = child.stdout.readline().decode()
        child.kill()
    assert line.startswith("http://127.0.0.1:")


def test_ctrl_c_while_a_task_runs_loses_nothing(here):
    """The command in a process of its own, interrupted while the service is busy."""
    polled, ended = threading.Event(), threading.Event()

    def fill(image, mask, **keywords):
        ended.wait(60)
        return place_fill(image, mask)

    def observe(request):
        if request.method == "GET":
            polled.set()  # so the task's id has arrived

    with local_service(observe, fill=fill) as address:
        environment = {**os.environ, "PICWISH_BASE_URL": address}
        arguments = ["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]
        with subprocess.Popen(
            [sys.executable, ROOT / "gimp_bridge" / "__main__.py", *arguments],
            env=environment,
            stderr=subprocess.PIPE,
        ) as child:
            assert polled.wait(60)
            child.send_signal(signal.SIGINT)
            said = child.stderr.read().decode()
            ended.set()
    assert child.returncode == 130
    (task_id,) = left_in_journal()
    assert said.startswith(f"Cancelled, but task {task_id} was already under way")


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
