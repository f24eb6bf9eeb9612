"""The folder GIMP loads: what is put into it, and what is noticed to be wrong with it."""

import json
import os
from pathlib import Path

import pytest

from gimp_bridge import __version__
from gimp_bridge.installer import doctor, plugin_folder, records
from gimp_bridge.installer.plugin_folder import Source
from gimp_bridge.installer.records import Noted

PYTHON = Path("/env/bin/python")
NOTE = {"python": "/env/bin/python", "version": __version__}


@pytest.fixture
def source(tmp_path):
    plugin, package = tmp_path / "plugin", tmp_path / "gimp_bridge"
    (plugin / "__pycache__").mkdir(parents=True)
    (package / "worker").mkdir(parents=True)
    (package / "installer" / "plugin" / "object-removal").mkdir(parents=True)
    for unneeded in ("cli", "server"):
        (package / unneeded).mkdir()
        (package / unneeded / "__init__.py").write_bytes(b"")
    (package / "py.typed").write_bytes(b"")
    (plugin / "object_removal" / "image").mkdir(parents=True)
    (plugin / "object_removal" / "image" / "layer.py").write_bytes(b"")
    (plugin / "object-removal.py").write_bytes(b"#!/usr/bin/env python3\r\nprint(1)\r\n")
    (plugin / "icon.png").write_bytes(b"\x89PNG\r\n")
    (plugin / "__pycache__" / "old.pyc").write_bytes(b"")
    (package / "worker" / "session.py").write_bytes(b"x = 1\n")
    (package / "installer" / "plugin" / "object-removal" / "object-removal.py").write_bytes(b"")
    return Source(plugin, package)


@pytest.fixture
def folder(source, tmp_path):
    folder = tmp_path / "profile" / "object-removal"
    plugin_folder.put_together(folder, source, NOTE)
    return folder


def test_it_holds_the_plug_in_one_package_and_two_notes(folder):
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        "object-removal.py",
        "icon.png",
        "object_removal/image/layer.py",
        "gimp_bridge/worker/session.py",
        "worker.json",
        "files.json",
    }
    assert records.read_note(folder) == Noted(PYTHON, __version__)


def test_line_ends_are_unixs_in_code_and_untouched_elsewhere(folder):
    assert (folder / "object-removal.py").read_bytes() == b"#!/usr/bin/env python3\nprint(1)\n"
    assert (folder / "icon.png").read_bytes() == b"\x89PNG\r\n"


def test_only_the_entry_is_executable(folder):
    executable = [path.name for path in folder.rglob("*.py") if os.access(path, os.X_OK)]
    assert executable == ["object-removal.py"]


def test_a_better_python_is_named_in_the_first_line_only(source, tmp_path):
    better = source._replace(starter=Path("/usr/bin/python3"))
    plugin_folder.put_together(tmp_path / "better", better, NOTE)
    entry = (tmp_path / "better" / "object-removal.py").read_bytes()
    assert entry == b"#!/usr/bin/python3\nprint(1)\n"
    assert plugin_folder.damaged_files(tmp_path / "better") == []


def test_what_was_put_together_is_recognised(folder, source):
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "new.pyc").write_bytes(b"")
    assert plugin_folder.is_as_put_together(folder, source, NOTE)
    assert not plugin_folder.is_as_put_together(folder, source, NOTE | {"python": "/other"})


@pytest.mark.parametrize(
    ("change", "damaged"),
    [
        (lambda folder: (folder / "icon.png").unlink(), ["icon.png"]),
        (
            lambda folder: (folder / "gimp_bridge/worker/session.py").write_text("x = 2\n"),
            ["gimp_bridge/worker/session.py"],
        ),
        (lambda folder: (folder / "files.json").write_text("[]"), None),
        (lambda folder: (folder / "files.json").unlink(), None),
    ],
)
def test_missing_and_changed_files_are_noticed(folder, source, change, damaged):
    change(folder)
    assert plugin_folder.damaged_files(folder) == damaged
    assert not plugin_folder.is_as_put_together(folder, source, NOTE)


def test_a_file_too_many_makes_it_another_folder(folder, source):
    (folder / "gimp_bridge" / "forgotten.py").write_text("")
    assert not plugin_folder.is_as_put_together(folder, source, NOTE)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"python": "/p"}', "\x00"])
def test_a_note_that_makes_no_sense_is_none(folder, text):
    (folder / "worker.json").write_text(text)
    assert records.read_note(folder) is None


HERE, SANDBOX = {}, {"FLATPAK_ID": "org.gimp.GIMP"}


def test_a_profile_shared_with_the_flatpak_names_a_python_for_each(tmp_path):
    def note(python, env):
        noted = records.note_for(tmp_path, Path(python), env)
        (tmp_path / "worker.json").write_text(json.dumps(noted))

    def pythons():
        notes = [records.read_note(tmp_path, env) for env in (HERE, SANDBOX)]
        return [note and str(note.python) for note in notes]

    note("/inside/python", SANDBOX)
    assert pythons() == [None, "/inside/python"]
    assert records.version_in(tmp_path) == __version__
    note("/outside/python", HERE)
    assert pythons() == ["/outside/python", "/inside/python"]
    note("/inside/newer", SANDBOX)
    assert pythons() == ["/outside/python", "/inside/newer"]


def test_neither_side_of_the_sandbox_is_told_broken_by_the_others(folder):
    finding = doctor._note(folder, records.read_note(folder, SANDBOX))
    assert (finding.verdict, finding.cure) == ("warning", "python3 install.py")
    assert finding.text.startswith(f"In {folder} the helper is set up for another GIMP only")
