"""The Flatpak beside a distribution's GIMP, with a stand-in for the flatpak command.

No Flatpak can be had here: the stand-in runs the commands that we give it as the sandbox would,
with the variable by which programs know that they are in one.
"""

import json

from tests.install.conftest import HOME

STAND_IN = """#!/bin/sh
echo "$@" >> $HOME/flatpak.log
while [ "$1" != org.gimp.GIMP ]; do shift; done
shift
FLATPAK_ID=org.gimp.GIMP exec /usr/bin/python3 -B "$@"
"""
PLUGIN = ".config/GIMP/3.0/plug-ins/object-removal"
INSIDE = ".var/app/org.gimp.GIMP/data/gimp-object-removal"
OUTSIDE = ".local/share/gimp-object-removal"


def test_both_gimps_on_one_profile_get_a_helper_each(someone):
    someone.write("bin/flatpak", STAND_IN, mode=0o755)
    someone.write(".local/share/flatpak/app/org.gimp.GIMP/current", "")
    someone.write(".config/GIMP/3.0/plug-ins/another/another.py", "")
    someone.env["PATH"] = f"{HOME}/bin:/usr/bin:/bin"
    before = someone.files()

    done = someone.install()
    assert done.returncode == 0, done.stdout + done.stderr
    note = json.loads((someone.home / PLUGIN / "worker.json").read_text())
    assert note["python"].startswith(f"{HOME}/{OUTSIDE}/env-")
    assert note["flatpak"].startswith(f"{HOME}/{INSIDE}/env-")
    asked = (someone.home / "flatpak.log").read_text()
    assert asked.startswith("run --command=python3 --filesystem=/mnt/checkout:ro ")

    report = someone.install("--doctor", "--offline").stdout
    assert "The Flatpak of GIMP 3.0:" in report
    assert report.count("The helper starts and answers") == 2
    assert "BROKEN" not in report

    gone = someone.install("--uninstall")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert someone.files() - before == {"flatpak.log"} | sandbox_folders(someone)


def sandbox_folders(person):
    """The Flatpak's own folders, which a real one makes itself."""
    return {name for name in person.files() if name.startswith(".var")}
