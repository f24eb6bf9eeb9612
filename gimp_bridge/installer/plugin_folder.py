"""The folder that GIMP loads: put together aside, tested, exchanged with the old one, taken away.

``<profile>/plug-ins/object-removal/`` holds the plug-in's files, one copy of ``gimp_bridge`` (both
ends of the pipe are always of one version) and ``worker.json``, which names the interpreter of the
worker's environment.  Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from gimp_bridge import __version__
from gimp_bridge.errors import InstallError

NAME = "object-removal"
ENTRY = f"{NAME}.py"
WORKER_FILE = "worker.json"
FILES_FILE = "files.json"
PACKAGE = "gimp_bridge"
IN_FLATPAK = "FLATPAK_ID"  # set by flatpak inside its sandboxes
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


class Noted(NamedTuple):
    """What ``worker.json`` says: the worker's interpreter and the version installed."""

    python: Path
    version: str


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
    raise InstallError(f"The plug-in's own files are missing beside {package}: get it anew.")


def setup_command() -> str:
    """How the person at hand calls set-up: from a checkout, or by the wheel's command."""
    package = Path(__file__).resolve().parent.parent
    if (package.parent / "install.py").is_file():
        return "python3 install.py"
    if (package / "installer" / "plugin").is_dir():
        return "gimp-object-removal install"
    return f'python3 "{package / "installer"}"'


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
    yield WORKER_FILE, (json.dumps(note, indent=1) + "\n").encode()
    yield FILES_FILE, (json.dumps(digests, indent=1) + "\n").encode()


def damaged_files(folder: Path) -> list[str] | None:
    """Which files are missing or not as installed; None when the folder's list of them is gone."""
    try:
        digests = json.loads((folder / FILES_FILE).read_text(encoding="utf-8"))
        return [name for name, digest in digests.items() if _digest(folder / name) != digest]
    except (OSError, ValueError, AttributeError):
        return None


def note_for(folder: Path, python: Path, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What ``worker.json`` is to say once ``python`` is the worker's interpreter here.

    A distribution's GIMP and the Flatpak share a profile but no programs: each has an entry of its
    own, ``python`` and ``flatpak``, and installing for one keeps the other's.
    """
    before = _read_raw_note(folder)
    note = {"python": before.get("python", str(python)), "version": __version__}
    if "flatpak" in before:
        note["flatpak"] = before["flatpak"]
    note["flatpak" if IN_FLATPAK in env else "python"] = str(python)
    return note


def read_note(folder: Path, env: Mapping[str, str] = os.environ) -> Noted | None:
    """What the plug-in folder's ``worker.json`` says; None when there is none that makes sense."""
    note = _read_raw_note(folder)
    python = note.get("flatpak" if IN_FLATPAK in env else "python", note.get("python"))
    if python is None or "version" not in note:
        return None
    return Noted(Path(python), note["version"])


def _read_raw_note(folder: Path) -> dict[str, str]:
    try:
        note = json.loads((folder / WORKER_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(note, dict):
        return {}
    return {name: value for name, value in note.items() if isinstance(value, str)}


def remove(folder: Path) -> None:
    """Take a plug-in folder away: first out of GIMP's sight in one step, then piece by piece."""
    aside = folder.parent.parent / f"{STAGING_PREFIX}removed-{os.getpid()}"
    folder.rename(aside)
    shutil.rmtree(aside)


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
