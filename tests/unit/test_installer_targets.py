"""A GIMP that was never started: started once where that can be done, else the person is asked."""

from pathlib import Path

import pytest

from gimp_bridge.errors import InstallError
from gimp_bridge.installer import front, profiles, targets, try_run
from gimp_bridge.installer.plugin_folder import Source
from gimp_bridge.installer.targets import Target

MAKES = """#!/bin/sh
case "$*" in *--version*) echo GNU Image Manipulation Program version 3.2.4; exit;; esac
echo "$0 $*" >> {log}
mkdir -p {profile}
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A Linux user with nothing but /usr/bin, and programs of their own before that."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(profiles.sys, "platform", "linux")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    monkeypatch.setenv("FLATPAK_SYSTEM_DIR", str(tmp_path / "flatpak"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "FLATPAK_USER_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def flatpak(home, program_name="gimp-console-3.2"):
    inside = home / "flatpak/app/org.gimp.GIMP/current/active/files/bin"
    program(inside / program_name, "")
    made = {"log": home / "started", "profile": home / ".config/GIMP/3.2"}
    program(home / "bin/flatpak", MAKES.format(**made))
    return home / ".config/GIMP/3.2"


def test_the_flatpak_is_started_once_inside_its_sandbox(home):
    profile = flatpak(home)
    said = []
    assert targets.targets([], None, say=said.append) == [Target(profile, flatpak=True)]
    assert said == ["Starting GIMP 3.2 for the first time, so that it makes its folder"]
    assert (home / "started").read_text() == (
        f"{home}/bin/flatpak run --command=gimp-console-3.2 org.gimp.GIMP"
        " --no-interface --no-data --no-fonts --quit\n"
    )


def test_a_first_start_that_makes_no_folder_asks_the_person(home):
    flatpak(home)
    program(home / "bin/flatpak", "#!/bin/sh\n")
    with pytest.raises(InstallError) as told:
        targets.targets([], None, say=print)
    assert str(told.value) == (
        "GIMP 3.2 was found, but it was never started. Please start it once, so that it makes its"
        f" folder ({home}/.config/GIMP/3.2), and then run this again."
    )


def test_one_that_does_not_say_its_version_is_found_again_by_the_folder_it_made(home, monkeypatch):
    monkeypatch.setattr(profiles.sys, "platform", "darwin")
    library = home / "Library/Application Support/GIMP"
    made = {"log": home / "started", "profile": f"'{library}/3.2'"}
    program(home / "Applications/GIMP.app/Contents/MacOS/gimp", MAKES.format(**made))
    (library / "2.10").mkdir(parents=True)
    assert targets.targets([], None, say=print) == [Target(library / "3.2")]


def test_one_in_the_way_does_not_keep_it_from_the_others(home, monkeypatch):
    monkeypatch.setattr(profiles.sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", str(home / "Roaming"))
    monkeypatch.setenv("LOCALAPPDATA", str(home / "Local"))
    (home / "Roaming/GIMP/3.0").mkdir(parents=True)
    store = home / "Local/Packages/GIMP.43237F745459_nq49gba4h4mx8"
    store.mkdir(parents=True)
    said = []
    assert targets.targets([], None, say=said.append) == [Target(home / "Roaming/GIMP/3.0")]
    assert said == [
        "GIMP 3 was found, but it was never started. Please start it once, so that it makes its"
        f" folder ({store}/LocalCache/Roaming/GIMP), and then run this again."
    ]


def test_a_dry_run_names_the_flatpaks_environment_and_its_first_start(home, capsys):
    profile = flatpak(home)
    (home / "snap/gimp/current/.config/GIMP/3.0").mkdir(parents=True)
    assert front.main(["--dry-run", "--data", str(home / "data")]) == 0
    told = capsys.readouterr().out
    assert f"into {profile} (GIMP 3.2, flatpak), after starting it for the first time" in told
    assert f"in {home}/.var/app/org.gimp.GIMP/data/gimp-object-removal\n" in told
    assert f"in {home}/data\n" not in told
    assert "The Snap of GIMP 3.0 takes plug-ins only as Snaps" in told
    assert f"into {home}/snap" not in told
    assert not (home / "started").exists()


def test_a_gimp_named_by_hand_that_was_never_started_is_started(home):
    made = {"log": home / "started", "profile": home / ".config/GIMP/3.2"}
    gimp = program(home / "opt/gimp-console-3.2", MAKES.format(**made))
    assert targets.targets([], gimp, say=print) == [Target(home / ".config/GIMP/3.2")]


def test_a_try_with_nothing_but_the_flatpak_says_so(home, tmp_path, monkeypatch):
    flatpak(home)
    monkeypatch.setattr(try_run, "find_source", lambda: Source(tmp_path, tmp_path / "gimp_bridge"))
    with pytest.raises(InstallError, match="The GIMP 3 of this machine is a Flatpak, which"):
        try_run.try_it(None, None, tmp_path / "out", say=print)
