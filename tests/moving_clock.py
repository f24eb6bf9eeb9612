"""A clock that tests move by hand, and that moves by itself where somebody waits for it."""

from __future__ import annotations

import threading


class MovingClock:
    """Tells ``now``; jumps where a test sends it."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def wait(self, _condition: threading.Condition, seconds: float) -> None:
        """The ``wait`` of a pace: takes no time but that of this clock, and 1 µs at least."""
        self.now += max(seconds, 1e-6)
