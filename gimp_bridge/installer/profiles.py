"""Which GIMP 3 this user has, and where its profile lies, by each packaging's rules.

A pure function of the platform, the environment, the home folder and what lies in folders, so
that the rules of every system can be tested on any.  The profile is per minor version: a GIMP 3.2
beside a 3.0 has its own.  Nothing is written or started here.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

MINORS = ("3.0", "3.2", "3.4", "3.6", "3.8")
"""The stable minor versions of GIMP 3, present and to come (odd ones are development)."""

UNKNOWN = "3"
"""The version of a GIMP 3 whose program does not say which."""

FLATPAK = "org.gimp.GIMP"

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
    """Whether its profile exists: GIMP makes it, from an older version's, at its first start.

    Where it does not and the version is not known, ``profile`` is the folder it will be in."""
    program: Path | None = None


def gimps_here() -> list[Gimp]:
    """Every GIMP 3 of the present user."""
    return find_gimps(sys.platform, os.environ, Path.home())


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
    programs: dict[str, Path] = {}
    for folder in filter(None, env.get("PATH", "").split(":")):
        programs = _programs(Path(folder), children) | programs
    programs.pop(UNKNOWN, None)  # may be anything's
    flatpak = _flatpak_programs(env, home, children)
    for gimp in _of(config, "system", programs, children):
        # Without a program on PATH the profile is the Flatpak's, an AppImage's or an own build's.
        if gimp.program is not None or flatpak is None:
            yield gimp
    if flatpak is not None:
        yield from _of_flatpak(config, home, flatpak, children)
    for area in ("current", "common"):
        yield from _of(home / "snap/gimp" / area / ".config/GIMP", "snap", {}, children)


def _of_flatpak(
    config: Path, home: Path, programs: Mapping[str, Path], children: Children
) -> Iterator[Gimp]:
    # Flatpaks set up before GIMP 2.10.10 keep everything below their own folder.
    found = list(_of(home / ".var/app" / FLATPAK / "config/GIMP", "flatpak", {}, children))
    older = {gimp.version for gimp in found}
    found += [
        gimp
        for gimp in _of(config, "flatpak", programs, children)
        if gimp.started or gimp.version not in older
    ]
    # A profile of a version that it no longer has is none of its own.
    yield from (gimp for gimp in found if not programs or gimp.version in programs)
    if not found:
        yield Gimp("flatpak", UNKNOWN, config, started=False)


def _of(
    parent: Path, kind: str, programs: Mapping[str, Path], children: Children
) -> Iterator[Gimp]:
    """The GIMPs with a profile in ``parent``, and those of ``programs`` that have none yet."""
    profiles, otherwise = children(parent), programs.get(UNKNOWN)
    known = [minor for minor in MINORS if minor in profiles or minor in programs]
    for minor in known:
        program = programs.get(minor, otherwise)
        yield Gimp(kind, minor, parent / minor, minor in profiles, program)
    if not known and otherwise is not None:
        yield Gimp(kind, UNKNOWN, parent, started=False, program=otherwise)


def _programs(folder: Path, children: Children) -> dict[str, Path]:
    """The GIMP 3 programs in a folder by their minor versions, rather those without windows."""
    found = {}
    for name in sorted(children(folder), key=lambda name: ("console" in name, name.count("-"))):
        says = re.fullmatch(r"gimp(?:-console)?(?:-(3(?:\.\d+)?))?(?:\.exe)?", name)
        if says is not None:
            found[says.group(1) or UNKNOWN] = folder / name
    if any(re.match(r"gimp(-console)?-2\.", name) for name in children(folder)):
        found.pop(UNKNOWN, None)  # the GIMP 2 there has the plain names
    return found


def _flatpak_programs(
    env: Mapping[str, str], home: Path, children: Children
) -> dict[str, Path] | None:
    """The programs in the Flatpak of GIMP, as far as they can be seen; None without a Flatpak."""
    data = Path(env.get("XDG_DATA_HOME") or home / ".local" / "share")
    system = env.get("FLATPAK_SYSTEM_DIR") or "/var/lib/flatpak"
    user = env.get("FLATPAK_USER_DIR") or str(data / "flatpak")
    apps = [Path(place) / "app" for place in (system, user)]
    found = None
    for folder in (app / FLATPAK for app in apps if FLATPAK in children(app)):
        found = (found or {}) | _programs(folder / "current/active/files/bin", children)
        found.pop(UNKNOWN, None)
    return found


def _on_macos(_env: Mapping[str, str], home: Path, children: Children) -> Iterator[Gimp]:
    programs: dict[str, Path] = {}
    for applications in (home / "Applications", Path("/Applications")):
        for name in sorted(children(applications)):
            if re.fullmatch(r"GIMP.*\.app", name):
                programs |= _programs(applications / name / "Contents" / "MacOS", children)
    yield from _of(home / "Library" / "Application Support" / "GIMP", "macos", programs, children)


def _on_windows(env: Mapping[str, str], home: Path, children: Children) -> Iterator[Gimp]:
    roaming = Path(env.get("APPDATA") or home / "AppData" / "Roaming")
    local = Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local")
    programs: dict[str, Path] = {}
    # A 32-bit Python is told the folder for such programs, and the other by its own name.
    shared = [env[name] for name in ("PROGRAMFILES", "PROGRAMW6432") if env.get(name)]
    for folder in (local / "Programs", *map(Path, shared or ["C:/Program Files"])):
        programs |= _programs(folder / "GIMP 3" / "bin", children)
    yield from _of(roaming / "GIMP", "windows", programs, children)
    for package in store_packages(local, children):
        # A Store program sees its own copy of AppData.
        inside = package / "LocalCache" / "Roaming" / "GIMP"
        yield from _of(inside, "store", {}, children)
        if not children(inside):
            yield Gimp("store", UNKNOWN, inside, started=False)


def store_packages(local: Path, children: Children = children) -> list[Path]:
    """The folders that the Microsoft Store's GIMPs have in ``%LOCALAPPDATA%``."""
    # The stable one is GIMP.43237F745459_, then the publisher; others are GIMP.GIMPPreview_ ...
    names = sorted(name for name in children(local / "Packages") if name.startswith("GIMP."))
    return [local / "Packages" / name for name in names]


def sandboxes(platform: str, env: Mapping[str, str], home: Path) -> list[dict[str, str]]:
    """The environments in which sandboxed GIMPs run us, whose folders are others by those."""
    if platform == "win32":
        local = Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local")
        copies = [package / "LocalCache" / "Local" for package in store_packages(local)]
        return [{**env, "LOCALAPPDATA": str(copy)} for copy in copies]
    inside = home / ".var" / "app" / FLATPAK
    folders = {"DATA": "data", "CONFIG": "config", "CACHE": "cache", "STATE": ".local/state"}
    return [{**env, **{f"XDG_{name}_HOME": str(inside / part) for name, part in folders.items()}}]
