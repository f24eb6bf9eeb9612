"""The GIMP 3 programs of this machine that run without windows, and which version they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.processes import NO_WINDOW, program_at
from gimp_bridge.installer.profiles import MINORS, gimps_here

VERSION_TIMEOUT_S = 60.0


class Console(NamedTuple):
    """A ``gimp-console`` program and its minor version, such as "3.2"."""

    program: Path
    version: str


def console_of(program: Path) -> Console:
    """The console program of the GIMP at ``program``; raises InstallError when it is no GIMP 3."""
    if program.suffix == ".app":  # a folder, in which macOS keeps a program
        program = program / "Contents" / "MacOS" / "gimp"
    for candidate in _siblings(program_at(program)):
        version = version_of(candidate)
        if version is not None:
            return Console(candidate, version)
    raise InstallError(f"{program} is not a GIMP 3.")


def find_console() -> Console | None:
    """The newest GIMP 3 console program of this machine, or None."""
    for candidate in _candidates():
        version = version_of(candidate)
        if version is not None:
            return Console(candidate, version)
    return None


def version_of(program: Path, series: str = "3") -> str | None:
    """The minor version the program says it is; None when it is no GIMP of that series."""
    try:
        answer = subprocess.run(
            [str(program), "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=VERSION_TIMEOUT_S,
            check=False,
            creationflags=NO_WINDOW,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(rf"\b({series}\.\d+)\.\d+", answer.stdout)
    return found.group(1) if found else None


def _siblings(program: Path) -> Iterator[Path]:
    if "console" in program.name:
        yield program
        return
    yield program.with_name(program.name.replace("gimp", "gimp-console", 1))
    yield program


def _candidates() -> Iterator[Path]:
    names = [f"gimp-console-{minor}" for minor in reversed(MINORS)]
    for name in [*names, "gimp-console-3", "gimp-console"]:
        found = shutil.which(name)
        if found:
            yield Path(found)
    for gimp in gimps_here():
        if gimp.program is not None and gimp.kind != "flatpak":
            yield gimp.program
