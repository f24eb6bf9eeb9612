"""Which Python the worker's environment is made with.

It must be a CPython for which PyPI has the locked wheels: not the MSYS2 Python inside GIMP for
Windows, not the Microsoft Store's stub.  Standard library only; nothing is installed here.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import NamedTuple

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.processes import NO_WINDOW, program_at

OLDEST = (3, 10)
NEWEST_TRIED = (3, 14)
WITH_UV = "cpython>=3.10,<3.15"
PROBE_TIMEOUT_S = 30.0

Glob = Callable[[Path, str], Iterable[Path]]
"""The files in a folder that a pattern names, as ``Path.glob``."""

PROBE = """
import importlib.util, json, platform, sys, sysconfig
def has(name):
    return importlib.util.find_spec(name) is not None
pip = None
if has("pip"):
    import pip as module
    pip = module.__version__
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "implementation": platform.python_implementation(),
    "platform": sysconfig.get_platform(),
    "bits": 64 if sys.maxsize > 2**32 else 32,
    "machine": platform.machine().lower(),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "musl": "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")),
    "base": sys.base_prefix,
    "venv": has("venv"),
    "ensurepip": has("ensurepip"),
    "pip": pip,
}))
"""


class Interpreter(NamedTuple):
    """What is known of a Python: its program, version and the modules that set-up can use."""

    path: Path
    version: tuple[int, int, int]
    implementation: str
    platform: str
    base: str
    venv: bool
    ensurepip: bool
    pip: str | None
    bits: int = 64
    machine: str = "x86_64"
    free_threaded: bool = False
    musl: bool = False

    @property
    def minor(self) -> str:
        """Its minor version, such as "3.13"."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def installs_elsewhere(self) -> bool:
        """Whether its pip can install into another environment (``--python``, since pip 22.3)."""
        if self.pip is None:
            return False
        major, minor = (int(part) for part in self.pip.split(".")[:2])
        return (major, minor) >= (22, 3)


def python_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment to start a Python with: no other Python's settings (GIMP sets its own)."""
    dropped = {"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    inherited = os.environ if env is None else env
    kept = {name: value for name, value in inherited.items() if name not in dropped}
    # What it prints is read as UTF-8; on Windows it would be the ANSI code page.
    return {**kept, "PYTHONIOENCODING": "utf-8"}


def probe(path: Path) -> Interpreter:
    """Ask the Python at ``path`` what it is; raises InstallError when it does not answer."""
    try:
        answer = subprocess.run(
            [str(path), "-I", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=python_environment(),
            timeout=PROBE_TIMEOUT_S,
            check=True,
            creationflags=NO_WINDOW,
        )
        facts = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise InstallError(f"{path} is not a Python that works ({_reason(error)}).") from error
    major, minor, micro = facts.pop("version")
    return Interpreter(path=path, version=(major, minor, micro), **facts)


def objection(python: Interpreter) -> str | None:
    """Why the worker cannot run on this Python, or None when it can."""
    if python.implementation != "CPython":
        return f"it is {python.implementation}, and the packages are built for CPython"
    if python.version[:2] < OLDEST:
        return f"it is Python {python.minor}, and 3.10 or newer is needed"
    lacking = _without_packages(python)
    if lacking is not None:
        return f"it is {lacking}, for which there are no packages"
    if sys.platform == "win32" and "WindowsApps" in python.path.parts:
        return "it is the Microsoft Store's placeholder"
    if goes_with_gimp(python.base):
        return "it is inside GIMP's own package, and an update of GIMP would take it away"
    return None


def _without_packages(python: Interpreter) -> str | None:
    """What kind of Python this is when the locked packages have no wheels for it, else None.

    numba's wheels decide: it has none for 32 bits, musl and free-threaded Pythons, for Windows on
    ARM only from Python 3.12 on (numba 0.68.1 on PyPI), and for Intel Macs, which have an older
    release, only up to 3.13 (numba 0.62.1).
    """
    kinds = {
        f"Python {python.minor}": python.version[:2] > NEWEST_TRIED,
        "an MSYS2 Python (GIMP's own?)": python.platform.startswith(("mingw", "msys", "cygwin")),
        "a free-threaded Python": python.free_threaded,
        "a 32-bit Python": python.bits != 64,
        "a Python for musl": python.musl,
        f"Python {python.minor} for Intel Macs": python.platform.startswith("macosx")
        and python.machine == "x86_64"
        and python.version[:2] > (3, 13),
        f"Python {python.minor} for Windows on ARM": python.platform == "win-arm64"
        and python.version[:2] < (3, 12),
    }
    return next((kind for kind, is_so in kinds.items() if is_so), None)


def goes_with_gimp(base: str) -> bool:
    """Whether a Python whose ``sys.base_prefix`` is ``base`` is part of GIMP's own package.

    A macOS bundle, a running AppImage's mount, a Snap.  The Flatpak's is not meant: inside its
    sandbox there is no other, and it outlives updates of GIMP.
    """
    parts = [part.lower() for part in PurePath(base.replace("\\", "/")).parts]
    return (
        any(part.startswith("gimp") and part.endswith(".app") for part in parts)
        or any(part.startswith(".mount_") for part in parts)
        or parts[:3] == ["/", "snap", "gimp"]
    )


def choose(requested: Path | None = None) -> Interpreter:
    """The Python to use: ``requested``, else the running one, else the newest on PATH that fits.

    Failing these, the one a uv on PATH finds or fetches.  Raises InstallError that
    says how to get one where there is none.
    """
    if requested is not None:
        # Not resolved: a link may lead into an environment, whose Python is another one.
        python = probe(program_at(requested).absolute())
        reason = objection(python)
        if reason is not None:
            raise InstallError(f"{requested} cannot be used: {reason}.")
        return python
    reasons = []
    for path in itertools.chain(candidates(), _python_of_uv()):
        try:
            python = probe(path)
        except InstallError as error:
            reasons.append(str(error))
            continue
        reason = objection(python)
        if reason is None:
            return python
        reasons.append(f"{path}: {reason}.")
    raise InstallError("\n    ".join([_how_to_get_one(), *reasons]))


def candidates() -> Iterator[Path]:
    """The Pythons to try in this order: the running one, then those on PATH, newest first."""
    if sys.executable:
        yield Path(sys.executable)
    names = [f"python3.{minor}" for minor in range(NEWEST_TRIED[1], OLDEST[1] - 1, -1)]
    for name in [*names, "python3", "python"]:
        found = shutil.which(name)
        if found:
            yield Path(found)
    yield from elsewhere(sys.platform, os.environ, Path.home())


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
        yield from _newest(glob(programs, "Python3*/python.exe"))


def _newest(found: Iterable[Path]) -> list[Path]:
    """Newest first; python3.9 and what is no version, such as python3.12-config, left out."""
    versions = {path: re.findall(r"3\.?(\d\d)(?![\w-])", path.as_posix()) for path in found}
    known = [path for path, version in versions.items() if version]
    return sorted(known, key=lambda path: int(versions[path][-1]), reverse=True)


def _python_of_uv() -> Iterator[Path]:
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


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with {error.returncode}"
    return str(error)


def _how_to_get_one() -> str:
    advice = {
        "win32": "install it from python.org, or with: winget install Python.Python.3.13",
        "darwin": "install it from python.org, or with: brew install python@3.13",
    }.get(sys.platform, "install your distribution's python3, or uv")
    return (
        "No Python was found that Object Removal's helper can run on (CPython 3.10 to 3.14)."
        f" Please {advice}; then run this again, or name one with --python."
    )
