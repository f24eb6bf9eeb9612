"""Where Pythons are on this machine: on PATH, where installers put them, in the registry, uv's.

Which of them will do is decided in ``interpreters``.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from gimp_bridge.installer.processes import NO_WINDOW

OLDEST = (3, 10)
NEWEST_TRIED = (3, 14)
WITH_UV = "cpython>=3.10,<3.15"
PEP_514 = r"Software\Python"

Glob = Callable[[Path, str], Iterable[Path]]
"""The files in a folder that a pattern names, as ``Path.glob``."""

Names = Callable[[str], Iterable[str]]
"""The keys in a key of Windows' registry; none where it is not there."""
Value = Callable[[str, str], "str | None"]
"""A value of a key of Windows' registry, by its name."""


def candidates() -> Iterator[Path]:
    """The Pythons to try in this order: the running one, then those on PATH, newest first."""
    if sys.executable:
        yield Path(sys.executable)
    names = [f"python3.{minor}" for minor in range(NEWEST_TRIED[1], OLDEST[1] - 1, -1)]
    for name in [*names, "python3", "python"]:
        yield from _on_path(name)
    yield from elsewhere(sys.platform, os.environ, Path.home())
    yield from registered(*_registry())


def _on_path(name: str) -> Iterator[Path]:
    """All programs of this name on PATH: an AppImage's own ones come before the system's."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    real = {os.path.realpath(folder): folder for folder in reversed(folders) if folder}
    for folder in reversed(real.values()):
        found = shutil.which(name, path=folder)
        if found:
            yield Path(found)


def elsewhere(
    platform: str, env: Mapping[str, str], home: Path, glob: Glob = Path.glob
) -> Iterator[Path]:
    """Pythons where installers put them but PATH may not say, as for a GIMP started by a click.

    By each system's rules; ``glob`` looks into folders, and is a parameter for tests.
    """
    if platform == "darwin":
        for prefix in ("/opt/homebrew", "/usr/local", "/Library/Frameworks/Python.framework"):
            folder = Path(prefix)
            yield from _newest(glob(folder, "bin/python3.[0-9]*"))
            yield from _newest(glob(folder, "Versions/3.*/bin/python3"))
    if platform == "win32":
        local = Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local")
        programs = Path(env.get("PROGRAMFILES") or "C:/Program Files")
        yield from _newest(glob(local / "Programs" / "Python", "Python3*/python.exe"))
        # The Python manager's.
        yield from _newest(glob(local / "Python", "pythoncore-3.*/python.exe"))
        yield from _newest(glob(programs, "Python3*/python.exe"))


def _newest(found: Iterable[Path]) -> list[Path]:
    """Newest first; python3.9 and what is no version, such as python3.12-config, left out."""
    versions = {path: re.findall(r"3\.?(\d\d)(?!\w|-config)", path.as_posix()) for path in found}
    known = [path for path, version in versions.items() if version]
    return sorted(known, key=lambda path: int(versions[path][-1]), reverse=True)


def registered(names: Names, value: Value) -> Iterator[Path]:
    """The Pythons in Windows' registry, by PEP 514: a key for each company, in it for each tag.

    ``names`` gives the keys in a key, none where it is not there, ``value`` a value of a key.
    """
    for company in names(PEP_514):
        for tag in names(rf"{PEP_514}\{company}"):
            key = rf"{PEP_514}\{company}\{tag}\InstallPath"
            program, folder = value(key, "ExecutablePath"), value(key, "")
            if program or folder:
                yield Path(program or rf"{folder}\python.exe")


def _registry() -> tuple[Names, Value]:
    """Looks into the present user's part of the registry, and then into everybody's."""
    if sys.platform != "win32":
        return (lambda _key: ()), (lambda _key, _name: None)
    import winreg

    roots = (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE)
    access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY

    def names(key: str) -> Iterator[str]:
        for root in roots:
            with contextlib.suppress(OSError), winreg.OpenKey(root, key, 0, access) as opened:
                for index in itertools.count():  # ends with an OSError
                    yield winreg.EnumKey(opened, index)

    def value(key: str, name: str) -> str | None:
        for root in roots:
            with contextlib.suppress(OSError), winreg.OpenKey(root, key, 0, access) as opened:
                return str(winreg.QueryValueEx(opened, name)[0])
        return None

    return names, value


def python_of_uv() -> Iterator[Path]:
    """The Python that a uv on PATH finds or fetches into the user's own folder, if there is one."""
    uv = shutil.which("uv")
    if uv is None:
        return
    find = [uv, "python", "find", "--no-project", "--system", WITH_UV]
    for command in (find, [uv, "python", "install", "3.13"], find):
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            creationflags=NO_WINDOW,
        )
        if command is find and answer.returncode == 0:
            yield Path(answer.stdout.strip())
            return
