"""Which Python the worker's environment is made with.

It must be a CPython for which PyPI has the locked wheels: not the MSYS2 Python inside GIMP for
Windows, not the Microsoft Store's stub.  Standard library only; nothing is installed here.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import NamedTuple

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.processes import NO_WINDOW, program_at
from gimp_bridge.installer.pythons_here import NEWEST_TRIED, OLDEST, candidates, python_of_uv

PROBE_TIMEOUT_S = 30.0

PROBE = """
import importlib.util, json, os, platform, sys, sysconfig
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
    "machine": os.uname().machine.lower() if sys.platform == "darwin" else "",
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
    machine: str = ""
    """Asked on macOS only: on Windows, the answer can take long."""
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
        # What Windows has there until a Python comes from the Store opens the Store.
        empty = "WindowsApps" in path.parts
        what = "is the Microsoft Store's placeholder" if empty else "is not a Python that works"
        raise InstallError(f"{path} {what} ({_reason(error)}).") from error
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
    if comes_from_store(python.base):
        return "it is from the Microsoft Store, and writes where GIMP does not see it"
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

    A macOS bundle, an AppImage, mounted or extracted, a Snap.  The Flatpak's is not meant: inside
    its sandbox there is no other, and it outlives updates of GIMP.
    """
    parts = _parts(base)
    return (
        any(part.startswith("gimp") and part.endswith(".app") for part in parts)
        or any(part.startswith((".mount_", "appimage_extracted_")) for part in parts)
        or "squashfs-root" in parts
        or parts[:3] == ["/", "snap", "gimp"]
    )


def comes_from_store(base: str) -> bool:
    """Whether a Python whose ``sys.base_prefix`` is ``base`` is a package of Microsoft's Store.

    What such a program writes to AppData ends in a copy of its own.  The Python manager is from the
    Store too, but the Pythons that it starts are not.
    """
    return "windowsapps" in _parts(base)


def _parts(path: str) -> list[str]:
    return [part.lower() for part in PurePath(path.replace("\\", "/")).parts]


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
    for path in itertools.chain(candidates(), python_of_uv()):
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
