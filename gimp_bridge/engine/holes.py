"""Which separate holes there are, and the window of the picture each is filled from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

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
    near = ndimage.maximum_filter(hidden.astype(np.uint8), parameters.apart, mode="constant")
    labels, _ = ndimage.label(near, np.ones((3, 3), int))
    found = []
    for index, box in enumerate(ndimage.find_objects(labels), start=1):
        own = hidden[box] & (labels[box] == index)
        inner = ndimage.find_objects(own.astype(np.uint8))[0]
        rows, columns = (
            slice(outer.start + part.start, outer.start + part.stop)
            for outer, part in zip(box, inner, strict=True)
        )
        window = _around(rows, columns, hidden.shape, parameters)
        mask = hidden[window] & (labels[window] == index)
        found.append(Hole(window, mask, int(mask.sum())))
    return found
