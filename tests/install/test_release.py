"""A release as it is handed out: what it consists of, the same bytes each time, nothing more."""

import hashlib
import re
import subprocess
import sys
import tarfile
import zipfile

import pytest

from gimp_bridge import __version__
from tests.install.conftest import PROJECT

ZIP = f"object-removal-{__version__}.zip"
WHEEL = f"gimp_object_removal-{__version__}-py3-none-any.whl"
SDIST = f"gimp_object_removal-{__version__}.tar.gz"


def release(out):
    command = [sys.executable, "-m", "tools.release", str(out)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    return release(tmp_path_factory.mktemp("dist"))


def test_it_is_a_wheel_a_source_distribution_a_zip_and_their_checksums(dist):
    made = {path.name: path.read_bytes() for path in dist.iterdir()}
    listed = made.pop("SHA256SUMS").decode()
    assert sorted(made) == sorted([ZIP, WHEEL, SDIST])
    assert dict(reversed(line.split("  ")) for line in listed.splitlines()) == {
        name: hashlib.sha256(content).hexdigest() for name, content in made.items()
    }


def test_the_same_files_give_the_same_bytes(dist, tmp_path):
    again = release(tmp_path)
    for name in (ZIP, WHEEL, SDIST):
        assert (again / name).read_bytes() == (dist / name).read_bytes(), name


def test_the_zip_holds_the_plug_ins_folder_and_only_its_entry_is_executable(dist):
    with zipfile.ZipFile(dist / ZIP) as archive:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
    assert {name.split("/")[0] for name in modes} == {"object-removal"}
    assert modes.pop("object-removal/object-removal.py") == 0o755
    assert set(modes.values()) == {0o644}
    assert "object-removal/gimp_bridge/__main__.py" in modes
    assert "object-removal/worker.json" not in modes


def test_the_source_distribution_has_what_building_and_installing_need_and_no_tests(dist, tmp_path):
    with tarfile.open(dist / SDIST) as archive:
        names = archive.getnames()
        archive.extractall(tmp_path, filter="data")
    inside = {name.partition("/")[2] for name in names}
    assert {name.split("/")[0] for name in inside} == {
        *("gimp_bridge", "plugin", "install.py", "pyproject.toml", ".gitignore", "PKG-INFO"),
        *("README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md"),
    }
    assert not [name for name in inside if re.search(r"\.(png|jpg|po|pot|pyc)$", name)]

    source = tmp_path / SDIST.removesuffix(".tar.gz")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(source)], check=True, capture_output=True)
    assert (tmp_path / WHEEL).read_bytes() == (dist / WHEEL).read_bytes()
    dry = [sys.executable, str(source / "install.py"), "--dry-run", "--profile", str(tmp_path)]
    assert f"Would install version {__version__}" in subprocess.check_output(dry, encoding="utf-8")
