"""Uninstalling takes everything or, where something is in use, nothing; a purge leaves nothing."""

import errno
import json
from pathlib import Path

import pytest

from gimp_bridge.installer import front, in_use, profiles, records, uninstall
from gimp_bridge.installer.uninstall import Places

SANDBOX = ".var/app/org.gimp.GIMP"
WINDOWS_COPY = "AppData/Local/Packages/GIMP.43237F745459_nq49gba4h4mx8/LocalCache/Local"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The home of a Linux user, in which only what a test puts there is found."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("FLATPAK_SYSTEM_DIR", "/nowhere")
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    return tmp_path


def write(*files):
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("ours")


def installed(profile, data):
    """An installation, with an environment that has no Python."""
    folder = profile / "plug-ins/object-removal"
    write(folder / "object-removal.py", data / "env-0123/pyvenv.cfg")
    (folder / "worker.json").write_text(json.dumps({"python": "/nowhere", "version": "0.1.0"}))
    records.add(data, profile)


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def our_files(home):
    share, state = ".local/share/gimp-object-removal", ".local/state/gimp-object-removal"
    outside = [
        f"{share}/journal/a",
        f"{state}/log/worker.log",
        ".cache/gimp-object-removal/roots/b",
    ]
    inside = [
        f"{SANDBOX}/config/gimp-object-removal/keys.json",
        f"{SANDBOX}/data/gimp-object-removal/journal/a",
        f"{SANDBOX}/cache/gimp-object-removal/c",
        f"{SANDBOX}/.local/state/gimp-object-removal/log/worker.log",
    ]
    return [home / name for name in (*outside, *inside, ".config/gimp-object-removal/keys.json")]


def test_a_purge_reaches_into_the_flatpaks_folders(home):
    write(*our_files(home), home / SANDBOX / "config/pip/pip.conf")
    installed(home / ".config/GIMP/3.0", home / ".local/share/gimp-object-removal")
    installed(home / ".config/GIMP/3.2", home / SANDBOX / "data/gimp-object-removal")
    assert front.main(["--purge", "--data", str(home / ".local/share/gimp-object-removal")]) == 0
    assert files(home) == {f"{SANDBOX}/config/pip/pip.conf"}


def test_uninstalling_leaves_keys_and_journals_and_takes_all_logs(home):
    write(*our_files(home))
    installed(home / ".config/GIMP/3.2", home / SANDBOX / "data/gimp-object-removal")
    assert (
        front.main(["--uninstall", "--data", str(home / ".local/share/gimp-object-removal")]) == 0
    )
    assert files(home) == {
        str(file.relative_to(home)) for file in our_files(home) if file.name != "worker.log"
    }


def test_a_purge_reaches_what_a_store_gimp_keeps_in_its_copy_of_appdata(home):
    local = home / "AppData/Local"
    kept = [local / "Packages/Other_x/LocalCache/Local/gimp-object-removal/keys.json"]
    write(home / WINDOWS_COPY / "gimp-object-removal/keys.json", *kept)
    env = {"LOCALAPPDATA": str(local)}
    places = [Places.of(each, "win32") for each in (env, *profiles.sandboxes("win32", env, home))]
    uninstall.uninstall(places, [], purge=True, say=print)
    assert files(home) == {str(file.relative_to(home)) for file in kept}


def test_a_purge_that_leaves_something_says_what(home, monkeypatch, capsys):
    keys = home / ".config/gimp-object-removal/keys.json"
    write(keys)
    monkeypatch.setattr(uninstall, "_remove_tree", lambda _folder, say: None)
    assert front.main(["--purge", "--data", str(home / "data")]) == 1
    assert capsys.readouterr().err == (f"\nNot everything could be removed:\n    {keys.parent}\n")


def test_the_plug_in_that_a_newer_gimp_left_in_an_older_profile_goes_too(home):
    installed(home / ".config/GIMP/3.2", home / "data")
    write(home / ".config/GIMP/3.0/plug-ins/object-removal/object-removal.py")
    assert front.main(["--uninstall", "--data", str(home / "data")]) == 0
    assert files(home) == set()


def in_use_for(times, name, monkeypatch):
    """Let Windows refuse to move folders of this name so many times."""
    refused, rename = [], Path.rename

    def busy(path, target):
        if path.name == name and len(refused) < times:
            refused.append(path)
            raise PermissionError(errno.EACCES, "Access is denied", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", busy)
    monkeypatch.setattr(in_use.sys, "platform", "win32")
    monkeypatch.setattr(in_use.time, "sleep", lambda _seconds: None)
    return refused


@pytest.mark.parametrize("name", ["env-0123", "object-removal"])
def test_what_is_in_use_for_a_moment_is_removed_all_the_same(home, monkeypatch, name):
    installed(home / "3.2", home / "data")
    refused = in_use_for(3, name, monkeypatch)
    places = [Places(home / "data", home / "config", home / "cache", home / "log")]
    assert uninstall.uninstall(places, [home / "3.2"], say=print)
    assert (files(home), len(refused)) == (set(), 3)


@pytest.mark.parametrize("name", ["env-0123", "object-removal"])
def test_where_something_stays_in_use_nothing_is_removed(home, monkeypatch, capsys, name):
    for profile in ("3.0", "3.2"):
        installed(home / profile, home / "data")
    before = files(home)
    in_use_for(99, name, monkeypatch)
    options = ["--profile", str(home / "3.0"), "--profile", str(home / "3.2")]
    assert front.main(["--uninstall", "--data", str(home / "data"), *options]) == 1
    assert capsys.readouterr().err.endswith("is in use. Please close GIMP, and then try again.\n")
    assert files(home) - {"data/install.lock"} == before
