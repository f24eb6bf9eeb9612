"""--doctor names the fault of each broken installation, and --repair mends it."""

import json
import os
import shutil
import time

import pytest

from tests.install.conftest import HOME, Person, own_environment
from tests.install.test_by_hand import SENTENCE
from tests.install.test_lifecycle import REMOVE
from tools.private_debian.root import ORDINARY_USER

VERSION = "3.0"
PLUGIN = f".config/GIMP/{VERSION}/plug-ins/object-removal"
DATA = ".local/share/gimp-object-removal"
STARTS_NOTHING = '#!/bin/sh\nexec /usr/bin/python3 -S "$@"\n'
WITHOUT_PROCEDURES = """(file-version 1)
(plug-in-def "${gimp_dir}/plug-ins/object-removal/object-removal.py" 1795386480)
"""


@pytest.fixture(scope="module")
def installed(trixie, tmp_path_factory):
    """A user of GIMP 3.0 with everything installed and once used."""
    person = Person(trixie, tmp_path_factory.mktemp("doctor") / "person")
    own_environment(person)
    person.gimp("print(1)")
    done = person.install()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1" in person.gimp("print(1)")
    return person


@pytest.fixture
def patient(installed):
    """The same user, given back healthy after each test."""
    plugin, kept = installed.home / PLUGIN, installed.home / "kept"
    shutil.copytree(plugin, kept, copy_function=shutil.copy2)
    for path in (kept, *kept.rglob("*")):
        os.chown(path, ORDINARY_USER, ORDINARY_USER)
    yield installed
    installed.env = {"HOME": HOME}
    shutil.rmtree(plugin, ignore_errors=True)
    kept.rename(plugin)


def doctor(person):
    examined = person.install("--doctor", "--offline")
    assert "Traceback" not in examined.stderr
    return examined.returncode, examined.stdout


def environment(person):
    return next((person.home / DATA).glob("env-*"))


def lose_the_plugin(person):
    shutil.rmtree(person.home / PLUGIN)


def lose_a_file(person):
    (person.home / PLUGIN / "object_removal/image/layer.py").unlink()


def change_a_file(person):
    with (person.home / PLUGIN / "gimp_bridge" / "wire.py").open("a") as file:
        file.write("# edited\n")


def lose_the_executable_bit(person):
    (person.home / PLUGIN / "object-removal.py").chmod(0o644)


def lose_the_note(person):
    (person.home / PLUGIN / "worker.json").unlink()


def lose_the_list_of_files(person):
    (person.home / PLUGIN / "files.json").unlink()


def name_a_python_that_is_gone(person):
    note = {"python": "/usr/bin/python2.7", "version": "0.1.0"}
    (person.home / PLUGIN / "worker.json").write_text(json.dumps(note))


def break_the_helper(person):
    (person.home / PLUGIN / "gimp_bridge" / "worker" / "session.py").write_text("import nowhere\n")


BREAKS = [
    (lose_the_plugin, "Object Removal is not in"),
    (lose_a_file, "1 file is missing or changed: object_removal/image/layer.py"),
    (change_a_file, "1 file is missing or changed: gimp_bridge/wire.py"),
    (lose_the_executable_bit, "is not executable, so GIMP passes over it"),
    (lose_the_note, "does not say which Python the helper runs on"),
    (lose_the_list_of_files, "does not say which files belong to it"),
    (name_a_python_that_is_gone, "The helper's Python /usr/bin/python2.7 is gone"),
    (break_the_helper, "No module named 'nowhere'"),
]


def test_a_healthy_installation_is_well(patient):
    code, report = doctor(patient)
    assert (code, report.splitlines()[-1]) == (0, "All is well.")
    assert "The built-in engine works" in report
    assert f"The helper's environment, made on {time.strftime('%Y-%m-')}" in report
    assert "GIMP has the plug-in in its menu" in report


@pytest.mark.parametrize(
    ("break_it", "fault"), BREAKS, ids=lambda part: getattr(part, "__name__", "")
)
def test_a_fault_of_the_files_is_named(patient, break_it, fault):
    break_it(patient)
    code, report = doctor(patient)
    assert code == 1
    assert fault in report
    assert "->" in report


def test_repairing_mends_several_faults_of_the_files_at_once(patient):
    for break_it in (lose_a_file, change_a_file, lose_the_executable_bit, break_the_helper):
        break_it(patient)
    (patient.home / f".config/GIMP/{VERSION}/.object-removal-staging-x").mkdir()
    repaired = patient.install("--repair", "--inner")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    code, report = doctor(patient)
    assert (code, "BROKEN" in report, "interrupted" in report) == (0, False, False), report


def test_a_plug_in_that_gave_gimp_no_answer_is_named_and_asked_again(patient):
    pluginrc = patient.home / f".config/GIMP/{VERSION}/pluginrc"
    before = pluginrc.read_bytes()
    pluginrc.write_text(WITHOUT_PROCEDURES)
    code, report = doctor(patient)
    assert code == 1
    assert "got no answer, so it is not in the menu" in report

    assert patient.install("--repair", "--inner").returncode == 0
    assert "object-removal" not in pluginrc.read_text()
    pluginrc.write_bytes(before)


def test_a_python_without_gimps_modules_is_named(patient):
    patient.write("bin/python3", STARTS_NOTHING, mode=0o755)
    patient.env["PATH"] = f"{HOME}/bin:/usr/bin:/bin"
    code, report = doctor(patient)
    assert code == 1
    assert f"{HOME}/bin/python3, with which GIMP starts the plug-in, lacks" in report

    # Installing names the distribution's Python in the plug-in's first line instead.
    assert patient.install("--inner").returncode == 0
    entry = (patient.home / PLUGIN / "object-removal.py").read_text()
    assert entry.splitlines()[0] == "#!/usr/bin/python3"
    assert doctor(patient)[0] == 0


def test_packages_that_are_missing_are_named(patient):
    site = next(environment(patient).glob("lib/python3.*/site-packages"))
    (site / "numba").rename(site / "numba-away")
    try:
        code, report = doctor(patient)
    finally:
        (site / "numba-away").rename(site / "numba")
    assert code == 1
    assert "packages are missing: numba" in report


def test_an_unfinished_environment_is_named(patient):
    statement = environment(patient) / "object-removal-environment.json"
    text = statement.read_text()
    statement.unlink()
    code, report = doctor(patient)
    statement.write_text(text)
    assert code == 1
    assert "was not finished" in report


def test_an_environment_whose_python_was_uninstalled_is_named(patient):
    python = environment(patient) / "bin" / "python3"
    was = python.readlink()
    python.unlink()
    python.symlink_to("/usr/bin/python3.9")
    code, report = doctor(patient)
    python.unlink()
    python.symlink_to(was)
    assert code == 1
    assert "leads to a Python that is gone" in report


def test_another_python_behind_the_same_link_is_named_in_gimp_too_and_made_anew(patient):
    (library,) = environment(patient).glob("lib/python3.*")
    library.rename(library.with_name("python3.1"))
    said = patient.gimp(REMOVE.replace("print('LAYERS'", SENTENCE))
    assert "STATUS execution-error" in said
    assert "LAYERS 1" in said
    assert "The helper program stopped unexpectedly (packages are missing: numpy, PIL" in said
    assert f'run this once: python3 "{HOME}/{PLUGIN}/gimp_bridge/installer" --here' in said
    code, report = doctor(patient)
    assert code == 1
    assert "The helper does not start" in report

    made = patient.run("python3", f"{HOME}/{PLUGIN}/gimp_bridge/installer", "--here", "--inner")
    assert made.returncode == 0, made.stdout + made.stderr
    assert doctor(patient)[0] == 0
    assert "STATUS success" in patient.gimp(REMOVE)


def test_an_address_no_key_may_be_sent_to_is_named(patient):
    patient.env["PICWISH_BASE_URL"] = "http://example.com"
    code, report = doctor(patient)
    assert code == 1
    assert "BROKEN" in report
    assert "https" in report


def test_what_an_interrupted_installation_left_is_noted(patient):
    left = patient.home / f".config/GIMP/{VERSION}/.object-removal-staging-x"
    left.mkdir()
    code, report = doctor(patient)
    left.rmdir()
    assert code == 0
    assert "An installation was interrupted and left .object-removal-staging-x" in report


def test_the_same_report_is_had_from_the_installed_copy_itself(patient):
    (patient.home / PLUGIN / "object_removal/image/layer.py").unlink()
    setup = f"{HOME}/{PLUGIN}/gimp_bridge/installer"
    said = patient.run("python3", setup, "--doctor", "--offline")
    from_the_checkout = doctor(patient)[1]
    assert "1 file is missing or changed: object_removal/image/layer.py" in from_the_checkout
    assert said.stdout.replace(f'python3 "{setup}"', "python3 install.py") == from_the_checkout
