"""How the plug-in starts the helper: what of it needs no GIMP."""

import importlib
import json
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from gimp_bridge import __version__

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


def test_set_up_is_run_by_a_python_outside_gimp_where_gimps_own_may_not_be_started(launch):
    there = {
        "/opt/homebrew/bin": ["python3.9", "python3.12", "python3.13"],
        "/usr/local/bin": ["python3.14"],
        "/usr/bin": ["python3.11"],
    }

    def glob(folder, pattern):
        return [folder / name for name in there.get(str(folder), []) if fnmatch(name, pattern)]

    own = sys.executable
    assert launch.setup_pythons("darwin", {}, glob) == [
        "/opt/homebrew/bin/python3.13",
        "/opt/homebrew/bin/python3.12",
        "/usr/local/bin/python3.14",
        own,
    ]
    assert launch.setup_pythons("linux", {"APPDIR": "/tmp/.mount_a"}, glob) == [
        "/usr/bin/python3.11",
        own,
    ]
    assert launch.setup_pythons("linux", {}, glob) == [own]
    assert launch.setup_pythons("win32", {}, glob) == [own]


@pytest.mark.parametrize(("entry", "inside"), [("python", False), ("flatpak", True)])
def test_a_helper_set_up_on_the_other_side_of_the_sandbox_is_none_of_ours(
    launch, tmp_path, monkeypatch, entry, inside
):
    note = {entry: sys.executable, "version": __version__}
    (tmp_path / "worker.json").write_text(json.dumps(note))
    for here in (False, True):
        monkeypatch.setenv("FLATPAK_ID", "org.gimp.GIMP")
        if not here:
            monkeypatch.delenv("FLATPAK_ID")
        assert launch.is_set_up(tmp_path) is (here is inside)
