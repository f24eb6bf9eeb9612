"""A clock that tests move by hand."""

from __future__ import annotations

from collections.abc import Callable


class MovingClock:
    """Tells ``now``; jumps where a test sends it."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def step(self, seconds: float) -> Callable[[], bool]:
        """A ``cancel`` that never cancels but moves the clock each time it is asked."""

        def ask() -> bool:
            self.now += seconds
            return False

        return ask
