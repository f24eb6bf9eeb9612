"""What an installation notes of itself, and what is read from that later.

``worker.json`` in the plug-in's folder names the worker's interpreter and the version installed.
``installed.json`` in the data folder lists the profiles installed into, for uninstall and doctor: a
profile named by hand (``--profile``) could not be found again without it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gimp_bridge import __version__
from gimp_bridge.installer.in_use import patiently

WORKER_FILE = "worker.json"
LIST = "installed.json"
IN_FLATPAK = "FLATPAK_ID"  # set by flatpak inside its sandboxes


class Noted(NamedTuple):
    """What ``worker.json`` says: the worker's interpreter and the version installed."""

    python: Path
    version: str


def note_for(folder: Path, python: Path, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What ``worker.json`` is to say once ``python`` is the worker's interpreter here.

    A distribution's GIMP and the Flatpak share a profile but no programs: each has an entry of its
    own, ``python`` and ``flatpak``, and installing for one keeps the other's.
    """
    note = {**_read_raw_note(folder), _entry(env): str(python), "version": __version__}
    return {name: note[name] for name in ("python", "flatpak", "version") if name in note}


def read_note(folder: Path, env: Mapping[str, str] = os.environ) -> Noted | None:
    """What ``worker.json`` says for the GIMPs on this side of the sandbox; None for nothing."""
    note = _read_raw_note(folder)
    if _entry(env) not in note or "version" not in note:
        return None
    return Noted(Path(note[_entry(env)]), note["version"])


def version_in(folder: Path) -> str | None:
    """The version in a plug-in folder, whichever GIMPs its helper was set up for."""
    return _read_raw_note(folder).get("version")


def _entry(env: Mapping[str, str]) -> str:
    """Which of the two is meant: the sandbox's, or that of all other GIMPs."""
    return "flatpak" if IN_FLATPAK in env else "python"


def _read_raw_note(folder: Path) -> dict[str, str]:
    try:
        note = json.loads((folder / WORKER_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(note, dict):
        return {}
    return {name: value for name, value in note.items() if isinstance(value, str)}


def profiles(data: Path) -> list[Path]:
    """The profiles installed into, in the order they were; empty without a readable list."""
    try:
        listed = json.loads((data / LIST).read_text(encoding="utf-8"))
        return [Path(profile) for profile in listed["profiles"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def add(data: Path, profile: Path) -> None:
    """Note that ``profile`` holds an installation."""
    known = profiles(data)
    if profile.absolute() not in known:
        _write(data, [*known, profile.absolute()])


def drop(data: Path, profile: Path) -> None:
    """Note that ``profile`` no longer does."""
    _write(data, [known for known in profiles(data) if known != profile.absolute()])


def _write(data: Path, listed: list[Path]) -> None:
    replace_file(data / LIST, as_json({"profiles": [str(profile) for profile in listed]}))


def as_json(value: Mapping[str, object]) -> bytes:
    """What is written to a file for ``value``."""
    return (json.dumps(value, indent=1) + "\n").encode()


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that at every moment either the old or the new one is there."""
    written = path.with_name(f"{path.name}.new")
    written.write_bytes(content)
    if path.exists():
        shutil.copymode(path, written)
    patiently(lambda: written.replace(path))


def is_newer(version: str, than: str) -> bool:
    """Whether ``version`` comes after ``than``; a pre-release comes before its release."""
    return _key(version) > _key(than)


def _key(version: str) -> tuple[tuple[int, ...], bool, str]:
    found = re.match(r"v?(\d+(?:\.\d+)*)(.*)", version.strip())
    if found is None:
        return (), False, version
    numbers = [int(number) for number in found.group(1).split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), found.group(2) == "", found.group(2)
