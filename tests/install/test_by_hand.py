"""The zip, unpacked into GIMP's folder by hand: GIMP takes it, says what is missing, then works."""

import json
import re
import subprocess

import pytest

from tests.install.conftest import HOME, Person, hand_over, own_environment
from tests.install.test_lifecycle import KNOWS, REMOVE
from tools.release import write_zip

SENTENCE = "print('ERROR', Gimp.get_pdb().get_last_error())\nprint('LAYERS'"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The zip of a release."""
    return write_zip(tmp_path_factory.mktemp("zip") / "object-removal.zip")


@pytest.fixture
def copier(root, archive, tmp_path):
    """A user who unpacked the zip, and whose environment need not be made but found."""
    return unpack(archive, Person(root, tmp_path / "person"))


def unpack(archive, person):
    own_environment(person)
    config = person.home / ".config"
    plug_ins = config / "GIMP" / person.root.gimp_version / "plug-ins"
    plug_ins.mkdir(parents=True)
    subprocess.run(["unzip", "-q", archive, "-d", plug_ins], check=True)
    hand_over(config)
    return person


def test_it_is_in_the_menu_says_what_to_run_and_works_after_that(copier):
    assert "KNOWN True" in copier.gimp(KNOWS)
    refused = copier.gimp(REMOVE.replace("print('LAYERS'", SENTENCE))
    assert "STATUS execution-error" in refused
    assert "LAYERS 1" in refused
    folder = f"{HOME}/.config/GIMP/{copier.root.gimp_version}/plug-ins/object-removal"
    command = f'python3 "{folder}/gimp_bridge/installer" --here'
    assert f"not set up yet. To set it up by hand, run this once: {command}" in refused

    done = copier.run(*re.findall(r'[^\s"]+', command))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"in {folder}" in done.stdout
    used = copier.gimp(REMOVE)
    assert "STATUS success" in used
    assert "LAYERS 2" in used
    assert "BROKEN" not in copier.install("--doctor", "--offline").stdout


def test_what_cannot_be_set_up_leaves_the_copy_as_it_was(trixie, archive, tmp_path):
    copier = unpack(archive, Person(trixie, tmp_path / "person"))
    place = copier.home / f".config/GIMP/{copier.root.gimp_version}/plug-ins/object-removal"
    (place / "gimp_bridge/worker/session.py").write_text("import nowhere\n")
    installer = f"{HOME}/{place.relative_to(copier.home)}/gimp_bridge/installer"
    failed = copier.run("python3", installer, "--here")
    assert failed.returncode == 1
    assert "No module named 'nowhere'" in failed.stderr
    assert not (place / "worker.json").exists()


def test_installing_over_the_copy_completes_it_and_uninstalling_takes_it_away(
    trixie, archive, tmp_path
):
    copier = unpack(archive, Person(trixie, tmp_path / "person"))
    done = copier.install("--inner")
    assert done.returncode == 0, done.stdout + done.stderr
    place = copier.home / f".config/GIMP/{copier.root.gimp_version}/plug-ins/object-removal"
    assert json.loads((place / "worker.json").read_text())["python"].startswith(HOME)
    assert copier.install("--uninstall", "--inner").returncode == 0
    assert [name for name in copier.files() if "object-removal" in name] == []
