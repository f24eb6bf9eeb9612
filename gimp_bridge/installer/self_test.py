"""The worker of an installed plug-in folder, started the way the plug-in itself starts it."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

from gimp_bridge import __version__, wire
from gimp_bridge.errors import InstallError
from gimp_bridge.installer.interpreters import python_environment
from gimp_bridge.installer.plugin_folder import PACKAGE
from gimp_bridge.installer.processes import NO_WINDOW, Say, failure

TIMEOUT_S = 120.0


def greet_worker(folder: Path, python: Path) -> None:
    """Start the worker of the plug-in in ``folder`` with ``python`` and await its greeting.

    Raises InstallError that says what went wrong.
    """
    greeting = io.BytesIO()
    wire.write_frame(greeting, "hello", {"protocol": wire.PROTOCOL, "version": __version__})
    given = greeting.getvalue()
    answer = run_worker(folder, python, "worker", given=given, timeout_s=TIMEOUT_S)
    try:
        frame = wire.read_frame(io.BytesIO(answer.stdout))
    except wire.BrokenFrame as error:
        raise InstallError(f"The helper answered nonsense: {error}.") from error
    if frame is None or frame.kind != "hello":
        raise InstallError("\n    ".join(["The helper does not start:", *last_words(answer)]))
    if frame.fields.get("version") != __version__:
        raise InstallError(f"The helper is of version {frame.fields.get('version')}.")


def warm_up(folder: Path, python: Path, *, say: Say) -> None:
    """Let the embedded engine compile what it needs, so that the first removal does not wait.

    What goes wrong is said and no more: the first removal compiles it, or tells what is wrong.
    """
    say("  Preparing the built-in engine")
    try:
        done = run_worker(folder, python, "warm-up")
    except InstallError as error:
        say(f"  {error}")
        return
    if done.returncode != 0:
        doing, words = "prepare the built-in engine", last_words(done)
        say(f"  {failure(done.args, done.returncode, words, doing=doing)}")


def run_worker(
    folder: Path, python: Path, *words: str, given: bytes = b"", timeout_s: float | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run what ``words`` name, a program of ``gimp_bridge.__main__`` and its options.

    ``given`` is what it reads.  Raises InstallError where it does not start or does not end.
    """
    try:
        return subprocess.run(
            [str(python), "-I", str(folder / PACKAGE / "__main__.py"), *words],
            input=given,
            capture_output=True,
            timeout=timeout_s,
            env=python_environment(),
            check=False,
            creationflags=NO_WINDOW,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"The helper does not start: {error}.") from error


def last_words(ended: subprocess.CompletedProcess[bytes]) -> list[str]:
    """The last lines that a program wrote as its errors."""
    return ended.stderr.decode("utf-8", "replace").strip().splitlines()[-6:]
