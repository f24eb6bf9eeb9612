"""A bound on the memory that several removals use at once: who needs more than is left waits.

First come, first served, so that a large window is not passed over for ever by small ones.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gimp_bridge.errors import Cancelled

TICK_S = 0.1
"""How often one who waits looks whether the wait is over for another reason."""


_M_MMAP_THRESHOLD, _LARGE_BYTES = -3, 1 << 20


def give_back_large() -> None:
    """Have what is freed in large pieces given back to the system, from now on.

    glibc keeps it for the thread that had it: in a batch of fifty images of 24 megapixels, twice
    the memory in use and the more the longer it runs. For one image that saves page faults, a
    third of the time of its array work, so it is asked for in batches alone. Other C libraries
    give it back by themselves.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # musl has no such call
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


class Room:
    """So many bytes for all; thread-safe.  What exceeds it alone is let in alone."""

    def __init__(self, total_bytes: int) -> None:
        self._total = total_bytes
        self._used = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, wanted_bytes: int, give_up: Callable[[], bool]) -> Iterator[None]:
        """Have ``wanted_bytes`` for the time of the block; Cancelled as soon as ``give_up()``."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                self._await(ticket, wanted_bytes, give_up)
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
            self._used += wanted_bytes
        try:
            yield
        finally:
            with self._changed:
                self._used -= wanted_bytes
                self._changed.notify_all()

    def _await(self, ticket: object, wanted: int, give_up: Callable[[], bool]) -> None:
        while self._queue[0] is not ticket or not self._fits(wanted):
            if give_up():
                raise Cancelled("Nothing was sent.")
            self._changed.wait(TICK_S)

    def _fits(self, wanted: int) -> bool:
        return self._used == 0 or self._used + wanted <= self._total
