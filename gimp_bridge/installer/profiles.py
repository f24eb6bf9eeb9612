"""Which GIMP 3 this user has, and where its profile lies, by each packaging's rules.

A pure function of the platform, the environment, the home folder and what lies in folders, so
that the rules of every system can be tested on any.  The profile is per minor version: a GIMP 3.2
beside a 3.0 has its own.  Nothing is written or started here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

MINORS = ("3.0", "3.2", "3.4", "3.6", "3.8")
"""The stable minor versions of GIMP 3, present and to come (odd ones are development)."""

Children = Callable[[Path], frozenset[str]]
"""The names in a folder; none when there is no such folder."""


class Gimp(NamedTuple):
    """One GIMP 3 of this user."""

    kind: str
    """``system`` (also AppImage and own builds), ``flatpak``, ``snap``, ``macos``, ``windows``,
    ``store``."""
    version: str
    profile: Path
    started: bool
    """Whether its profile exists: GIMP makes it, from an older version's, at its first start."""
    program: Path | None = None


def named(profile: Path) -> Gimp:
    """The GIMP of a profile that was named by hand: of which kind and version is not known."""
    return Gimp("", "", profile, profile.is_dir())


def children(folder: Path) -> frozenset[str]:
    """The names in a folder of this machine; see Children."""
    try:
        return frozenset(path.name for path in folder.iterdir())
    except OSError:
        return frozenset()


def find_gimps(
    platform: str, env: Mapping[str, str], home: Path, children: Children = children
) -> list[Gimp]:
    """Every GIMP 3 found, in the order to name them; each kind's profile once."""
    search = {"win32": _on_windows, "darwin": _on_macos}.get(platform, _on_linux)
    found: dict[tuple[str, Path], Gimp] = {}
    for gimp in search(env, home, children):
        found.setdefault((gimp.kind, gimp.profile), gimp)
    return list(found.values())


def _on_linux(env: Mapping[str, str], home: Path, children: Children) -> Iterator[Gimp]:
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP"
    profiles = children(config)
    flatpak = _has_flatpak(env, home, children)
    for minor in MINORS:
        names = (f"gimp-console-{minor}", f"gimp-{minor}")
        program = _on_path(env.get("PATH", ""), names, children)
        started = minor in profiles
        # Without a program on PATH the profile is the Flatpak's, an AppImage's or an own build's.
        if program is not None or (started and not flatpak):
            yield Gimp("system", minor, config / minor, started, program)
        if started and flatpak:
            yield Gimp("flatpak", minor, config / minor, started)
    # Flatpaks set up before GIMP 2.10.10 keep everything below their own folder.
    older = home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP"
    yield from _started(older, "flatpak", children)
    for area in ("current", "common"):
        yield from _started(home / "snap/gimp" / area / ".config/GIMP", "snap", children)


def _started(parent: Path, kind: str, children: Children) -> Iterator[Gimp]:
    names = children(parent)
    for minor in MINORS:
        if minor in names:
            yield Gimp(kind, minor, parent / minor, started=True)


def _has_flatpak(env: Mapping[str, str], home: Path, children: Children) -> bool:
    data = Path(env.get("XDG_DATA_HOME") or home / ".local" / "share")
    return any(
        "org.gimp.GIMP" in children(folder)
        for folder in (Path("/var/lib/flatpak/app"), data / "flatpak" / "app")
    )


def _on_path(path: str, names: tuple[str, ...], children: Children) -> Path | None:
    for folder in filter(None, path.split(":")):
        present = children(Path(folder))
        for name in names:
            if name in present:
                return Path(folder) / name
    return None


def _on_macos(_env: Mapping[str, str], home: Path, children: Children) -> Iterator[Gimp]:
    program = None
    for applications in (home / "Applications", Path("/Applications")):
        if "GIMP.app" in children(applications):
            program = applications / "GIMP.app" / "Contents" / "MacOS" / "gimp-console"
    for gimp in _started(home / "Library" / "Application Support" / "GIMP", "macos", children):
        yield gimp._replace(program=program)


def _on_windows(env: Mapping[str, str], home: Path, children: Children) -> Iterator[Gimp]:
    roaming = Path(env.get("APPDATA") or home / "AppData" / "Roaming")
    local = Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local")
    program = None
    for programs in (local / "Programs", Path(env.get("PROGRAMFILES") or "C:/Program Files")):
        if "gimp-console-3.exe" in children(programs / "GIMP 3" / "bin"):
            program = programs / "GIMP 3" / "bin" / "gimp-console-3.exe"
    for gimp in _started(roaming / "GIMP", "windows", children):
        yield gimp._replace(program=program)
    # A Store program sees its own copy of AppData; "GIMP.GIMP_" is followed by the publisher's id.
    for package in sorted(children(local / "Packages")):
        if package.startswith("GIMP.GIMP"):
            inside = local / "Packages" / package / "LocalCache" / "Roaming" / "GIMP"
            yield from _started(inside, "store", children)
