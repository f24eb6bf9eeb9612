"""Folders and files that nobody else can read, whatever the umask is."""

from __future__ import annotations

import logging
import os
import stat
import sys

import pytest

from gimp_bridge.private_files import make_private_folder, write_private
from gimp_bridge.worker.logs import MAX_LOG_BYTES, log_file, start_log

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


@pytest.fixture(params=[0o000, 0o022], autouse=True)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path):
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_all_folders_that_are_made_are_private(tmp_path):
    make_private_folder(tmp_path / "a" / "b" / "c")
    make_private_folder(tmp_path / "a" / "b" / "d" / "e")
    made = ["a", "a/b", "a/b/c", "a/b/d", "a/b/d/e"]
    assert [mode(tmp_path / name) for name in made] == ["0o700"] * 5


def test_a_folder_that_exists_stays_as_it_is(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    make_private_folder(tmp_path / "shared")
    assert mode(tmp_path / "shared") == "0o755"


def test_a_file_in_the_way_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match="file"):
            make_private_folder(path)


def test_a_private_file_and_its_folders_are_private(tmp_path):
    write_private(tmp_path / "config" / "app" / "keys.json", b"{}")
    made = ["config", "config/app", "config/app/keys.json"]
    assert [mode(tmp_path / name) for name in made] == ["0o700", "0o700", "0o600"]


@pytest.fixture
def root_logger(tmp_path, monkeypatch):
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield root
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = handlers, level


@pytest.mark.parametrize("older", [False, True])
def test_the_log_is_private_and_what_is_rotated_away_too(root_logger, older):
    if older:
        log_file().parent.mkdir(parents=True)
        log_file().touch(0o666)
    root_logger.handlers = []  # pytest's own, or ``start_log`` does nothing
    start_log()
    root_logger.info("x" * (MAX_LOG_BYTES - 1000))
    root_logger.info("y" * 2000)
    rotated = log_file().with_name("worker.log.1")
    assert [mode(log_file()), mode(rotated)] == ["0o600", "0o600"]
    assert older or mode(log_file().parent) == "0o700"
    assert log_file().read_text().endswith("y\n")
