"""One process at a time: a lock on a file that the system releases however its holder ends."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.processes import Say, silent

RETRY_S = 0.5
HELD_BY_ANOTHER = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
"""The answers of flock, and of msvcrt.locking and NFS (EACCES)."""


@contextmanager
def only_one(path: Path, *, waiting_for: str, say: Say = silent) -> Iterator[None]:
    """Hold the lock file ``path`` (made when missing) inside the block; waits for another holder.

    ``waiting_for`` completes "Waiting for another ..." and is said once.  Raises InstallError
    where files cannot be locked, as in some network folders.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        told = False
        while not _taken(file.fileno(), path):
            if not told:
                say(f"Waiting for another {waiting_for} ...")
                told = True
            time.sleep(RETRY_S)
        # Closing the file gives the lock back, also when the process is killed.
        yield


def _taken(descriptor: int, path: Path) -> bool:
    """Take the lock unless another process holds it."""
    try:
        _lock(descriptor)
    except OSError as error:
        if error.errno in HELD_BY_ANOTHER:
            return False
        text = f"{path} cannot be locked ({error}); set-up needs a folder whose files can be."
        raise InstallError(text) from error
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
