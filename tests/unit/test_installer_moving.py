"""Last values of the dialogs: taken along to a newer GIMP's profile, and taken away."""

import pytest

from gimp_bridge.installer.moving import forget, take_along
from gimp_bridge.installer.processes import silent

LAST = "GimpProcedureConfigRun-plug-in-object-removal.last"
OTHER = "GimpProcedureConfigRun-plug-in-other.last"


@pytest.fixture
def config(tmp_path):
    """Profiles of 3.0, 3.2 and 3.4; in 3.0's something was chosen, for another plug-in too."""
    for minor in ("3.0", "3.2", "3.4"):
        (tmp_path / minor).mkdir()
    write(tmp_path, "3.0", LAST, "(grow 7)")
    write(tmp_path, "3.0", OTHER, "(other 1)")
    return tmp_path


def write(config, minor, name, text):
    folder = config / minor / "plug-in-settings"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def kept(config, minor):
    return {path.name: path.read_text() for path in (config / minor).glob("plug-in-settings/*")}


def test_only_ours_are_copied(config):
    assert take_along(config / "3.2", say=silent)
    assert kept(config, "3.2") == {LAST: "(grow 7)"}
    assert kept(config, "3.0") == {LAST: "(grow 7)", OTHER: "(other 1)"}


def test_the_newest_of_several_older_ones_is_taken(config):
    write(config, "3.2", LAST, "(grow 9)")
    assert take_along(config / "3.4", say=silent)
    assert kept(config, "3.4") == {LAST: "(grow 9)"}


def test_what_was_chosen_already_stays(config):
    write(config, "3.2", LAST, "(grow 9)")
    assert not take_along(config / "3.2", say=silent)
    assert kept(config, "3.2") == {LAST: "(grow 9)"}


def test_a_newer_gimps_values_never_come_to_an_older_one(config):
    forget(config / "3.0")
    write(config, "3.4", LAST, "(grow 9)")
    assert not take_along(config / "3.2", say=silent)
    assert kept(config, "3.2") == {}


def test_a_folder_that_is_no_version_takes_nothing(config):
    (config / "mine").mkdir()
    assert not take_along(config / "mine", say=silent)


def test_forgetting_leaves_other_plug_ins_alone_and_no_empty_folder(config):
    assert forget(config / "3.0")
    assert kept(config, "3.0") == {OTHER: "(other 1)"}
    take_along(config / "3.2", say=silent)
    write(config, "3.2", LAST, "(grow 7)")
    assert forget(config / "3.2")
    assert not (config / "3.2" / "plug-in-settings").exists()
    assert not forget(config / "3.2")
