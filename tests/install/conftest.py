"""Private Debians with a real GIMP, and people's home folders in them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gimp_bridge.errors import InstallError
from tools.private_debian.install import data_binds
from tools.private_debian.package_access import package_access
from tools.private_debian.root import ORDINARY_USER, SUITES, DebianRoot, ensure_root

PROJECT = Path(__file__).resolve().parents[2]
HOME = "/home/person"
CHECKOUT = "/mnt/checkout"
ENSURE = f"""
import sys
sys.path.insert(0, {CHECKOUT!r})
from pathlib import Path
from gimp_bridge.installer.environment import ensure_environment
from tools.private_debian.install import DATA_INSIDE
print(ensure_environment(Path(DATA_INSIDE), say=print))
"""


def root_of(suite: str) -> DebianRoot:
    try:
        return ensure_root(suite, say=print)
    except InstallError as error:
        pytest.skip(f"no GIMP {SUITES[suite]} here: {error}")


@pytest.fixture(scope="session")
def trixie() -> DebianRoot:
    return root_of("trixie")


@pytest.fixture(scope="session", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def root(request) -> DebianRoot:
    return root_of(request.param)


class Person:
    """An ordinary user of a private Debian: a home folder, and commands run as that user."""

    def __init__(self, root: DebianRoot, home: Path) -> None:
        self.root = root
        self.home = home
        self.binds: dict[Path, str] = {home: HOME}
        self.read_only_binds: dict[Path, str] = {PROJECT: CHECKOUT}
        self.env: dict[str, str] = {"HOME": HOME}
        self.network = True
        home.mkdir(exist_ok=True)
        os.chown(home, ORDINARY_USER, ORDINARY_USER)

    def command(self, argv: list[str]) -> list[str]:
        access = package_access()
        return self.root.command(
            argv,
            binds=self.binds,
            read_only_binds={**self.read_only_binds, **access.read_only_binds},
            env={**access.env, **self.env},
            user=ORDINARY_USER,
            network=self.network,
        )

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(list(argv)),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def install(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run install.py as this user."""
        return self.run("python3", "-B", f"{CHECKOUT}/install.py", *options)

    def gimp(self, code: str) -> str:
        """Run code in this user's GIMP; returns what it printed."""
        return self.run(
            *(self.root.gimp_console, "-n", "-i", "-d", "-f"),
            *("--batch-interpreter=python-fu-eval", "-b", code, "--quit"),
        ).stdout

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        """Put a file of this user's into the home."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        for owned in (path, *path.parents):
            if owned == self.home:
                return
            os.chown(owned, ORDINARY_USER, ORDINARY_USER)

    def files(self) -> set[str]:
        """Every file and folder in the home, but for what GIMP and Python write by themselves."""
        return {
            str(path.relative_to(self.home))
            for path in self.home.rglob("*")
            if "__pycache__" not in path.parts
        }


@pytest.fixture
def person(root, tmp_path):
    """A user of each GIMP who has nothing installed."""
    return Person(root, tmp_path / "person")


@pytest.fixture
def someone(trixie, tmp_path):
    """A user of GIMP 3.0 who shares the environment that earlier tests have made."""
    user = Person(trixie, tmp_path / "person")
    ((data, inside),) = data_binds(trixie).items()
    hand_over(data)
    user.binds[data] = inside
    return user


def own_environment(person: Person) -> Path:
    """Give the person a copy of the environment kept beside the root, where theirs would be.

    It is made there once by the root's own Python; returns the person's data folder.
    """
    ((kept, inside),) = data_binds(person.root).items()
    command = person.root.command(
        ["python3", "-B", "-c", ENSURE],
        binds={kept: inside},
        read_only_binds={PROJECT: CHECKOUT, **package_access().read_only_binds},
        env=package_access().env,
    )
    made = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    environment = kept / Path(made.stdout.splitlines()[-1]).relative_to(inside).parts[0]
    data = person.home / ".local/share/gimp-object-removal"
    data.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", environment, data], check=True)
    hand_over(person.home / ".local")
    return data


def hand_over(folder: Path) -> None:
    """Give a folder, which tests as root may have made, to the ordinary user."""
    owner = f"{ORDINARY_USER}:{ORDINARY_USER}"
    subprocess.run(["chown", "-R", owner, str(folder)], check=True)
