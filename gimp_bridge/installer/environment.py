"""The worker's own Python environment, in the user's data folder, from locked packages.

``ensure_environment`` makes one per lock file and Python, once.  Wheels only, each with its hash
checked, so nothing is compiled or run while installing.  A half-made environment is never used:
the last thing written is its statement, and one without it is removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.in_use import move_aside
from gimp_bridge.installer.interpreters import (
    Interpreter,
    choose,
    probe,
    python_environment,
)
from gimp_bridge.installer.locks import only_one
from gimp_bridge.installer.pip_settings import NO_NETWORK, UNREACHABLE, pip_environment
from gimp_bridge.installer.processes import Say, run
from gimp_bridge.installer.pythons_here import candidates
from gimp_bridge.packages import MODULES, STATEMENT, read_statement

ABOUT = "about 290 MB"
"""What an environment takes on the disk: 283 MB with CPython 3.11 on Linux, measured."""

LOCK = Path(__file__).with_name("requirements.txt")

PIP_OPTIONS = (
    "--require-hashes",
    *("--only-binary", ":all:"),
    *("--no-input", "--no-user"),
    "--disable-pip-version-check",
    "--no-warn-script-location",
    *("--progress-bar", "off"),
    # What a run imports, Python compiles at its first import; all of it is 65 MB and 10 s.
    "--no-compile",
    # Without a network, each takes twice as long as the one before.
    *("--retries", "3"),
)
UV_OPTIONS = ("--require-hashes", *("--only-binary", ":all:"), "--no-progress")


def ensure_environment(
    data: Path, *, python: Path | None = None, wheels: Path | None = None, say: Say
) -> Path:
    """The interpreter of the worker's environment under ``data``, made now unless it is there.

    ``python`` names the Python to make it with; ``wheels`` is a folder of wheels to use instead
    of the network.  Raises InstallError.
    """
    base = choose(python)
    folder = data / f"env-{fingerprint(LOCK, base)}"
    with only_one(data / "environment.lock", waiting_for="set-up", say=say):
        make_environment(folder, base, LOCK, modules=MODULES, wheels=wheels, lean=True, say=say)
    return interpreter_of(folder)


def fingerprint(lock: Path, base: Interpreter) -> str:
    """The name that an environment of this lock file and this Python has."""
    text = f"{packages_digest(lock)} {base.minor} {base.platform} {base.base}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def packages_digest(lock: Path = LOCK) -> str:
    """Which set of packages a lock file means, whatever its line ends."""
    return hashlib.sha256(lock.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:12]


def interpreter_of(folder: Path) -> Path:
    """Where the interpreter of the environment ``folder`` is."""
    if sys.platform == "win32":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def is_complete(folder: Path, lock: Path, base: Interpreter) -> bool:
    """Whether ``folder`` holds a finished environment of this lock file and Python."""
    statement = read_statement(folder)
    if statement is None or not interpreter_of(folder).exists():
        return False
    return bool(statement.get("fingerprint") == fingerprint(lock, base))


def works(folder: Path, modules: Sequence[str] = MODULES) -> bool:
    """Whether the worker's packages can be imported in the environment."""
    try:
        _import(folder, modules)
    except InstallError:
        return False
    return True


def _note_wanted(folder: Path) -> None:
    try:
        (folder / STATEMENT).touch()
    except PermissionError:
        return  # another user's, who will see to it


def wanted_within(folder: Path, seconds: float) -> bool:
    """Whether the environment was made or asked for in the last ``seconds``."""
    try:
        return time.time() - (folder / STATEMENT).stat().st_mtime < seconds
    except OSError:
        return False  # half-made


def make_environment(
    folder: Path,
    base: Interpreter,
    lock: Path,
    *,
    modules: Sequence[str],
    wheels: Path | None = None,
    lean: bool = False,
    say: Say,
) -> None:
    """Make ``folder`` an environment of ``base`` with the packages of ``lock``, unless it is one.

    It is one if it was finished and ``modules`` can be imported in it; ``lean`` leaves out what
    running them never needs.  Raises InstallError; what was half-made is removed.
    """
    if is_complete(folder, lock, base) and works(folder, modules):
        _note_wanted(folder)
        say(f"The environment is there already: {folder}")
        return
    began = time.monotonic()
    say(f"Making a Python {base.minor} environment ({ABOUT}): {folder}")
    remove_environment(folder)
    try:
        _create(folder, base)
        _install(folder, base, lock, wheels=wheels, say=say)
        if lean:
            _thin_out(folder)
        _import(folder, modules)
        statement = {
            "fingerprint": fingerprint(lock, base),
            "packages": packages_digest(lock),
            "python": base.minor,
        }
        (folder / STATEMENT).write_text(json.dumps(statement) + "\n", encoding="utf-8")
    except BaseException:
        remove_environment(folder)
        raise
    say(f"  The environment is ready ({time.monotonic() - began:.0f} s)")


def _create(folder: Path, base: Interpreter) -> None:
    # Without pip, because Debian's Pythons often have no ensurepip; another pip fills it.
    program = _versioned(base)
    maker: list[str | Path] = [program, "-I", "-m", "venv", "--without-pip", folder]
    if not base.venv:
        uv = shutil.which("uv")
        if uv is None:
            raise InstallError(f"{base.path} cannot make environments. {_missing_venv(base)}")
        maker = [uv, "venv", "--no-project", "--python", program, folder]
    folder.parent.mkdir(parents=True, exist_ok=True)
    run(maker, doing=f"make a Python environment in {folder}", env=python_environment())


def _versioned(base: Interpreter) -> Path:
    """The program by its name with the version, which no update makes another Python's."""
    named = base.path.with_name(f"python{base.minor}")
    return named if named.exists() and named.samefile(base.path) else base.path


def _install(folder: Path, base: Interpreter, lock: Path, *, wheels: Path | None, say: Say) -> None:
    source = ["--no-index", "--find-links", str(wheels.resolve())] if wheels is not None else []
    try:
        run(
            [*_filler(folder, base), *source, "-r", lock],
            doing="install the packages" + (f" from {wheels}" if wheels is not None else ""),
            say=say,
            env=pip_environment(),
            cwd=folder,
        )
    except InstallError as error:
        if wheels is None and UNREACHABLE.search(str(error)):
            raise InstallError(NO_NETWORK) from error
        raise


def _filler(folder: Path, base: Interpreter) -> list[str | Path]:
    """Return the command that can fill the environment.

    A pip first, another Python's or one put into it, because people's settings are pip's.
    """
    other = base.path if base.installs_elsewhere else _python_with_pip()
    if other is not None:
        into = ("--python", str(interpreter_of(folder)))
        return [other, "-I", "-m", "pip", *into, "install", *PIP_OPTIONS]
    uv = shutil.which("uv")
    if uv is not None and not base.ensurepip:
        return [uv, "pip", "install", "--python", interpreter_of(folder), *UV_OPTIONS]
    if not base.ensurepip:
        raise InstallError(f"{base.path} has no pip. {_missing_venv(base)}")
    run(
        [interpreter_of(folder), "-I", "-m", "ensurepip", "--default-pip"],
        doing="put pip into the environment",
        env=python_environment(),
    )
    return [interpreter_of(folder), "-I", "-m", "pip", "install", *PIP_OPTIONS]


def _thin_out(folder: Path) -> None:
    """Remove the packages' own tests (29 MB of sources) and the pip that filled the environment."""
    for packages in [*folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages"]:
        tests = [path for path in packages.rglob("tests") if path.is_dir()]
        for path in [*tests, packages / "pip", *packages.glob("pip-*.dist-info")]:
            shutil.rmtree(path, ignore_errors=True)


def _python_with_pip() -> Path | None:
    for path in candidates():
        try:
            if probe(path).installs_elsewhere:
                return path
        except InstallError:
            continue  # a broken Python on PATH is not our concern
    return None


def _import(folder: Path, modules: Sequence[str]) -> None:
    run(
        [interpreter_of(folder), "-I", "-c", f"import {', '.join(modules)}"],
        doing="use the installed packages",
        env=python_environment(),
        cwd=folder,
    )


def _missing_venv(base: Interpreter) -> str:
    if shutil.which("apt-get"):
        return f"Please install it with: sudo apt-get install python{base.minor}-venv"
    return "Please install its venv and pip modules, or name another Python with --python."


def remove_environment(folder: Path) -> None:
    """Delete an environment, all of it or, where it is in use, nothing; raises InstallError."""
    if folder.exists():
        move_aside(folder, out_of_use(folder))
        shutil.rmtree(out_of_use(folder))


def out_of_use(folder: Path) -> Path:
    """Where an environment is moved to be deleted; what is left there counts as none."""
    return folder.with_name(f"{folder.name}-removed-{os.getpid()}")
