"""The commands as processes: starting, serving, Ctrl+C, and what they call themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

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
