"""A plug-in copied by hand offers, before its first removal, to make its helper's environment."""

import json
import subprocess

import pytest

from gimp_bridge.errors import InstallError
from tests.gimp.session import GimpSession
from tests.gui.person import DIALOG, QUESTION, Person
from tools.private_debian.install import data_binds, install_in_root
from tools.private_debian.root import ensure_root
from tools.release import write_zip

DATA = "/opt/data"


@pytest.fixture
def copier(tmp_path):
    """Somebody before GIMP 3.0 who unpacked the zip; the packages are on the machine already."""
    try:
        root = ensure_root("trixie", say=print)
    except InstallError as error:
        pytest.skip(f"no GIMP 3.0 here: {error}")
    (kept,) = data_binds(root)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    install_in_root(root, "/mnt/elsewhere", binds={elsewhere: "/mnt/elsewhere"}, say=print)
    home = tmp_path / "home"
    plug_ins = home / ".config/GIMP" / root.gimp_version / "plug-ins"
    plug_ins.mkdir(parents=True)
    archive = write_zip(tmp_path / "object-removal.zip")
    subprocess.run(["unzip", "-q", archive, "-d", plug_ins], check=True)
    data = {kept: f"{DATA}/gimp-object-removal"}
    session = GimpSession(root, home, data, {"XDG_DATA_HOME": DATA})
    yield Person(session, tmp_path / "screenshots")
    session.close()


def test_it_asks_sets_up_and_goes_on(copier):
    note = copier.gimp.profile / "plug-ins/object-removal/worker.json"
    copier.open_photo()
    copier.menu("r")
    copier.wait_for(QUESTION)
    copier.look("set-up-question")
    copier.press("Escape")
    copier.wait_gone(QUESTION)
    copier.look("set-up-declined")
    assert not note.exists()

    copier.close_everything()
    copier.open_photo()
    copier.menu("r")
    copier.wait_for(QUESTION)
    copier.press("alt+s")
    copier.wait_for(DIALOG)
    copier.look("set-up-dialog")
    assert json.loads(note.read_text())["python"].startswith(DATA)
    copier.press("Escape")
    copier.wait_gone(DIALOG)
