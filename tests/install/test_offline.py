"""Without a network an installation is made from a folder of packages."""

import pytest

from tests.install.conftest import CHECKOUT, HOME

LOCK = f"{CHECKOUT}/gimp_bridge/installer/requirements.txt"
DOWNLOAD = f"""
set -e
python3 -m venv {HOME}/fetcher
{HOME}/fetcher/bin/python -m pip download -q --require-hashes --only-binary :all: \
    -r {LOCK} -d {HOME}/wheels
rm -r {HOME}/fetcher
"""
OPTIONS = ("--profile", f"{HOME}/profile", "--data", f"{HOME}/data")


@pytest.fixture
def offline(someone):
    """A user with the locked packages in ~/wheels whose machine has no network any more."""
    fetched = someone.run("sh", "-c", DOWNLOAD)
    assert fetched.returncode == 0, fetched.stderr
    someone.network = False
    return someone


def test_it_installs_from_a_folder_of_packages_and_works(offline):
    refused = offline.run(
        "python3", "-c", "import socket; socket.create_connection(('1.1.1.1', 1))"
    )
    assert "Network is unreachable" in refused.stderr

    done = offline.install(*OPTIONS, "--wheels", f"{HOME}/wheels")
    assert done.returncode == 0, done.stdout + done.stderr
    report = offline.install(*OPTIONS, "--doctor", "--offline").stdout
    assert "BROKEN" not in report
    assert "The built-in engine works" in report


def test_a_package_that_is_missing_from_the_folder_is_named(offline):
    next((offline.home / "wheels").glob("numba-*.whl")).unlink()
    failed = offline.install(*OPTIONS, "--wheels", f"{HOME}/wheels")
    assert failed.returncode == 1
    assert "Could not install the packages from" in failed.stderr
    assert "numba" in failed.stderr.splitlines()[-1]
    assert list((offline.home / "data").glob("env-*")) == []


def test_without_network_and_packages_it_is_said_that_nothing_could_be_fetched(someone):
    someone.network = False
    failed = someone.install(*OPTIONS)
    assert failed.returncode == 1
    assert failed.stderr.startswith(
        "\nThe packages could not be downloaded, because nobody answers"
    )
    assert "--wheels DIR" in failed.stderr
    assert "Retrying" not in failed.stderr
    assert "Traceback" not in failed.stderr
