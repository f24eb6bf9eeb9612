"""A sign of life while something that prints nothing is at work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gimp_bridge.installer.processes import Say

EVERY_S = 10.0


@contextmanager
def ticking(say: Say, every_s: float = EVERY_S) -> Iterator[None]:
    """Say every ten seconds inside the block that it is still going on."""
    over = threading.Event()
    began = time.monotonic()

    def tick() -> None:
        while not over.wait(every_s):
            say(f"  ... at work ({time.monotonic() - began:.0f} s)")

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
