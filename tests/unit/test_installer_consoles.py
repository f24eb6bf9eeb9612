"""Which program is meant by the GIMP that a person names."""

import pytest

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.consoles import console_of

SAYS_3_2 = "#!/bin/sh\necho GNU Image Manipulation Program version 3.2.6\n"


def program(path, text=SAYS_3_2):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_console_beside_a_gimp_is_meant(tmp_path):
    program(tmp_path / "gimp")
    console = program(tmp_path / "gimp-console")
    assert console_of(tmp_path / "gimp") == (console, "3.2")


def test_the_programs_inside_a_macos_application_are_meant(tmp_path):
    inside = tmp_path / "GIMP.app" / "Contents" / "MacOS"
    program(inside / "gimp")
    console = program(inside / "gimp-console")
    assert console_of(tmp_path / "GIMP.app") == (console, "3.2")


def test_an_application_that_is_not_there_is_said_to_be_none(tmp_path):
    with pytest.raises(InstallError, match=r"There is no program .*GIMP\.app"):
        console_of(tmp_path / "GIMP.app")


def test_another_program_is_no_gimp(tmp_path):
    other = program(tmp_path / "gimp", "#!/bin/sh\necho version 2.10.38\n")
    with pytest.raises(InstallError, match="is not a GIMP 3"):
        console_of(other)
