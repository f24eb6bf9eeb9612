"""Which holes there are, and the window of the picture each is filled from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gimp_bridge.engine.parameters import Parameters


class Window(NamedTuple):
    """A part of the picture, as (row, column) slices, around one or more holes."""

    rows: slice
    columns: slice

    @property
    def slices(self) -> tuple[slice, slice]:
        """To index an (H, W, ...) array."""
        return self.rows, self.columns


def around(box: tuple[slice, slice], shape: tuple[int, int], parameters: Parameters) -> Window:
    """Grow a hole's bounding box by its larger side on every side."""
    rows, columns = box
    side = max(rows.stop - rows.start, columns.stop - columns.start)
    margin = max(parameters.least_margin, round(parameters.margin * side))
    return Window(
        slice(max(0, rows.start - margin), min(shape[0], rows.stop + margin)),
        slice(max(0, columns.start - margin), min(shape[1], columns.stop + margin)),
    )


def windows(
    mask: NDArray[np.bool_], parameters: Parameters
) -> list[tuple[Window, NDArray[np.bool_]]]:
    """Each separate hole's window and its own mask in that window, bool (h, w).

    Holes whose patches would overlap count as one.
    """
    near = ndimage.maximum_filter(mask.astype(np.uint8), 2 * parameters.radius + 1)
    labels, _ = ndimage.label(near, np.ones((3, 3), int))
    found = []
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        window = around((rows, columns), mask.shape, parameters)
        found.append((window, mask[window.slices] & (labels[window.slices] == index)))
    return found
