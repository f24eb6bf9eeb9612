"""One process at a time: a lock on a file that the system releases however its holder ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gimp_bridge.installer.processes import Say, silent

RETRY_S = 0.5


@contextmanager
def only_one(path: Path, *, waiting_for: str, say: Say = silent) -> Iterator[None]:
    """Hold the lock file ``path`` (made when missing) inside the block; waits for another holder.

    ``waiting_for`` completes "Waiting for another ..." and is said once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        told = False
        while not _take(file.fileno()):
            if not told:
                say(f"Waiting for another {waiting_for} ...")
                told = True
            time.sleep(RETRY_S)
        # Closing the file gives the lock back, also when the process is killed.
        yield


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
