"""Making a private Debian: where the mirror comes from, what a finished root is, who may not."""

import json
from pathlib import Path

import pytest

from gimp_bridge.errors import InstallError
from tools.private_debian import build, package_access, root

SOURCES = """Debian|bookworm-security|http://security.invalid/debian-security/
Other|stable|http://other.invalid/
Debian|bookworm|http://mirror.invalid/debian/
"""


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """A stand-in for apt-get whose lists are empty until it is told to update."""

    def answers(sources, *, before_update=""):
        (tmp_path / "before").write_text(before_update)
        (tmp_path / "after").write_text(sources)
        program = tmp_path / "apt-get"
        program.write_text(
            f"""#!/bin/sh
cd {tmp_path}
if [ "$1" = update ]; then cp after before; else cat before; fi
"""
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return answers


def test_the_mirror_is_the_one_this_machine_uses(apt):
    apt("", before_update=SOURCES)
    assert build.find_mirror(say=print) == "http://mirror.invalid/debian/"


def test_empty_lists_are_updated_first(apt):
    apt(SOURCES)
    said = []
    assert build.find_mirror(say=said.append) == "http://mirror.invalid/debian/"
    assert said == ["  Updating apt's lists"]


def test_a_machine_whose_apt_knows_no_debian_is_told(apt):
    apt("Ubuntu|noble|http://other.invalid/ubuntu/\n")
    with pytest.raises(InstallError, match="knows no Debian archive"):
        build.find_mirror(say=print)


@pytest.mark.parametrize(
    ("statement", "complete"),
    [
        (None, False),
        ("", False),
        ('{"recipe": "of long ago"}', False),
        (json.dumps({"recipe": build.recipe()}), True),
    ],
)
def test_only_a_root_of_the_present_recipe_is_complete(tmp_path, statement, complete):
    if statement is not None:
        (tmp_path / "etc").mkdir()
        (tmp_path / build.STATEMENT).write_text(statement)
    assert build.is_complete(tmp_path) is complete


def test_a_finished_root_takes_the_place_of_an_older_one(tmp_path):
    for name in ("roots/trixie", "work/root"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "which").write_text(name)
    build.put_in_place(tmp_path / "work/root", tmp_path / "roots/trixie", tmp_path / "work")
    assert (tmp_path / "roots/trixie/which").read_text() == "work/root"


def test_what_cannot_be_done_without_root_rights_is_said(monkeypatch):
    monkeypatch.setattr(root.os, "geteuid", lambda: 1000)
    with pytest.raises(InstallError, match="can only be made by root"):
        root.check_machine()


def test_a_machine_without_apt_is_told_so(monkeypatch, tmp_path):
    monkeypatch.setattr(root.os, "geteuid", lambda: 0)
    monkeypatch.setattr("gimp_bridge.installer.processes.shutil.which", lambda *_a, **_k: None)
    with pytest.raises(InstallError, match="apt-get is missing, and a private Debian can only"):
        root.check_machine()


def test_a_step_that_fails_twice_is_tried_a_third_time(monkeypatch):
    monkeypatch.setattr(build.time, "sleep", lambda _seconds: None)
    tried, said = [], []

    def step():
        tried.append(1)
        if len(tried) < 3:
            raise InstallError("The mirror hung up.\nmore")

    build._again(step, said.append)
    assert said == ["  The mirror hung up. Trying again."] * 2


def test_pips_settings_become_variables_and_the_nearer_ones_win():
    listing = "\n".join(
        [
            "global.cert='/etc/certificates.crt'",
            "global.find-links='/opt/one\\n/opt/two'",
            "install.no-build-isolation='yes'",
            ":env:.cert='/home/ann/own.crt'",
            "list.format='columns'",
        ]
    )
    assert package_access.as_variables(listing) == {
        "PIP_CERT": "/home/ann/own.crt",
        "PIP_FIND_LINKS": "/opt/one /opt/two",
        "PIP_NO_BUILD_ISOLATION": "yes",
    }


def test_what_the_settings_name_is_made_visible_an_index_with_its_packages():
    values = ["/etc/certificates.crt", "file:///opt/index/simple https://packages.invalid/simple"]
    assert package_access.paths_in(values) == [Path("/etc/certificates.crt"), Path("/opt/index")]
