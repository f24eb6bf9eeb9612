"""Who fills the hole: the embedded engine or the service, chosen by the job and the settings.

Each remover takes and gives sRGB arrays; what it costs and how it is paced is its own affair.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.window import Limits
from gimp_bridge.worker.job import Job
from gimp_bridge.worker.removal import Remover, Report

# The engine takes any size; the half is kept, for it copies only from what is not removed.
ENGINE_LIMITS = Limits(max_side_px=1 << 20, max_share=0.5)


class EngineRemover:
    """This computer: no key, no network, no cost; one window for each part of the selection."""

    limits = ENGINE_LIMITS
    per_part = True

    def __init__(self, cancel: Callable[[], bool]) -> None:
        self._cancel = cancel

    def remove(
        self, rgb: NDArray[np.uint8], removal: NDArray[np.uint8], place: Box, report: Report
    ) -> NDArray[np.uint8]:
        """Fill the hole by the embedded engine."""
        from gimp_bridge import engine

        report("Filling from the surroundings", 0.0)
        return engine.fill(
            rgb,
            removal,
            progress=lambda fraction: report("Filling from the surroundings", fraction),
            cancel=self._cancel,
        )

    def settle(self) -> None:
        """Nothing was paid."""


@contextlib.contextmanager
def choose_remover(job: Job, *, cancel: Callable[[], bool]) -> Iterator[Remover]:
    """The remover that the job asks for; ``auto`` is the service where a key is known."""
    yield EngineRemover(cancel)
