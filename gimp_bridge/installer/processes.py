"""Running other programs during set-up, with a sentence for people around every failure.

Standard library only.  Nothing here decides what to run; it runs it, shows that it is alive and
turns a failure into an InstallError with the last lines the program printed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from gimp_bridge.errors import InstallError

Say = Callable[[str], None]
"""Shows one line of progress."""

NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""GIMP runs plug-ins by pythonw.exe, which has no console: each program would open one."""

TAIL_LINES = 12
HEARTBEAT_S = 5.0


def silent(_line: str) -> None:
    """Show nothing: the ``say`` of callers that want none."""


def run(
    argv: Sequence[str | Path],
    *,
    doing: str,
    say: Say = silent,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a program to its end and return what it printed (both streams).

    ``doing`` completes the sentence "Could not ..." (for example ``"unpack GIMP"``).  While the
    program prints, its latest line is shown every five seconds.  Raises InstallError when the
    program is missing or ends with anything but 0.
    """
    printed: list[str] = []
    with started(argv, doing=doing, env=env, cwd=cwd) as process:
        last_shown = time.monotonic()
        for line in process.stdout or ():
            printed.append(line)
            if line.strip() and time.monotonic() - last_shown > HEARTBEAT_S:
                last_shown = time.monotonic()
                say(f"    {line.strip()[:90]}")
    if process.returncode != 0:
        raise InstallError(failure(argv, process.returncode, printed, doing=doing))
    return "".join(printed)


@contextmanager
def started(
    argv: Sequence[str | Path],
    *,
    doing: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A running program whose two streams come as one text; killed when the block is left early."""
    try:
        process = subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=dict(env) if env is not None else None,
            cwd=cwd,
            creationflags=NO_WINDOW,
        )
    except OSError as error:
        raise InstallError(f"Could not {doing}: {argv[0]} does not start ({error}).") from error
    with process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def failure(
    argv: Sequence[str | Path], returncode: int, printed: Sequence[str], *, doing: str
) -> str:
    """What to tell people about a program that failed: the sentence and its last lines."""
    tail = deque((line.rstrip() for line in printed if line.strip()), maxlen=TAIL_LINES)
    how = f"was stopped by signal {-returncode}" if returncode < 0 else f"ended with {returncode}"
    sentence = f"Could not {doing}: {Path(argv[0]).name} {how}."
    if not tail:
        return sentence
    return "\n".join([sentence, "The last lines it printed:", *(f"    {line}" for line in tail)])


def program_at(named: Path) -> Path:
    """The program that a person named, by its path or as one on PATH; raises InstallError."""
    # As text: on Windows a Path there is an AttributeError before Python 3.12.
    found = shutil.which(str(named))
    if found is None:
        raise InstallError(f"There is no program {named}.")
    return Path(found)


def need(program: str, *, because: str) -> str:
    """The path of a program; raises InstallError with ``because`` where there is none."""
    # Root's own PATH may lack the sbin folders (su without -).
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = shutil.which(program, path=path)
    if found is None:
        raise InstallError(f"The program {program} is missing, and {because}.")
    return found
