"""A Python that is no longer the one the worker's packages were installed for is noticed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gimp_bridge import packages

MAIN = Path(packages.__file__).with_name("__main__.py")


@pytest.fixture
def environment(tmp_path):
    """An environment of this Python, without any packages."""
    folder = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def states(environment, python):
    (environment / packages.STATEMENT).write_text(json.dumps({"python": python}))


def test_one_that_has_them_all_fits():
    assert packages.unfit() is None


def test_another_minor_version_behind_the_link_is_named(environment):
    states(environment, "3.9")
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert (
        packages.unfit(environment) == f"its packages are for Python 3.9, and it runs on {running}"
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", "\x00"])
def test_a_statement_that_says_nothing_is_no_obstacle(environment, text):
    (environment / packages.STATEMENT).write_text(text)
    assert packages.unfit(environment) is None


@pytest.mark.parametrize("python", ["3.9", None])
def test_a_worker_on_it_ends_before_it_greets_and_says_why(environment, python):
    if python:
        states(environment, python)
    worker = [environment / "bin/python", "-I", MAIN, "worker"]
    ended = subprocess.run(worker, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"")
    why = "its packages are for Python 3.9" if python else "packages are missing: numpy, PIL, numba"
    assert ended.stderr.decode().startswith(why)
    assert len(ended.stderr.splitlines()) == 1
