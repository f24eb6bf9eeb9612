"""The wheel as pip or pipx install it: everything of install.py, under one command."""

import json
import subprocess
import sys
import zipfile

import pytest

from gimp_bridge import __version__
from gimp_bridge.installer.environment import interpreter_of
from gimp_bridge.installer.plugin_folder import damaged_files, read_note
from tests.install.conftest import PROJECT


def run(*argv, cwd=None):
    return subprocess.run(
        [str(part) for part in argv], capture_output=True, encoding="utf-8", cwd=cwd, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    built = run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, PROJECT)
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return out / f"gimp_object_removal-{__version__}-py3-none-any.whl"


@pytest.fixture(scope="module")
def command(wheel, tmp_path_factory):
    """The installed command, in an environment without any other package."""
    folder = tmp_path_factory.mktemp("pipx")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = interpreter_of(folder)
    done = run(*(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel))
    assert done.returncode == 0, done.stdout + done.stderr
    return python.with_name("gimp-object-removal")


def test_the_wheel_holds_the_plug_in_and_the_locked_packages(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "gimp_bridge/installer/requirements.txt" in names
    assert "gimp_bridge/installer/plugin/object-removal/object-removal.py" in names
    assert "gimp_bridge/installer/plugin/demonstration/remove_in_photo.py" in names
    assert not [name for name in names if name.startswith(("tests/", "plugin/"))]


def test_the_help_names_every_command(command):
    listed = run(command, "--help").stdout
    for name in ("install", "uninstall", "repair", "doctor", "try", "remove", "serve"):
        assert f"\n    {name}" in listed


def test_its_install_makes_the_same_installation_as_the_checkout(command, tmp_path):
    profile, data = tmp_path / "profile", tmp_path / "data"
    done = run(command, "install", "--profile", profile, "--data", data, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr

    folder = profile / "plug-ins" / "object-removal"
    assert damaged_files(folder) == []
    assert read_note(folder).version == __version__
    assert not (folder / "gimp_bridge" / "installer" / "plugin").exists()
    assert sorted(json.loads((folder / "files.json").read_text())) == sorted(expected_files())

    gone = run(command, "uninstall", "--profile", profile, "--data", data, cwd=tmp_path)
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert not data.exists()


def expected_files():
    listed = run("git", "ls-files", "plugin/object-removal", "gimp_bridge", cwd=PROJECT).stdout
    return [name.removeprefix("plugin/object-removal/") for name in listed.splitlines()]
