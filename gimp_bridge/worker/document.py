"""The document: who holds the open picture, as a removal sees it.

GIMP at the other end of the pipe (``pipe_document``) or a picture file (``cli.file_document``).
Arrays and values only; what the picture is like is in the removal's ``job.Scene``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.language import N_
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask
from gimp_bridge.worker.job import Scene

EDITED = N_(
    "The picture was changed while this ran (turned, scaled, merged, painted on, or its layer "
    "hidden or deleted), so the repair no longer fits and was not inserted."
)


class Repair(NamedTuple):
    """What goes over one window: its pixels (h, w, 4) in the source's precision, its mask (h, w).

    ``box`` counts from the picture's corner.  The mask is uint8, 255 = all of the repair is seen.
    """

    box: Box
    pixels: NDArray[Any]
    coverage: NDArray[np.uint8]


class Document(Protocol):
    """All that a removal wants of the picture.

    Any of it but ``cancelled`` raises DocumentRefused when it cannot be had, and Cancelled when
    nobody is there any more.
    """

    def cancelled(self) -> bool:
        """Whether nobody waits for the result any more."""

    def selection(self) -> Mask:
        """What is selected."""

    def pixels(self, box: Box, *, srgb: bool = False) -> NDArray[Any]:
        """The source in ``box``: (height, width, 3 or 4) in its own precision, straight alpha.

        In the picture's own colours unless ``srgb`` is asked for.  What a layer mask hides is as
        transparent as it looks.
        """

    def cover(self, box: Box) -> NDArray[np.uint8]:
        """How far layers above a result hide it in ``box``: uint8 (height, width), 255 = wholly."""

    def in_own_colours(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """SRGB pixels, uint8 (h, w, 3), in the picture's own colours."""

    def now(self) -> Scene | None:
        """What the picture is like now, or None where it cannot have changed meanwhile.

        Raises EditedMeanwhile where the source could not be repaired any more.
        """

    def insert(self, repairs: Sequence[Repair], name: str, *, instead: bool = False) -> str | None:
        """Put ``repairs`` over the source, as a layer of this ``name`` where there are layers.

        ``instead``: put a copy with the repairs in the place of the source; where a repair has
        any coverage its pixels are then all that is seen.  Returns what the person should know.
        """

    def tell(self, text: str, fraction: float | None = None) -> None:
        """Show what is going on; ``fraction`` 0..1, None = unknown."""

    def ask(self, message: str, choices: list[str], detail: str = "") -> str | None:
        """Let the person choose; None when nobody can be asked.  Cancelled when they back out."""
