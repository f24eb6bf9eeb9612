"""Whether an installed plug-in folder works, found out the way the plug-in itself starts it."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

from gimp_bridge import __version__, wire
from gimp_bridge.errors import InstallError
from gimp_bridge.installer.interpreters import python_environment
from gimp_bridge.installer.plugin_folder import PACKAGE, read_note
from gimp_bridge.installer.processes import NO_WINDOW, Say, run

TIMEOUT_S = 120.0
WARM_UP = """
import sys
sys.path.insert(0, sys.argv[1])
from gimp_bridge.worker.engine_remover import warm_up
warm_up()
"""


def greet_worker(folder: Path) -> None:
    """Start the worker of the plug-in in ``folder`` over its pipe and await its greeting.

    Raises InstallError that says what went wrong.
    """
    note = read_note(folder)
    if note is None:
        raise InstallError(f"{folder} does not say which Python its helper runs on.")
    answer = _ask(note.python, folder)
    try:
        frame = wire.read_frame(io.BytesIO(answer.stdout))
    except wire.BrokenFrame as error:
        raise InstallError(f"The helper answered nonsense: {error}.") from error
    if frame is None or frame.kind != "hello":
        last_lines = answer.stderr.decode("utf-8", "replace").strip().splitlines()[-6:]
        raise InstallError("\n    ".join(["The helper does not start:", *last_lines]))
    if frame.fields.get("version") != __version__:
        raise InstallError(f"The helper is of version {frame.fields.get('version')}.")


def warm_up(folder: Path, *, say: Say) -> None:
    """Let the embedded engine compile what it needs, so that the first removal does not wait.

    What goes wrong is said and no more: the first removal compiles it, or tells what is wrong.
    """
    note = read_note(folder)
    if note is None:
        raise InstallError(f"{folder} does not say which Python its helper runs on.")
    say("  Preparing the built-in engine")
    try:
        run(
            [note.python, "-I", "-c", WARM_UP, folder],
            doing="prepare the built-in engine",
            say=say,
            env=python_environment(),
        )
    except InstallError as error:
        say(f"  {error}")


def _ask(python: Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    greeting = io.BytesIO()
    wire.write_frame(greeting, "hello", {"protocol": wire.PROTOCOL, "version": __version__})
    try:
        return subprocess.run(
            [str(python), "-I", str(folder / PACKAGE / "__main__.py"), "worker"],
            input=greeting.getvalue(),
            capture_output=True,
            timeout=TIMEOUT_S,
            env=python_environment(),
            check=False,
            creationflags=NO_WINDOW,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"The helper does not start: {error}.") from error
