"""The folder that GIMP loads: put together aside, tested, exchanged with the old one, taken away.

``<profile>/plug-ins/object-removal/`` holds the plug-in's files, one copy of ``gimp_bridge`` (both
ends of the pipe are always of one version) and ``worker.json``, which names the interpreter of the
worker's environment.  Standard library only.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.in_use import move_aside
from gimp_bridge.installer.interpreters import python_environment
from gimp_bridge.installer.processes import NO_WINDOW
from gimp_bridge.installer.records import WORKER_FILE, as_json

NAME = "object-removal"
ENTRY = f"{NAME}.py"
FILES_FILE = "files.json"
PACKAGE = "gimp_bridge"
RENAME_EXCHANGE = 2  # linux/fs.h
RENAME_SWAP = 2  # sys/stdio.h of macOS
AT_FDCWD = -100
DISTRIBUTION = Path("/usr/bin/python3")
HAS_GIMP = "import gi; gi.require_version('Gimp', '3.0')"
STAGING_PREFIX = f".{NAME}-staging-"
NEEDED = (
    *("*.py", "worker/**/*.py", "picture/**/*.py", "service/**/*.py", "engine/**/*.py"),
    *("installer/*.py", "installer/requirements.txt"),
)
"""What of the package a GIMP needs, set-up included: all but the command line and the server."""


class Source(NamedTuple):
    """Where the files come from: the ``plugin`` folder and the ``package`` gimp_bridge."""

    plugin: Path
    package: Path
    starter: Path | None = None
    """The Python for the entry's first line, where the one on PATH would not do."""


def find_source() -> Source:
    """The files beside this code: in a checkout, in an installed wheel or in GIMP's folder."""
    package = Path(__file__).resolve().parent.parent
    places = [
        package.parent / "plugin" / NAME,
        package / "installer" / "plugin" / NAME,
        package.parent,
    ]
    for plugin in places:
        if (plugin / ENTRY).is_file():
            return Source(plugin, package)
    raise InstallError(f"The plug-in's own files are missing beside {package}: download it again.")


def setup_command() -> str:
    """How the person at hand calls set-up: from a checkout, or by the wheel's command."""
    package = Path(__file__).resolve().parent.parent
    # On Windows python3 is the Microsoft Store's placeholder; python.org's launcher is py.
    python = "py" if sys.platform == "win32" else "python3"
    if (package.parent / "install.py").is_file():
        return f"{python} install.py"
    if (package / "installer" / "plugin").is_dir():
        return "gimp-object-removal install"
    return f'{python} "{package / "installer"}"'


def installed_folder(profile: Path) -> Path:
    """Where the plug-in lies in a GIMP profile."""
    return profile / "plug-ins" / NAME


def put_together(folder: Path, source: Source, note: Mapping[str, str]) -> None:
    """Write the complete plug-in folder; ``note`` is what ``worker.json`` is to say."""
    for name, content in contents(source, note):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode(name))


def is_as_put_together(folder: Path, source: Source, note: Mapping[str, str]) -> bool:
    """Whether ``folder`` already holds exactly what ``put_together`` would write."""
    expected = dict(contents(source, note))
    if {name for name, _ in _files(folder)} != set(expected):
        return False
    if not os.access(folder / ENTRY, os.X_OK):
        return False
    return all((folder / name).read_bytes() == content for name, content in expected.items())


def contents(source: Source, note: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Every file of the plug-in folder: its path in it, with slashes, and its content."""
    digests = {}
    for name, path in _source_files(source):
        content = _content(path)
        if name == ENTRY and source.starter is not None:
            content = f"#!{source.starter}\n".encode() + content.partition(b"\n")[2]
        digests[name] = hashlib.sha256(content).hexdigest()
        yield name, content
    yield WORKER_FILE, as_json(note)
    yield FILES_FILE, as_json(digests)


def damaged_files(folder: Path) -> list[str] | None:
    """Which files are missing or not as installed; None when the folder's list of them is gone."""
    try:
        digests = json.loads((folder / FILES_FILE).read_text(encoding="utf-8"))
        return [name for name, digest in digests.items() if _digest(folder / name) != digest]
    except (OSError, ValueError, AttributeError):
        return None


def _source_files(source: Source) -> Iterator[tuple[str, Path]]:
    for name, path in _files(source.plugin):
        if not name.startswith(f"{PACKAGE}/") and name not in (WORKER_FILE, FILES_FILE):
            yield name, path
    for pattern in NEEDED:
        for path in sorted(source.package.glob(pattern)):
            yield f"{PACKAGE}/{path.relative_to(source.package).as_posix()}", path


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in relative.parts:
            yield relative.as_posix(), path


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    # A checkout on Windows may have CRLF, which a Unix kernel takes for part of "#!...".
    return content.replace(b"\r\n", b"\n") if path.suffix == ".py" else content


def mode(name: str) -> int:
    """The permissions that a file of the plug-in folder must have."""
    # GIMP on Unix starts nothing that is not executable, and a download may have lost the bit.
    return 0o755 if name == ENTRY else 0o644


def put_in_place(new: Path, place: Path) -> None:
    """Move the folder ``new`` to ``place``; what was there ends where ``new`` was.

    One step of the file system on Linux and macOS.  Elsewhere (Windows, some network shares) two
    renames: if the second fails, the first is taken back.  Both must be on one file system.
    """
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        new.rename(place)
    elif not _exchange(new, place):
        _exchange_by_renames(new, place)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system cannot."""
    first, second = os.fsencode(one), os.fsencode(other)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            result = library.renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE)
        elif sys.platform == "darwin":
            result = library.renamex_np(first, second, RENAME_SWAP)
        else:
            return False
    except (OSError, AttributeError, TypeError):
        return False  # an old system library without the call
    return bool(result == 0)


def _exchange_by_renames(new: Path, place: Path) -> None:
    aside = new.with_name(f"{new.name}-replaced")
    move_aside(place, aside)
    try:
        move_aside(new, place)
    except (OSError, InstallError):
        aside.rename(place)
        raise
    aside.rename(new)


def entry_python(entry: Path) -> Path | None:
    """The interpreter that the entry file's first line names; None when there is none such."""
    try:
        with entry.open("rb") as file:
            words = file.readline().decode("utf-8", "replace").removeprefix("#!").split()
    except OSError:
        return None
    found = shutil.which(words[-1]) if words else None
    return Path(found) if found else None


def has_gimp_modules(python: Path) -> bool:
    """Whether this Python can run a GIMP plug-in."""
    try:
        asked = subprocess.run(
            [str(python), "-c", HAS_GIMP],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=python_environment(),
            check=False,
            creationflags=NO_WINDOW,
        )
    except OSError:
        return False
    return asked.returncode == 0


def better_starter() -> Path | None:
    """The Python to name in the plug-in's first line; None to leave the choice to PATH."""
    if sys.platform in ("win32", "darwin") or not DISTRIBUTION.exists():
        return None
    first = shutil.which("python3")
    if first is not None and (Path(first) == DISTRIBUTION or has_gimp_modules(Path(first))):
        return None
    return DISTRIBUTION if has_gimp_modules(DISTRIBUTION) else None
