"""How the plug-in starts the helper: what of it needs no GIMP."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "plugin" / "object-removal"


@pytest.fixture
def launch(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("object_removal.worker.launch")


@pytest.fixture
def process():
    command = [sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read())"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as running:
        yield running


@pytest.mark.skipif(sys.platform != "linux", reason="no other system lets a pipe be widened")
def test_pixels_cross_in_large_portions(launch, process):
    import fcntl

    launch.widen_pipes(process)
    assert fcntl.fcntl(process.stdin, fcntl.F_GETPIPE_SZ) == launch.PIPE_BYTES
    assert fcntl.fcntl(process.stdout, fcntl.F_GETPIPE_SZ) == launch.PIPE_BYTES


def test_a_machine_that_allows_less_is_no_obstacle(launch, process, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_):
        raise PermissionError("beyond /proc/sys/fs/pipe-max-size")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    launch.widen_pipes(process)
    assert process.communicate(b"as before")[0] == b"as before"
