"""Installing into profiles: what a failure in one step or one place does to the rest."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gimp_bridge import __version__
from gimp_bridge.errors import InstallError
from gimp_bridge.installer import front, install, records, self_test
from gimp_bridge.installer.install import Installed
from gimp_bridge.installer.options import parse
from gimp_bridge.installer.plugin_folder import installed_folder
from gimp_bridge.installer.records import WORKER_FILE, read_note
from gimp_bridge.installer.targets import Target

PLUGINRC = """(file-version 1)
(plug-in-def "${gimp_dir}/plug-ins/object-removal/object-removal.py" 1795386480)
"""


@pytest.fixture
def said():
    return []


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """A profile of a user without a GIMP; the helper runs on this Python."""
    monkeypatch.setattr(install, "ensure_environment", lambda *_, **__: Path(sys.executable))
    monkeypatch.setattr(install, "gimps_here", lambda: [])
    folder = tmp_path / "3.0"
    folder.mkdir()
    (folder / "pluginrc").write_text(PLUGINRC)
    return folder


@pytest.fixture
def engine_fails(monkeypatch):
    run_worker = self_test.run_worker

    def warm_up_fails(folder, python, program, **how):
        ended = run_worker(folder, python, program, **how) if program != "warm-up" else None
        return ended or subprocess.CompletedProcess(["python3"], 1, b"", b"no compiler\n")

    monkeypatch.setattr(self_test, "run_worker", warm_up_fails)


def install_into(profile, said):
    return install.install_into(profile, data=profile.parent / "data", say=said.append)


def test_an_engine_that_cannot_be_prepared_is_said_and_the_rest_is_done(
    profile, engine_fails, said
):
    assert install_into(profile, said) == (installed_folder(profile), None)
    assert (
        "  Could not prepare the built-in engine: python3 ended with 1.\n"
        "The last lines it printed:\n    no compiler"
    ) in said
    assert read_note(installed_folder(profile)) == (Path(sys.executable), __version__)
    assert records.profiles(profile.parent / "data") == [profile]
    assert "plug-in-def" not in (profile / "pluginrc").read_text()


def test_an_old_environment_that_is_in_use_is_said_and_left(
    profile, engine_fails, said, monkeypatch
):
    old = profile.parent / "data" / "env-0123"
    old.mkdir(parents=True)

    def refuse(folder):
        raise PermissionError(13, "The process cannot access the file", str(folder))

    monkeypatch.setattr(install, "remove_environment", refuse)
    install_into(profile, said)
    assert said[-1].startswith("  Could not be removed now: [Errno 13]")
    assert old.is_dir()


def at(*profiles, flatpak=False):
    """What stands for the GIMPs that were found."""
    return lambda *_, **__: [Target(profile, flatpak) for profile in profiles]


def test_what_the_system_refuses_in_one_place_does_not_keep_it_from_the_others(
    tmp_path, monkeypatch, capsys
):
    one, two = tmp_path / "one", tmp_path / "two"

    def install_into(profile, **_):
        if profile == one:
            raise PermissionError(13, "Permission denied", "pluginrc")
        return Installed(installed_folder(profile), None)

    monkeypatch.setattr(front, "targets", at(one, two))
    monkeypatch.setattr(front, "install_into", install_into)
    assert front.main([]) == 1
    told = capsys.readouterr()
    assert f"in {installed_folder(two)}" in told.out
    assert told.err == (
        f"\nCould not install into {one}: [Errno 13] Permission denied: 'pluginrc'\n"
    )


def test_a_yes_to_an_older_version_is_for_one_flatpak_only(tmp_path, monkeypatch):
    profiles = [tmp_path / "one", tmp_path / "two"]
    for profile in profiles:
        installed_folder(profile).mkdir(parents=True)
        note = {"python": sys.executable, "version": "99.0"}
        (installed_folder(profile) / WORKER_FILE).write_text(json.dumps(note))
    answers, handed_on = iter([True, False]), []

    def install_inside(profile, *, options, say):
        handed_on.append((profile, options))
        return Installed(installed_folder(profile), "99.0")

    monkeypatch.setattr(front, "targets", at(*profiles, flatpak=True))
    monkeypatch.setattr(front, "install_inside", install_inside)
    monkeypatch.setattr(front, "ask", lambda _question: next(answers))
    with pytest.raises(InstallError, match=r"two.* holds version 99"):
        front._install(parse([]), lambda _line: None)
    assert handed_on == [(profiles[0], ["--downgrade"])]
