"""Which separate holes there are, and the window of the picture each is filled from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.engine.morphology import bounds, distance, label
from gimp_bridge.engine.parameters import Parameters


class Hole(NamedTuple):
    """A hole, or several close together, and the part of the picture around."""

    window: tuple[slice, slice]
    """(rows, columns) of the picture."""
    mask: NDArray[np.bool_]
    """The hole in the window, bool (h, w)."""
    size: int
    """Pixels in the hole."""


def _around(
    box: list[int], size: int, free: NDArray[np.bool_], parameters: Parameters
) -> tuple[slice, slice]:
    """Grow a hole's bounding box by its larger side on every side.

    Then by twice as much, and so on, until it holds a ``free`` patch for each of ``size`` pixels.
    """
    top, bottom, left, right = box
    height, width = free.shape
    margin = max(
        parameters.least_margin, round(parameters.margin * max(bottom - top, right - left))
    )
    while True:
        window = (
            slice(max(0, top - margin), min(height, bottom + margin)),
            slice(max(0, left - margin), min(width, right + margin)),
        )
        if margin >= max(free.shape) or np.count_nonzero(free[window]) >= size:
            return window
        margin *= 2


def separate(
    hidden: NDArray[np.bool_],
    parameters: Parameters,
    excluded: NDArray[np.bool_] | None = None,
) -> list[Hole]:
    """Find the holes that are solved on their own; ``hidden`` bool (H, W), True = remove.

    Holes closer than ``parameters.apart`` count as one: the letters of a word are cheaper to
    solve together than each in a window full of the others.  Nothing is filled from what is
    ``excluded``, bool (H, W): windows reach beyond it.
    """
    plane = np.ascontiguousarray(hidden).view(np.uint8)
    far = distance(plane)
    labels, count = label((far <= parameters.apart // 2).view(np.uint8))
    free = far > parameters.radius
    if excluded is not None:
        free &= distance(np.ascontiguousarray(excluded).view(np.uint8)) > parameters.radius
    found = []
    for index, (*box, size) in enumerate(bounds(labels, plane, count).tolist(), start=1):
        window = _around(box, size, free, parameters)
        found.append(Hole(window, hidden[window] & (labels[window] == index), size))
    return found
