"""How long each stage of a run took: a line each in the worker's log, for support and benchmark."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Log the time that the block takes as that of stage ``name``."""
    began = time.monotonic()
    try:
        yield
    finally:
        log.info("%s took %.3f s", name, time.monotonic() - began)
