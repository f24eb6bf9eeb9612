"""One window's worth of work, as it goes to a remover, and what comes back.

Plain values between the flow (``removal``), the removers and the recovery.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.language import N_
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.window import Limits

KEPT = N_(
    "Its result is paid for and kept: open the image again and choose “Recover Last Result” "
    "within the hour, at no new cost."
)
"""Told of a result that was paid for and could not be put in its place."""

Report = Callable[[str, float | None], None]
"""Shows a text and a fraction (0..1, None = unknown) as progress."""


class Piece(NamedTuple):
    """What one window asks for.

    rgb, removal : what is sent, uint8 (h, w, 3) and (h, w), 255 = remove; scaled where it must be
    box : the window in the image; coverage : the patch's mask over it, uint8 (height, width)
    """

    rgb: NDArray[np.uint8]
    removal: NDArray[np.uint8]
    box: Box
    coverage: NDArray[np.uint8]


class Repair(NamedTuple):
    """What one window contributes to the layer: its pixels (h, w, 4) and its mask (h, w)."""

    box: Box
    pixels: NDArray[Any]
    coverage: NDArray[np.uint8]


class Fillable(Protocol):
    """What one window may hold, and whether each part of the selection gets its own."""

    limits: Limits
    per_part: bool
    wants_srgb: bool
    """Whether it must be given sRGB, whatever the image's own colours are."""


class Remover(Fillable, Protocol):
    """Who fills the hole: the service or the embedded engine."""

    @property
    def keeps_paid(self) -> bool:
        """Whether a result was paid for that has not arrived: it waits for a recovery."""

    def confirm(self, scales: list[float]) -> None:
        """Before anything is done: one window for each of ``scales``; raises Cancelled on no."""

    def remove(self, piece: Piece, report: Report) -> NDArray[np.uint8]:
        """``piece.rgb`` with the hole filled, in the same shape."""

    def settle(self) -> str | None:
        """The layer is in the image; returns what the person should know of it, if anything."""
