"""The wheel as pip or pipx install it: everything of install.py, under one command."""

import contextlib
import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gimp_bridge import __version__
from gimp_bridge.installer.environment import interpreter_of
from gimp_bridge.installer.plugin_folder import damaged_files
from gimp_bridge.installer.records import read_note
from tests.install.conftest import PROJECT

EXACT = ("--grow", "0", "--feather", "0")
"""With these nothing but the mask itself changes."""


def run(*argv, cwd=None, env=None):
    return subprocess.run(
        [str(part) for part in argv],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=env,
        check=False,
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


@pytest.fixture(scope="module")
def complete_command(command):
    """The same with its dependencies, which are those that the tests themselves have."""
    python = command.with_name("python")
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout
    ours = sysconfig.get_path("purelib")
    Path(site.strip(), "dependencies.pth").write_text(f"{ours}\n")
    return command


@pytest.fixture
def photo(tmp_path):
    """Four quadrants of grey with a magenta object in one, and the mask of the object."""
    picture = np.full((80, 100, 3), 60, np.uint8)
    picture[:, 50:] += 60
    picture[40:] += 30
    picture[52:60, 70:82] = (255, 0, 255)
    mask = np.zeros((80, 100), np.uint8)
    mask[50:62, 68:84] = 255
    Image.fromarray(picture).save(tmp_path / "photo.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return picture


def same_but_for_the_object(path, photo):
    got = np.asarray(Image.open(path).convert("RGB"))
    outside = np.ones(photo.shape[:2], bool)
    outside[50:62, 68:84] = False
    assert np.array_equal(got[outside], photo[outside])
    assert not (got == (255, 0, 255)).all(axis=2).any()


@contextlib.contextmanager
def serving(command, env):
    """The command's own server; yields its address."""
    argv = [str(command), "serve", "--port", "0", "--qps", "0", "--key", "k-123456"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=env) as server:
        try:
            said = ""
            while not (found := re.search(r"http://127\.0\.0\.1:\d+", said)):
                line = server.stdout.readline()
                assert line, said
                said += line
            yield found.group()
        finally:
            server.terminate()


def test_it_removes_through_its_own_server(complete_command, photo, tmp_path):
    home = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}
    with serving(complete_command, home) as address:
        env = {**home, "PICWISH_BASE_URL": address, "PICWISH_API_KEY": "k-123456"}
        removal = ("remove", "photo.png", "--mask", "mask.png", "-o", "out.png", *EXACT)
        done = run(complete_command, *removal, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    same_but_for_the_object(tmp_path / "out.png", photo)


def test_it_removes_from_a_folder_on_this_computer(complete_command, photo, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photo.png").rename(tmp_path / "photos" / "photo.png")
    env = {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]}
    batch = ("batch", "photos", "--mask", "mask.png", "-o", "out", "--service", "this-computer")
    done = run(complete_command, *batch, *EXACT, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    same_but_for_the_object(tmp_path / "out" / "photo.png", photo)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"LANGUAGE": "de"}, "Es gibt nichts zurückzuholen."),
        ({"LANG": "fr_FR.UTF-8"}, "Il n'y a rien à récupérer."),
        ({"LANGUAGE": "tlh:ja"}, "取り戻すものはありません。"),
        ({"LANGUAGE": "tlh"}, "There is nothing to recover."),
    ],
)
def test_it_speaks_the_persons_language(complete_command, tmp_path, variables, told):
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **variables}
    asked = run(complete_command, "recover", env=env)
    assert (asked.returncode, asked.stdout + asked.stderr) == (0, f"{told}\n")


def test_its_doctor_names_its_own_command_as_the_cure(complete_command, tmp_path):
    (tmp_path / "profile").mkdir()
    asked = run(complete_command, "doctor", "--offline", "--profile", "profile", cwd=tmp_path)
    assert asked.returncode == 1
    assert "Object Removal is not in profile/plug-ins" in asked.stdout
    assert "-> gimp-object-removal install" in asked.stdout


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


def test_without_a_gimp_its_try_says_how_to_get_one(command, tmp_path):
    (tmp_path / "bin").mkdir()
    tried = run(command, "try", cwd=tmp_path, env={"HOME": str(tmp_path), "PATH": "bin"})
    assert tried.returncode == 1
    assert tried.stderr.strip() == (
        "This machine has no GIMP 3 to try it in. Get it from your distribution (gimp 3.0 or"
        " newer), or as a Flatpak: flatpak install flathub org.gimp.GIMP"
    )


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
    unneeded = ("gimp_bridge/cli/", "gimp_bridge/server/", "gimp_bridge/py.typed")
    names = [name.removeprefix("plugin/object-removal/") for name in listed.splitlines()]
    return [name for name in names if not name.startswith(unneeded)]
