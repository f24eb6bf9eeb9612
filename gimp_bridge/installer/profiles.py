"""Which GIMP 3 profiles this user has, by each system's and each packaging's rules.

A pure function of the platform, the environment, the home folder and what exists, so that the
rules for every system can be tested on any.  The folder is per minor version: a GIMP 3.2 beside a
3.0 has its own.  Nothing here is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

MINORS = ("3.0", "3.2", "3.4", "3.6", "3.8")
"""The stable minor versions of GIMP 3, present and to come (odd ones are development)."""

Exists = Callable[[Path], bool]


class Gimp(NamedTuple):
    """A GIMP 3 of this user: how it is packaged, its version, profile and program if known."""

    kind: str
    """``system``, ``flatpak``, ``snap``, ``macos``, ``windows`` or ``store``."""
    version: str
    profile: Path
    program: Path | None = None


def find_gimps(platform: str, env: Mapping[str, str], home: Path, exists: Exists) -> list[Gimp]:
    """Every GIMP 3 found, in the order to name them; each profile once."""
    search = {"win32": _on_windows, "darwin": _on_macos}.get(platform, _on_linux)
    by_profile: dict[Path, Gimp] = {}
    for gimp in search(env, home, exists):
        by_profile.setdefault(gimp.profile, gimp)
    return list(by_profile.values())


def _on_linux(env: Mapping[str, str], home: Path, exists: Exists) -> Iterator[Gimp]:
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    flatpak = any(exists(folder) for folder in _flatpak_folders(env, home))
    for minor in MINORS:
        profile = config / "GIMP" / minor
        program = _on_path(env, [f"gimp-{minor}", f"gimp-console-{minor}"], exists)
        if program is not None:
            yield Gimp("system", minor, profile, program)
        elif exists(profile):
            # Without a program on PATH it is the Flatpak's, an AppImage's or a build of one's own.
            yield Gimp("flatpak" if flatpak else "system", minor, profile)
    for minor in MINORS:
        inside = home / ".var/app/org.gimp.GIMP/config/GIMP" / minor
        if exists(inside):
            yield Gimp("flatpak", minor, inside)
    yield from _in_snap(home, exists)


def _in_snap(home: Path, exists: Exists) -> Iterator[Gimp]:
    for minor in MINORS:
        for area in ("current", "common"):
            profile = home / "snap" / "gimp" / area / ".config" / "GIMP" / minor
            if exists(profile):
                yield Gimp("snap", minor, profile)


def _flatpak_folders(env: Mapping[str, str], home: Path) -> list[Path]:
    data = Path(env.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [Path("/var/lib/flatpak/app/org.gimp.GIMP"), data / "flatpak/app/org.gimp.GIMP"]


def _on_path(env: Mapping[str, str], names: list[str], exists: Exists) -> Path | None:
    for folder in env.get("PATH", "").split(":"):
        for name in names:
            if folder and exists(Path(folder) / name):
                return Path(folder) / name
    return None


def _on_macos(env: Mapping[str, str], home: Path, exists: Exists) -> Iterator[Gimp]:
    del env
    bundles = [Path("/Applications/GIMP.app"), home / "Applications" / "GIMP.app"]
    program = next((bundle for bundle in bundles if exists(bundle)), None)
    for minor in MINORS:
        profile = home / "Library" / "Application Support" / "GIMP" / minor
        if exists(profile):
            yield Gimp("macos", minor, profile, program)


def _on_windows(env: Mapping[str, str], home: Path, exists: Exists) -> Iterator[Gimp]:
    roaming = Path(env.get("APPDATA") or home / "AppData" / "Roaming")
    for minor in MINORS:
        profile = roaming / "GIMP" / minor
        if exists(profile):
            yield Gimp("windows", minor, profile)
