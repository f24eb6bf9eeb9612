"""From which moment on the next request may go: known to one process, or to all of a user.

The moment is in seconds of the machine's monotonic clock, which all processes share until the
next start.  The file holds nothing but that number, and is locked while it is changed; its name
tells keys apart without telling the key.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

# filelock: one call for flock and its Windows counterpart, freed by the system on a kill.
from filelock import FileLock, Timeout

from gimp_bridge.private_files import make_private_folder
from gimp_bridge.secret import Secret

log = logging.getLogger(__name__)

EARLIER = float("-inf")

NOTE_LETTERS = 32
NOTING_S = 1.0
"""A note takes 0.1 ms; who stands still at it must not hold up the others."""


class NextTurn(Protocol):
    """The moment, and the right to be the one who sends."""

    def moment(self) -> float:
        """When the next request may go, as far as is known."""

    def put_off(self, moment: float) -> None:
        """Let nobody go before ``moment``; never brings it forward."""

    def take(self) -> bool:
        """Be the only one who sends, until ``leave``; False where somebody else is."""

    def leave(self) -> None:
        """Let others send."""


class OwnTurn:
    """Known to this process only."""

    def __init__(self) -> None:
        self._moment = EARLIER

    def moment(self) -> float:
        """When the next request may go."""
        return self._moment

    def put_off(self, moment: float) -> None:
        """Let nobody go before ``moment``."""
        self._moment = max(self._moment, moment)

    def take(self) -> bool:
        """Always: the pace itself lets one in at a time."""
        return True

    def leave(self) -> None:
        """Nobody else waits."""


class SharedTurn(OwnTurn):
    """Known to all processes that name the same ``file``.

    A file that cannot be read or written stops nothing: then the process is alone.
    """

    def __init__(self, file: Path, *, clock: Callable[[], float], longest_s: float) -> None:
        """``longest_s``: a moment further away than this is one from before the last start."""
        super().__init__()
        self._file = file
        self._clock = clock
        self._longest_s = longest_s
        self._lock = FileLock(file.with_suffix(".lock"), thread_local=False, mode=0o600)
        self._noting = FileLock(file.with_suffix(".noting"), thread_local=False, mode=0o600)

    def moment(self) -> float:
        """When the next request of any process may go."""
        return max(super().moment(), self._noted())

    def put_off(self, moment: float) -> None:
        """Let no process go before ``moment``."""
        super().put_off(moment)
        try:
            make_private_folder(self._file.parent)
            with self._noting.acquire(timeout=NOTING_S, poll_interval=0.001):
                super().put_off(self._noted())
                self._note(super().moment())
        except (OSError, NotImplementedError, Timeout) as error:
            log.warning("the pace is not shared: %s", error)

    def take(self) -> bool:
        """Whether no other process sends at this moment."""
        try:
            make_private_folder(self._file.parent)
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except (OSError, NotImplementedError) as error:
            log.warning("the pace is not shared: %s", error)
        return True

    def leave(self) -> None:
        """Let other processes send."""
        self._lock.release(force=True)

    def _note(self, moment: float) -> None:
        # Over the old number, and as long as it: who reads meanwhile finds one of the two.
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(handle, f"{moment!r:{NOTE_LETTERS}}".encode("ascii"))
        finally:
            os.close(handle)

    def _noted(self) -> float:
        try:
            moment = float(self._file.read_text("ascii"))
        except (OSError, ValueError):
            return EARLIER  # not there yet, or damaged
        return moment if moment - self._clock() <= self._longest_s else EARLIER


def turn_file(folder: Path, service: str, key: Secret) -> Path:
    """The file in ``folder`` for one key at one service."""
    digest = hashlib.sha256(f"{service}\n{key.reveal()}".encode())
    return folder / f"{digest.hexdigest()[:16]}.next"
