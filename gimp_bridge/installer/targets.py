"""The profiles to install into: those named by hand, else of every GIMP found; made when missing.

GIMP makes a profile at its first start and takes over an older version's, plug-ins included
(measured: 3.0 to 3.2).  A folder made by us would prevent that, so GIMP is started once instead.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.consoles import console_of, version_of
from gimp_bridge.installer.interpreters import python_environment
from gimp_bridge.installer.processes import Say, need, run
from gimp_bridge.installer.profiles import FLATPAK, UNKNOWN, Gimp, gimps_here

SNAP = (
    "The Snap of GIMP {version} takes plug-ins only as Snaps of their own, so Object Removal cannot"
    " be installed into it. Use your distribution's GIMP or the Flatpak beside it:"
    " flatpak install flathub org.gimp.GIMP"
)

ASK = (
    "GIMP {version} was found, but it was never started. Please start it once, so that it makes"
    " its folder ({profile}), and then run this again."
)
ONCE = ("--no-interface", "--no-data", "--no-fonts", "--quit")


class Target(NamedTuple):
    """A profile to install into; ``flatpak`` when that has to be done inside the sandbox."""

    profile: Path
    flatpak: bool = False


def targets(profiles: Sequence[Path], program: Path | None, *, say: Say) -> list[Target]:
    """Where to install: ``profiles``, else the GIMP ``program``'s, else every GIMP's found.

    Starts a GIMP that was never started, so that it makes its profile.  What is in one's way is
    said, unless there is nowhere to install at all: then it raises InstallError.
    """
    if profiles:
        return [Target(profile.absolute()) for profile in profiles]
    found, obstacles = [], []
    for gimp in [_of_program(program)] if program is not None else gimps_here():
        try:
            ready = _ready(gimp, say=say)
            found.append(Target(ready.profile, flatpak=ready.kind == "flatpak"))
        except InstallError as error:
            obstacles.append(str(error))
    if not found:
        raise InstallError("\n\n".join(obstacles) or no_gimp())
    for told in obstacles:
        say(told)
    return found


def obstacle(gimp: Gimp) -> str | None:
    """What keeps us from installing into this GIMP, if anything does."""
    if gimp.kind == "snap":
        return SNAP.format(version=gimp.version)
    if not gimp.started and gimp.program is None:
        return ASK.format(version=gimp.version, profile=gimp.profile)
    return None


def _ready(gimp: Gimp, *, say: Say) -> Gimp:
    """The GIMP with a profile, for which it is started once where it has none."""
    in_the_way = obstacle(gimp)
    if in_the_way is not None:
        raise InstallError(in_the_way)
    if gimp.started or gimp.program is None:
        return gimp
    say(f"Starting GIMP {gimp.version} for the first time, so that it makes its folder")
    start = _start(gimp.kind, gimp.program)
    run([*start, *ONCE], doing="start GIMP", say=say, env=python_environment())
    for made in gimps_here():
        the_same = gimp.kind in (made.kind, "") and gimp.version in (made.version, UNKNOWN)
        if made.started and the_same:
            return made
    raise InstallError(ASK.format(version=gimp.version, profile=gimp.profile))


def _start(kind: str, program: Path) -> list[str | Path]:
    if kind == "flatpak":
        flatpak = need("flatpak", because="the Flatpak of GIMP is started through it")
        return [flatpak, "run", f"--command={program.name}", FLATPAK]
    return [console_of(program).program]


def _of_program(program: Path) -> Gimp:
    console = console_of(program)
    for gimp in gimps_here():
        if gimp.version == console.version and gimp.kind not in ("flatpak", "snap"):
            return gimp._replace(program=console.program)
    return Gimp("", console.version, Path("GIMP", console.version), False, console.program)


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
