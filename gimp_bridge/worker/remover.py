"""What fills the hole of a window, the online service or this computer, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.language import N_
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.window import Limits

Tell = Callable[[str, float | None], None]
"""Shows a text and a fraction (0..1, None = unknown) as progress."""

KEPT = N_(
    "Its result is paid for and kept: undo the change, or open the image again, and choose "
    "“Recover Last Result” within the hour, at no new cost."
)
"""Told of a result that was paid for and could not be put in its place."""


@dataclass(frozen=True, eq=False)
class Crop:
    """One window's pixels, as they are in the document and as a remover gets them.

    box : the window in the picture; coverage : the repair's mask over it, uint8 (height, width)
    source : its pixels in full precision, (height, width, 3), or 4 with alpha
    seen : the same as 8-bit rgb without hidden colours, (height, width, 3)
    removal : what is to be removed, uint8 (height, width), 255 = remove
    sent_rgb, sent_removal : what a remover gets, uint8 (h, w, 3) and (h, w); scaled where it must
    be, and sRGB where the remover wants that
    """

    box: Box
    coverage: NDArray[np.uint8]
    source: NDArray[Any]
    seen: NDArray[np.uint8]
    removal: NDArray[np.uint8]
    sent_rgb: NDArray[np.uint8]
    sent_removal: NDArray[np.uint8]

    @property
    def is_scaled(self) -> bool:
        """Whether a remover gets it in another size."""
        return self.sent_rgb.shape != self.seen.shape


class RemoverKind(NamedTuple):
    """What is known of a remover before there is one.

    limits : what one window may hold; per_part : whether each part of the selection gets its own
    wants_srgb : whether it must be given sRGB, whatever the picture's own colours are
    """

    limits: Limits
    per_part: bool
    wants_srgb: bool


class Remover(Protocol):
    """Fills the holes of one job."""

    kind: RemoverKind

    @property
    def unclaimed(self) -> list[str]:
        """The tasks whose results were paid for and have not arrived: they can be recovered."""

    def confirm(self, scales: list[float]) -> None:
        """Before anything is done: one window for each of ``scales``; raises Cancelled on no."""

    def remove(self, crop: Crop, tell: Tell) -> NDArray[np.uint8]:
        """``crop.sent_rgb`` with the hole filled, in the same shape."""

    def claim(self) -> str | None:
        """The repair has arrived; returns what the person should know of it, if anything."""
