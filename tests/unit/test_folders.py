"""Where set-up and the worker write, by each system's rules, held to a library's."""

import sys
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from gimp_bridge import credentials
from gimp_bridge.folders import (
    APP_NAME,
    cache_folder,
    config_folder,
    data_folder,
    journal_folder,
    log_folder,
    pace_folder,
    settings_file,
)

HOME = Path("/people/ann")
XDG = ["XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"]


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
@pytest.mark.parametrize(("platform", "library"), [("linux", Unix), ("darwin", MacOS)])
def test_the_rules_are_those_of_the_library(platform, library, monkeypatch):
    for name in XDG:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(HOME))
    theirs = library(APP_NAME, appauthor=False)
    assert config_folder(platform, {}, HOME) == Path(theirs.user_config_dir)
    assert log_folder(platform, {}, HOME) == Path(theirs.user_log_dir)
    assert data_folder(platform, {}, HOME) == Path(theirs.user_data_dir)
    assert cache_folder(platform, {}, HOME) == Path(theirs.user_cache_dir)


@pytest.mark.parametrize("folder", [config_folder, log_folder, data_folder, cache_folder])
def test_what_a_terminal_exports_on_macos_makes_no_other_folder_than_a_click(folder):
    assert folder("darwin", dict.fromkeys(XDG, "/xdg"), HOME) == folder("darwin", {}, HOME)


def test_the_worker_writes_where_set_up_looks():
    assert settings_file() == config_folder() / "settings.json"
    assert journal_folder() == data_folder() / "journal"
    assert pace_folder() == data_folder() / "pace"
    assert credentials.key_file() == config_folder() / "keys.json"
