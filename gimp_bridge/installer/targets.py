"""The profiles to install into: those named by hand, else of every GIMP found; made when missing.

GIMP makes a profile at its first start and takes over an older version's, plug-ins included
(measured: 3.0 to 3.2).  A folder made by us would prevent that, so GIMP is started once instead.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.consoles import Console, console_of, version_of
from gimp_bridge.installer.interpreters import python_environment
from gimp_bridge.installer.processes import Say, run
from gimp_bridge.installer.profiles import Gimp, find_gimps

SNAP = (
    "The Snap of GIMP {version} takes plug-ins only as Snaps of their own, so Object Removal cannot"
    " be installed into it. Use your distribution's GIMP or the Flatpak beside it:"
    " flatpak install flathub org.gimp.GIMP"
)


class Target(NamedTuple):
    """A profile to install into; ``flatpak`` when that has to be done inside the sandbox."""

    profile: Path
    flatpak: bool = False


def gimps_here() -> list[Gimp]:
    """Every GIMP 3 of the present user."""
    return find_gimps(sys.platform, os.environ, Path.home())


def targets(profiles: Sequence[Path], program: Path | None, *, say: Say) -> list[Target]:
    """Where to install: ``profiles``, else the GIMP ``program``'s, else every GIMP's found.

    Starts a GIMP that was never started, so that it makes its profile.  Raises InstallError when
    there is nowhere to install.
    """
    if profiles:
        return [Target(profile.absolute()) for profile in profiles]
    gimps = [_of_program(program)] if program is not None else gimps_here()
    found = []
    for gimp in gimps:
        if gimp.kind == "snap":
            say(SNAP.format(version=gimp.version))
            continue
        if not gimp.started:
            start_once(gimp, say=say)
        found.append(Target(gimp.profile, flatpak=gimp.kind == "flatpak"))
    if not found:
        raise InstallError(no_gimp())
    return found


def start_once(gimp: Gimp, *, say: Say) -> None:
    """Let GIMP make its profile, from an older one where there is one; raises InstallError."""
    ask = f"Please start GIMP {gimp.version} once, so that it makes {gimp.profile}; then try again."
    if gimp.program is None:
        raise InstallError(ask)
    say(f"Starting GIMP {gimp.version} for the first time, so that it makes its folder")
    console = console_of(gimp.program).program
    run(
        [console, "--no-interface", "--no-data", "--no-fonts", "--quit"],
        doing="start GIMP",
        say=say,
        env=python_environment(),
    )
    if not gimp.profile.is_dir():
        raise InstallError(ask)


def _of_program(program: Path) -> Gimp:
    console: Console = console_of(program)
    for gimp in gimps_here():
        if gimp.version == console.version and gimp.kind not in ("flatpak", "snap"):
            return gimp._replace(program=console.program)
    raise InstallError(
        f"GIMP {console.version} ({program}) has no folder of its own yet. Please start it once,"
        " or name its folder with --profile."
    )


def no_gimp() -> str:
    """What to say where this user has no GIMP 3."""
    return (
        f"No GIMP 3 was found for this user. {how_to_get_gimp()}\nIf you have one, start it once so"
        " that it makes its folder, or name that folder with --profile."
    )


def how_to_get_gimp() -> str:
    """How to get a GIMP 3 on this system, in a sentence."""
    return {
        "win32": "Get it from www.gimp.org/downloads, or with: winget install GIMP.GIMP.3",
        "darwin": "Get it from www.gimp.org/downloads, or with: brew install --cask gimp",
    }.get(sys.platform) or _on_linux()


def _on_linux() -> str:
    old = version_of(Path("gimp"), series="2") is not None
    return ("The GIMP 2 of this machine is too old. " if old else "") + (
        "Get it from your distribution (gimp 3.0 or newer), or as a Flatpak:"
        " flatpak install flathub org.gimp.GIMP"
    )
