"""Runs a compiled loop over ranges of its work on all cores, and stops it when asked to.

Every kernel of the engine ends with (start, stop), takes no lock and writes only to its own
range, so the result does not depend on the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from gimp_bridge.errors import Cancelled

Result = TypeVar("Result")

GRAIN = 8192
"""Targets or hole pixels a thread takes at a time: 10 - 50 ms of work."""
POLL_S = 0.1
"""How often ``cancel`` is asked while the threads work."""


class Strips:
    """The threads of one fill, and its cancel signal; use as a context manager."""

    def __init__(
        self, cancel: Callable[[], bool] | None = None, threads: int | None = None
    ) -> None:
        self._cancel = cancel
        self.stopped = False
        self.threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="engine")

    def __enter__(self) -> Strips:
        return self

    def __exit__(self, *_: object) -> None:
        # A long array step cannot be stopped: whoever cancelled does not wait for its end.
        self._pool.shutdown(wait=not self.stopped, cancel_futures=True)

    def check(self) -> None:
        """Raise Cancelled if the person stopped the run."""
        if self._cancel is not None and self._cancel():
            self.stopped = True
            raise Cancelled("The removal was cancelled.")

    def run(self, kernel: Callable[..., Any], count: int, grain: int, *arguments: Any) -> list[Any]:
        """Call ``kernel(*arguments, start, stop)`` over 0..count in strips of ``grain``, in order.

        ``grain`` must not depend on the machine: it shapes the result where strips see each
        other's past only.  Returns what the strips returned.
        """
        self.check()
        starts = range(0, count, grain)
        if len(starts) <= 1:
            return [kernel(*arguments, start, min(start + grain, count)) for start in starts]
        return self.gather(
            [(kernel, (*arguments, start, min(start + grain, count))) for start in starts]
        )

    def gather(self, calls: list[tuple[Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
        """Run the calls on the threads and return their results in order, polling ``cancel``."""
        futures: list[Future[Any]] = [self._pool.submit(call, *given) for call, given in calls]
        try:
            while True:
                done, waiting = wait(futures, timeout=POLL_S, return_when=FIRST_EXCEPTION)
                self.check()
                if not waiting or any(future.exception() for future in done):
                    return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def aside(self, call: Callable[..., Result], *given: Any) -> Result:
        """Return ``call(*given)``, a long step in one piece, while ``cancel`` is polled."""
        result: Result = self.gather([(call, given)])[0]
        return result

    def inline(self) -> InlineStrips:
        """For work that is itself on one of the threads: runs in place, ends when this ends."""
        return InlineStrips(self)


class InlineStrips(Strips):
    """The strips of a small hole that is solved on one thread beside others."""

    def __init__(self, outer: Strips) -> None:
        self._outer = outer

    def check(self) -> None:
        """Raise Cancelled once the outer run was stopped."""
        if self._outer.stopped:
            raise Cancelled("The removal was cancelled.")

    def gather(self, calls: list[tuple[Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
        """Run the calls one after the other."""
        results = []
        for call, given in calls:
            self.check()
            results.append(call(*given))
        return results
