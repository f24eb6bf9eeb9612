"""Where set-up writes, by each system's rules, and that the worker's library agrees."""

import sys
from pathlib import Path

import platformdirs
import pytest

from gimp_bridge.installer.folders import (
    APP_NAME,
    cache_folder,
    config_folder,
    data_folder,
    log_folder,
)

HOME = Path("/people/ann")


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {}, HOME / ".local/share/gimp-object-removal"),
        ("linux", {"XDG_DATA_HOME": "/data"}, Path("/data/gimp-object-removal")),
        ("linux", {"XDG_DATA_HOME": "data"}, HOME / ".local/share/gimp-object-removal"),
        ("darwin", {}, HOME / "Library/Application Support/gimp-object-removal"),
        ("win32", {}, HOME / "AppData/Local/gimp-object-removal"),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local/gimp-object-removal")),
    ],
)
def test_data_folder_follows_each_systems_rule(platform, env, expected):
    assert data_folder(platform, env, HOME) == expected


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {}, HOME / ".cache/gimp-object-removal"),
        ("linux", {"XDG_CACHE_HOME": "/cache"}, Path("/cache/gimp-object-removal")),
        ("darwin", {}, HOME / "Library/Caches/gimp-object-removal"),
        ("win32", {}, HOME / "AppData/Local/gimp-object-removal/Cache"),
    ],
)
def test_cache_folder_follows_each_systems_rule(platform, env, expected):
    assert cache_folder(platform, env, HOME) == expected


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {}, HOME / ".local/state/gimp-object-removal/log"),
        ("linux", {"XDG_STATE_HOME": "/state"}, Path("/state/gimp-object-removal/log")),
        ("darwin", {}, HOME / "Library/Logs/gimp-object-removal"),
        ("win32", {}, HOME / "AppData/Local/gimp-object-removal/Logs"),
    ],
)
def test_log_folder_follows_each_systems_rule(platform, env, expected):
    assert log_folder(platform, env, HOME) == expected


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {}, HOME / ".config/gimp-object-removal"),
        ("linux", {"XDG_CONFIG_HOME": "/config"}, Path("/config/gimp-object-removal")),
        ("darwin", {}, HOME / "Library/Application Support/gimp-object-removal"),
        ("win32", {}, HOME / "AppData/Local/gimp-object-removal"),
    ],
)
def test_config_folder_follows_each_systems_rule(platform, env, expected):
    assert config_folder(platform, env, HOME) == expected


@pytest.mark.skipif(sys.platform == "win32", reason="checked where the suite runs: Unix")
def test_the_library_the_worker_uses_finds_the_same_folders(monkeypatch, tmp_path):
    for variable in ("DATA_HOME", "CACHE_HOME", "CONFIG_HOME", "STATE_HOME"):
        monkeypatch.delenv(f"XDG_{variable}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert config_folder() == Path(platformdirs.user_config_dir(APP_NAME, appauthor=False))
    assert log_folder() == Path(platformdirs.user_log_dir(APP_NAME, appauthor=False))
    assert data_folder() == Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))
    assert cache_folder() == Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False))
