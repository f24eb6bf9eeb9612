"""The pace of requests: one limiter for the creates and polls of all tasks of a key.

Where its next turn is shared, it holds for all processes of the user: two GIMPs, or GIMP and the
command line, keep to it together.

Own code instead of pyrate-limiter: waits must end at once on cancel, HTTP 429 must push all
waiting requests back, and the gap must hold at the *server*, so the turn is taken when the
connection is already open (see ``connection.py``).  Thread-safe; first come, first served.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gimp_bridge.errors import Cancelled
from gimp_bridge.service.limits import REQUESTS_PER_SECOND
from gimp_bridge.service.next_turn import NextTurn, OwnTurn

MARGIN = 1.035
"""Gaps are this much longer than the rate asks: at 2 per second the third request leaves 35 ms
after the second is over, so as much jitter on the way still keeps the rate; 96.6 % are used."""

LONGEST_PUSH_S = 30.0
"""A longer ``Retry-After`` is cut to this: after it we ask again rather than sleep for hours."""

TICK_S = 0.05
"""How often a wait looks whether it was cancelled."""

SHORT_TICK_S = 0.002
"""How often a wait looks whether another process has sent what it is just sending."""


def never() -> bool:
    """The ``cancel`` of those who never cancel."""
    return False


def pause(seconds: float, cancel: Callable[[], bool] = never) -> None:
    """Sleep for ``seconds``; Cancelled as soon as ``cancel()``, also for 0 seconds."""
    until = time.monotonic() + seconds
    while True:
        _raise_if(cancel)
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, TICK_S))


class Pace:
    """Lets requests through one by one, evenly, at most ``per_second`` in any one second."""

    def __init__(
        self,
        per_second: float = REQUESTS_PER_SECOND,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Condition, float], object] = threading.Condition.wait,
        next_turn: NextTurn | None = None,
    ) -> None:
        """``clock`` and ``wait`` are the time, which tests move; ``next_turn`` shares the pace."""
        if not per_second > 0:
            raise ValueError("the pace must be above 0 requests per second")
        self.per_second = per_second
        self.gap_s = MARGIN / per_second
        self._clock = clock
        self._wait = wait
        self._turn_changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._next = OwnTurn() if next_turn is None else next_turn

    @contextmanager
    def turn(self, cancel: Callable[[], bool] = never) -> Iterator[None]:
        """Wait for the turn to send one request; Cancelled as soon as ``cancel()``.

        The gap to the next request counts from the end of the ``with``, so what delays the
        sending cannot bring two requests closer together.
        """
        ticket = object()
        with self._turn_changed:
            self._queue.append(ticket)
        try:
            self._await_turn(ticket, cancel)
            try:
                yield
                with self._turn_changed:
                    self._next.put_off(self._clock() + self.gap_s)
            finally:
                self._next.leave()
        finally:
            with self._turn_changed:
                self._queue.remove(ticket)
                self._turn_changed.notify_all()

    def push_back(self, seconds: float) -> float:
        """Let nobody through for ``seconds`` (cut to 30 s); returns what was used."""
        used = min(max(seconds, self.gap_s), LONGEST_PUSH_S)
        with self._turn_changed:
            self._next.put_off(self._clock() + used)
        return used

    def is_wanted(self) -> bool:
        """Whether a request waits for its turn at this moment."""
        return bool(self._queue)

    def held_back_s(self) -> float:
        """Seconds until the next request may go; 0 when it may go now."""
        return max(0.0, self._left_s())

    def wait_while_pushed_back(self, cancel: Callable[[], bool] = never) -> None:
        """Return when no push-back is in force; takes no turn.  Cancelled on ``cancel()``."""
        _raise_if(cancel)
        with self._turn_changed:
            while (left := self._left_s()) > self.gap_s:
                self._pause(left - self.gap_s, cancel)

    def _await_turn(self, ticket: object, cancel: Callable[[], bool]) -> None:
        with self._turn_changed:
            while True:
                _raise_if(cancel)
                wait_s = TICK_S
                if self._queue[0] is ticket:
                    if self._takes_turn():
                        return
                    # Where it is time, another process is just sending: that takes 1 ms.
                    wait_s = min(max(self._left_s(), SHORT_TICK_S), TICK_S)
                self._wait(self._turn_changed, wait_s)

    def _takes_turn(self) -> bool:
        """Whether it is time and nobody else sends; to be left again where it is."""
        if self._left_s() > 0 or not self._next.take():
            return False
        if self._left_s() <= 0:
            return True
        self._next.leave()  # another process has sent in between
        return False

    def _left_s(self) -> float:
        return self._next.moment() - self._clock()

    def _pause(self, seconds: float, cancel: Callable[[], bool]) -> None:
        _raise_if(cancel)
        self._wait(self._turn_changed, min(seconds, TICK_S))


def _raise_if(cancel: Callable[[], bool]) -> None:
    if cancel():
        raise Cancelled("Cancelled.")
