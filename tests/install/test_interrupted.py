"""Killed at any moment, an installation leaves the old version or the new one working."""

import random
import shutil
import signal
import subprocess
import time

import pytest

from gimp_bridge import __version__
from tests.install.conftest import CHECKOUT, HOME
from tests.install.test_lifecycle import OLDER, checkout_of_version

PROFILE = f"{HOME}/.config/GIMP/3.0"
PLUGIN = f"{PROFILE}/plug-ins/object-removal"
# Run with the installed copy itself: it must be whole, and its helper of its own version.
WORKS = f"""
import sys
sys.path.insert(0, {PLUGIN!r})
from pathlib import Path
from gimp_bridge import __version__
from gimp_bridge.installer.plugin_folder import damaged_files
from gimp_bridge.installer.records import read_note
from gimp_bridge.installer.self_test import greet_worker
folder = Path({PLUGIN!r})
greet_worker(folder, read_note(folder).python)
assert damaged_files(folder) == [], damaged_files(folder)
assert read_note(folder).version == __version__, (read_note(folder), __version__)
print("WORKS", __version__)
"""


@pytest.fixture
def checkouts(someone, tmp_path):
    """This version and an older one, as seen inside."""
    someone.read_only_binds[checkout_of_version(tmp_path / "older", OLDER)] = "/mnt/older"
    return {OLDER: "/mnt/older", __version__: CHECKOUT}


def command(checkout, *options):
    return [
        *("python3", "-B", f"{checkout}/install.py", "--profile", PROFILE),
        *("--data", "/opt/object-removal", "--inner", "--downgrade", *options),
    ]


def working_version(person):
    answer = person.run("python3", "-B", "-c", WORKS)
    assert answer.stdout.startswith("WORKS "), answer.stderr
    return answer.stdout.split()[1]


def kill_after(person, argv, seconds):
    """Start a command, and kill -9 all of it; returns whether it was still running."""
    with subprocess.Popen(
        person.command(argv), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            # Its output ends when the last process in there is gone.
            process.communicate()
            return True
    return False


def kill_when(person, argv, holds):
    """Start a command, and kill -9 all of it as soon as ``holds()``."""
    with subprocess.Popen(
        person.command(argv), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        while not holds():
            assert process.poll() is None, "it has ended before"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()  # ends when the last process in there is gone


def test_killed_at_twenty_moments_one_of_the_two_versions_works(someone, checkouts):
    assert someone.run(*command(checkouts[OLDER])).returncode == 0
    began = time.monotonic()
    assert someone.run(*command(checkouts[__version__])).returncode == 0
    whole_s = time.monotonic() - began

    chance = random.Random(20)
    interrupted = 0
    for number in range(20):
        # One moment in each twentieth of the whole, so that no part of it is left out.
        part = (number + chance.random()) / 20
        for _attempt in range(8):
            towards = OLDER if working_version(someone) == __version__ else __version__
            began = time.monotonic()
            killed = kill_after(someone, command(checkouts[towards]), part * whole_s)
            assert working_version(someone) in (OLDER, __version__)
            if killed:
                interrupted += 1
                break
            # It was faster than before, or the moment too near its end: so a little earlier.
            whole_s = time.monotonic() - began
            part *= 0.9

    assert interrupted == 20
    assert someone.run(*command(checkouts[__version__])).returncode == 0
    assert working_version(someone) == __version__
    assert list((someone.home / ".config/GIMP/3.0").glob(".*")) == []


def test_killed_while_it_makes_a_new_environment_the_old_one_works(someone, checkouts, tmp_path):
    assert someone.run(*command(checkouts[OLDER])).returncode == 0
    newer = tmp_path / "newer"
    shutil.copytree(tmp_path / "older", newer)
    lock = newer / "gimp_bridge" / "installer" / "requirements.txt"
    lock.write_text(lock.read_text() + "# another set of packages\n")
    someone.read_only_binds[newer] = "/mnt/newer"
    own = {"--data": f"{HOME}/data"}
    begin = command("/mnt/newer")
    begin[begin.index("--data") + 1] = own["--data"]

    for made in ("bin", "lib/python*/site-packages/pip", "lib/python*/site-packages/numpy"):
        kill_when(someone, begin, lambda: list((someone.home / "data").glob(f"env-*/{made}")))  # noqa: B023
        assert working_version(someone) == OLDER
    statements = list((someone.home / "data").glob("env-*/object-removal-environment.json"))
    assert statements == []
