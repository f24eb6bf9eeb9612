"""Fit the answer to the picture it goes into, and compose the layer that is sent back.

Arrays only, on the worker's side of the pipe.  Outside the removed pixels nothing of the answer
is ever used: there the layer is what was read, bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture.depth import dequantise
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.grain import missing_grain
from gimp_bridge.picture.seam import RING_PX, membrane


def fit(
    sent: NDArray[np.uint8],
    answer: NDArray[np.uint8],
    removal: NDArray[np.uint8],
    *,
    grain: bool = True,
    deep: bool = False,
) -> NDArray[np.float32]:
    """The answer as it belongs into the picture: float32 (height, width, 3), 1.0 = white.

    ``sent`` and ``answer``: uint8 (height, width, 3), what went to the service and what came
    back; ``removal``: uint8 (height, width), > 0 where it was asked to repaint.  Three things
    are done to the removed pixels, each only as far as it is needed: the shift measured on the
    known pixels around them is taken off, ``grain`` that they lack is added, and for layers
    ``deep``er than 8 bits the bands between 8-bit levels are smoothed.  The others are the
    answer's own; `compose` does not use them.
    """
    hole = removal > 0
    fitted = answer.astype(np.float32)
    box = _near(hole)
    if box.area:
        near = box.slices()
        fill = _fit_near(sent[near], answer[near], hole[near], grain, deep)
        np.copyto(fitted[near], fill, where=hole[near][..., None])
    fitted /= 255
    return np.clip(fitted, 0, 1, out=fitted)


def _fit_near(
    sent: NDArray[np.uint8],
    answer: NDArray[np.uint8],
    hole: NDArray[np.bool_],
    grain: bool,
    deep: bool,
) -> NDArray[np.float32]:
    fill = dequantise(answer) if deep else answer.astype(np.float32)
    fill += membrane(sent, answer, hole)
    added = missing_grain(sent, fill, hole) if grain else None
    return fill if added is None else fill + added


def _near(hole: NDArray[np.bool_]) -> Box:
    """The hole's box with the ring that is compared, inside the window."""
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    if not rows.size:
        return Box(0, 0, 0, 0)
    box = Box.from_corners(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return box.pad(2 * RING_PX).clamp(Box(0, 0, hole.shape[1], hole.shape[0]))


def compose(
    source: NDArray[Any], fitted: NDArray[np.float32], coverage: NDArray[np.uint8]
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """The patch: its pixels in the source's own precision, and its mask.

    ``source``: (height, width, 4) as read from the layer, uint8, uint16 or float32.
    ``fitted``: float32 (height, width, 3), 1.0 = white.  ``coverage``: uint8 (height, width).
    Removed pixels (any coverage) take the fitted colour and keep the source's alpha; all others
    are the source's own, so that painting on the layer's mask widens the repair.
    """
    rgba = source.copy()
    hole = coverage > 0
    rgba[hole, :3] = _in_precision(fitted[hole], source.dtype)
    return rgba, coverage


def _in_precision(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    if np.issubdtype(dtype, np.floating):
        return values.astype(dtype)
    top = np.iinfo(dtype).max
    return np.rint(np.clip(values, 0, 1).astype(np.float64) * top).astype(dtype)
