"""Which profiles hold an installation: a list in the data folder, for uninstall and doctor.

A profile named by hand (``--profile``) could not be found again without it.
"""

from __future__ import annotations

import json
from pathlib import Path

NAME = "installed.json"


def profiles(data: Path) -> list[Path]:
    """The profiles installed into, in the order they were; empty without a readable list."""
    try:
        listed = json.loads((data / NAME).read_text(encoding="utf-8"))
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
    text = json.dumps({"profiles": [str(profile) for profile in listed]}, indent=1)
    written = data / f"{NAME}.new"
    written.write_text(text + "\n", encoding="utf-8")
    written.replace(data / NAME)
