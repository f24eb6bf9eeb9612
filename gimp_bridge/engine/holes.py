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
    rows: slice, columns: slice, shape: tuple[int, int], parameters: Parameters
) -> tuple[slice, slice]:
    """Grow a hole's bounding box by its larger side on every side."""
    side = max(rows.stop - rows.start, columns.stop - columns.start)
    margin = max(parameters.least_margin, round(parameters.margin * side))
    return (
        slice(max(0, rows.start - margin), min(shape[0], rows.stop + margin)),
        slice(max(0, columns.start - margin), min(shape[1], columns.stop + margin)),
    )


def separate(hidden: NDArray[np.bool_], parameters: Parameters) -> list[Hole]:
    """Find the holes that are solved on their own; ``hidden`` bool (H, W), True = remove.

    Holes closer than ``parameters.apart`` count as one: the letters of a word are cheaper to
    solve together than each in a window full of the others.
    """
    plane = np.ascontiguousarray(hidden).view(np.uint8)
    near = distance(plane) <= parameters.apart // 2
    labels, count = label(near.view(np.uint8))
    boxes = bounds(labels, plane, count).tolist()
    found = []
    for index, (top, bottom, left, right) in enumerate(boxes, start=1):
        window = _around(slice(top, bottom), slice(left, right), hidden.shape, parameters)
        mask = hidden[window] & (labels[window] == index)
        found.append(Hole(window, mask, int(mask.sum())))
    return found
