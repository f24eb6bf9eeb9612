"""The folder that GIMP loads: put together aside, tested, exchanged with the old one, taken away.

``<profile>/plug-ins/object-removal/`` holds the plug-in's files, one copy of ``gimp_bridge`` (both
ends of the pipe are always of one version) and ``worker.json``, which names the interpreter of the
worker's environment.  Standard library only.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from gimp_bridge import __version__
from gimp_bridge.errors import InstallError

NAME = "object-removal"
ENTRY = f"{NAME}.py"
WORKER_FILE = "worker.json"
PACKAGE = "gimp_bridge"
STAGING_PREFIX = f".{NAME}-staging-"


class Source(NamedTuple):
    """Where the files come from: the ``plugin`` folder and the ``package`` gimp_bridge."""

    plugin: Path
    package: Path


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


def installed_folder(profile: Path) -> Path:
    """Where the plug-in lies in a GIMP profile."""
    return profile / "plug-ins" / NAME


def put_together(folder: Path, source: Source, python: Path) -> None:
    """Write the complete plug-in folder; ``python`` is the worker's interpreter."""
    folder.mkdir()
    _copy(source.plugin, folder, skip={PACKAGE, WORKER_FILE})
    (folder / PACKAGE).mkdir()
    # A wheel carries the plug-in inside the package; it is needed once only.
    _copy(source.package, folder / PACKAGE, skip={"plugin"})
    # GIMP on Unix starts nothing that is not executable, and a download may have lost the bit.
    (folder / ENTRY).chmod(0o755)
    note = {"python": str(python), "version": __version__}
    (folder / WORKER_FILE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")


def read_note(folder: Path) -> Noted | None:
    """What the plug-in folder's ``worker.json`` says; None when there is none that makes sense."""
    try:
        note = json.loads((folder / WORKER_FILE).read_text(encoding="utf-8"))
        return Noted(Path(note["python"]), str(note["version"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove(folder: Path) -> None:
    """Take a plug-in folder away: first out of GIMP's sight in one step, then piece by piece."""
    aside = folder.parent.parent / f"{STAGING_PREFIX}removed-{os.getpid()}"
    folder.rename(aside)
    shutil.rmtree(aside)


def _copy(source: Path, target: Path, *, skip: set[str]) -> None:
    for item in sorted(source.iterdir()):
        if item.name in skip or item.name == "__pycache__":
            continue
        if item.is_dir():
            (target / item.name).mkdir()
            _copy(item, target / item.name, skip=set())
        else:
            _copy_file(item, target / item.name)


def _copy_file(source: Path, target: Path) -> None:
    content = source.read_bytes()
    if source.suffix == ".py":
        # A checkout on Windows may have CRLF, which a Unix kernel takes for part of "#!...".
        content = content.replace(b"\r\n", b"\n")
    target.write_bytes(content)
    target.chmod(0o644)
