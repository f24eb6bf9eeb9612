"""Making the helper's environment: what is checked, and what is said when it cannot be made."""

import os
import sys
from pathlib import Path

import pytest

from gimp_bridge.errors import InstallError
from gimp_bridge.installer import environment
from gimp_bridge.installer.interpreters import probe
from gimp_bridge.packages import STATEMENT

NOT_THERE = "no-such-package==1.0 --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture
def base():
    return probe(Path(sys.executable))


@pytest.fixture
def empty_lock(tmp_path):
    lock = tmp_path / "lock.txt"
    lock.write_text("# nothing\n")
    return lock


@pytest.fixture
def said():
    return []


def make(folder, base, lock, said, **options):
    settings = {"modules": ("json",), "wheels": None, **options}
    environment.make_environment(folder, base, lock, say=said.append, **settings)


def test_it_is_made_once_and_found_again(tmp_path, base, empty_lock, said):
    folder = tmp_path / "env"
    make(folder, base, empty_lock, said)
    first = environment.interpreter_of(folder).stat().st_ctime_ns
    make(folder, base, empty_lock, said)
    assert environment.is_complete(folder, empty_lock, base)
    assert environment.interpreter_of(folder).stat().st_ctime_ns == first
    assert said[-1] == f"The environment is there already: {folder}"


def test_a_half_made_one_is_made_anew(tmp_path, base, empty_lock, said):
    folder = tmp_path / "env"
    make(folder, base, empty_lock, said)
    (folder / STATEMENT).unlink()
    (folder / "rubbish").write_text("")
    make(folder, base, empty_lock, said)
    assert environment.is_complete(folder, empty_lock, base)
    assert not (folder / "rubbish").exists()


def test_other_packages_or_another_python_make_another_environment(tmp_path, base, empty_lock):
    other = tmp_path / "other.txt"
    other.write_text("# something\n")
    windows = tmp_path / "windows.txt"
    windows.write_bytes(b"# nothing\r\n")
    name = environment.fingerprint(empty_lock, base)
    assert environment.fingerprint(windows, base) == name
    assert environment.fingerprint(other, base) != name
    assert environment.fingerprint(empty_lock, base._replace(version=(3, 99, 0))) != name


def test_when_packages_cannot_be_had_the_last_lines_are_told_and_nothing_stays(
    tmp_path, base, said
):
    lock = tmp_path / "lock.txt"
    lock.write_text(NOT_THERE)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with pytest.raises(InstallError) as told:
        make(tmp_path / "env", base, lock, said, wheels=wheels)
    lines = str(told.value).splitlines()
    assert lines[0].startswith(f"Could not install the packages from {wheels}: ")
    assert "No matching distribution found for no-such-package==1.0" in lines[-1]
    assert not (tmp_path / "env").exists()


def test_packages_that_cannot_be_imported_are_noticed(tmp_path, base, empty_lock, said):
    with pytest.raises(InstallError, match="No module named 'nowhere'"):
        make(tmp_path / "env", base, empty_lock, said, modules=("nowhere",))
    assert not (tmp_path / "env").exists()


@pytest.mark.parametrize("without", ["venv", "ensurepip"])
def test_a_debian_python_without_its_parts_names_the_package(
    tmp_path, base, empty_lock, said, monkeypatch, without
):
    monkeypatch.setattr(environment.shutil, "which", {"apt-get": "/usr/bin/apt-get"}.get)
    monkeypatch.setattr(environment, "_python_with_pip", lambda: None)
    bare = base._replace(version=(3, 13, 5), pip=None, **{without: False})
    with pytest.raises(InstallError, match=r"sudo apt-get install python3\.13-venv"):
        make(tmp_path / "env", bare, empty_lock, said)
    assert not (tmp_path / "env").exists()


def test_the_locked_packages_name_no_index_and_have_hashes():
    lines = environment.LOCK.read_text().splitlines()
    requirements = [line for line in lines if line and not line.startswith(("#", " "))]
    assert len(requirements) > 20
    assert all(line.endswith("\\") for line in requirements)
    assert not [line for line in lines if "://" in line or line.startswith("--")]


def test_one_whose_packages_are_gone_is_made_anew(tmp_path, base, empty_lock, said):
    folder = tmp_path / "env"
    make(folder, base, empty_lock, said)
    said.clear()
    (site,) = folder.glob("lib/python3.*/site-packages")
    (site / "ours.py").write_text("")
    with pytest.raises(InstallError, match="No module named 'theirs'"):
        make(folder, base, empty_lock, said, modules=("theirs",))
    make(folder, base, empty_lock, said)
    assert not (site / "ours.py").exists()
    assert said[0] == f"Making a Python {base.minor} environment (about 290 MB): {folder}"


def test_it_is_made_from_the_program_with_the_version_in_its_name(tmp_path, base, empty_lock, said):
    program = tmp_path / "bin" / "python3"
    program.parent.mkdir()
    program.with_name(f"python{base.minor}").symlink_to(os.path.realpath(base.path))
    program.symlink_to(f"python{base.minor}")
    make(tmp_path / "env", base._replace(path=program), empty_lock, said)
    python = environment.interpreter_of(tmp_path / "env")
    while python.is_symlink():
        python = python.parent / python.readlink()
        assert python != program
    program.unlink()
    assert environment.works(tmp_path / "env", ("json",))


def test_another_python_of_that_name_is_not_taken_for_it(tmp_path, base):
    program = tmp_path / "python3"
    program.symlink_to(os.path.realpath(base.path))
    program.with_name(f"python{base.minor}").write_text("#!/bin/sh\n")
    assert environment._versioned(base._replace(path=program)) == program
