"""An ordinary user installs, uses, upgrades and uninstalls; every file is accounted for."""

import json
import os
import pty
import shutil
import subprocess

import pytest

from gimp_bridge import __version__
from tests.install.conftest import HOME, PROJECT

OLDER = "0.0.9"
KNOWS = "print('KNOWN', Gimp.get_pdb().lookup_procedure('plug-in-object-removal') is not None)"
REMOVE = """
image = Gimp.Image.new(120, 90, Gimp.ImageBaseType.RGB)
layer = Gimp.Layer.new(image, 'photo', 120, 90, Gimp.ImageType.RGB_IMAGE, 100, 0)
image.insert_layer(layer, None, 0)
image.select_rectangle(Gimp.ChannelOps.REPLACE, 50, 40, 12, 9)
procedure = Gimp.get_pdb().lookup_procedure('plug-in-object-removal')
config = procedure.create_config()
config.set_property('run-mode', Gimp.RunMode.NONINTERACTIVE)
config.set_property('image', image)
config.set_core_object_array('drawables', [layer])
config.set_property('service', 'this-computer')
print('STATUS', Gimp.PDBStatusType(procedure.run(config).index(0)).value_nick)
print('LAYERS', len(image.get_layers()))
"""
# As GIMP 3.0 and 3.2 name it, and write it after a run with a dialog.
LAST = "plug-in-settings/GimpProcedureConfigRun-plug-in-object-removal.last"


def checkout_of_version(folder, version):
    """A copy of this checkout that says it is of another version."""
    for name in ("gimp_bridge", "plugin"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "install.py", folder)
    init = folder / "gimp_bridge" / "__init__.py"
    init.write_text(init.read_text().replace(__version__, version))
    return folder


def installed_version(person):
    note = person.home / f".config/GIMP/{person.root.gimp_version}/plug-ins/object-removal"
    return json.loads((note / "worker.json").read_text())["version"]


@pytest.fixture
def older(tmp_path):
    return checkout_of_version(tmp_path / "older", OLDER)


def test_from_install_to_uninstall_every_file_is_accounted_for(person, older):
    person.read_only_binds[older] = "/mnt/older"
    assert "KNOWN False" in person.gimp(KNOWS)
    before = person.files()

    first = person.run("python3", "-B", "/mnt/older/install.py")
    assert first.returncode == 0, first.stdout + first.stderr
    assert f"Installed Object Removal {OLDER}" in first.stdout
    assert "Filters > Object Removal" in first.stdout
    assert installed_version(person) == OLDER

    newer = person.install()
    assert newer.returncode == 0, newer.stdout + newer.stderr
    assert f"Installed Object Removal {__version__} (was {OLDER})" in newer.stdout
    used = person.gimp(REMOVE)
    assert "STATUS success" in used
    assert "LAYERS 2" in used
    person.write(f".config/GIMP/{person.root.gimp_version}/{LAST}", "# settings\n")

    back = person.run("python3", "-B", "/mnt/older/install.py")
    assert back.returncode == 1
    assert f"holds version {__version__}, which is newer than this one ({OLDER})" in back.stderr
    assert installed_version(person) == __version__

    gone = person.install("--uninstall")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert person.files() - before == set()
    assert before - person.files() == set()
    assert "KNOWN False" in person.gimp(KNOWS)


def at_a_terminal(person, answer, *argv):
    """Run a command whose input and output are a terminal, and type ``answer``."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        person.command(list(argv)), stdin=theirs, stdout=theirs, stderr=subprocess.STDOUT
    ) as process:
        os.close(theirs)
        os.write(ours, answer.encode() + b"\n")
        printed = b""
        try:
            while block := os.read(ours, 4096):
                printed += block
        except OSError:
            pass  # how a terminal tells that its last user is gone
    os.close(ours)
    return process.returncode, printed.decode()


def test_at_a_terminal_an_older_version_asks_before_it_replaces(someone, older):
    someone.read_only_binds[older] = "/mnt/older"
    options = ("--inner", "--profile", f"{HOME}/profile", "--data", "/opt/object-removal")
    note = someone.home / "profile/plug-ins/object-removal/worker.json"
    assert someone.install(*options).returncode == 0
    ask = (someone, "python3", "-B", "/mnt/older/install.py", *options)

    code, printed = at_a_terminal(ask[0], "n", *ask[1:])
    assert code == 1
    assert f"newer than this one ({OLDER}). Replace it by the older one? [y/N]" in printed
    assert "add --downgrade" in printed
    assert json.loads(note.read_text())["version"] == __version__

    code, printed = at_a_terminal(ask[0], "y", *ask[1:])
    assert code == 0, printed
    assert json.loads(note.read_text())["version"] == OLDER


def test_settings_and_journal_outlive_uninstalling_but_not_purging(someone):
    shared = ("--data", "/opt/object-removal", "--profile", "/home/person/profile")
    assert someone.install(*shared, "--inner").returncode == 0
    kept = {
        ".config/gimp-object-removal/settings.json": '{"region": "mainland"}',
        ".config/gimp-object-removal/keys.json": '{"techsz.aoscdn.com": "secret"}',
        ".local/share/gimp-object-removal/journal/task.json": "{}",
    }
    for name, text in kept.items():
        someone.write(name, text)
    own = ("--data", "/home/person/.local/share/gimp-object-removal", *shared[2:])

    assert someone.install(*own, "--uninstall").returncode == 0
    assert {name: (someone.home / name).read_text() for name in kept} == kept

    purged = someone.install(*own, "--purge")
    assert purged.returncode == 0, purged.stdout + purged.stderr
    assert someone.files() == {"profile", "profile/plug-ins"}


def test_a_gimp_that_was_never_started_makes_its_own_profile(someone):
    dry = someone.install("--dry-run")
    assert f"{someone.env['HOME']}/.config/GIMP/3.0 (GIMP 3.0, system)" in dry.stdout
    assert someone.files() == set()

    done = someone.install("--data", "/opt/object-removal", "--inner")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Starting GIMP 3.0 for the first time" in done.stdout
    assert (someone.home / ".config/GIMP/3.0/gimprc").exists()
    assert "KNOWN True" in someone.gimp(KNOWS)


def test_a_failure_is_one_sentence_and_no_traceback(someone):
    blocked = someone.install("--profile", "/proc/nowhere", "--data", "/opt/object-removal")
    assert blocked.returncode == 1
    assert blocked.stderr.strip().startswith("The folder /proc/nowhere cannot be written to")
    assert "Traceback" not in blocked.stdout + blocked.stderr
