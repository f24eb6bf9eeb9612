"""Recognise a mask that is a few exact rectangles, which the service takes as numbers.

Arrays only.  Exact or not at all: a mask that needs more rectangles, or is soft, stays a mask.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture.geometry import Box

MAX_RECTANGLES = 50  # the service's documented limit for ``rectangles``


def as_rectangles(
    coverage: NDArray[np.uint8], max_rectangles: int = MAX_RECTANGLES
) -> list[Box] | None:
    """At most ``max_rectangles`` boxes that together cover exactly the mask, or None.

    ``coverage``: uint8 (height, width); None too when it has any value but 0 and 255, or
    nothing selected.  The boxes count from the array's corner and do not overlap.
    """
    if not coverage.any() or np.any((coverage > 0) & (coverage < 255)):
        return None
    changes = np.flatnonzero((coverage[1:] != coverage[:-1]).any(axis=1)) + 1
    # n disjoint rectangles have at most 2n horizontal edges.
    if len(changes) > 2 * max_rectangles:
        return None
    tops = [0, *changes.tolist()]
    boxes: list[Box] = []
    growing: dict[tuple[int, int], int] = {}
    for top, bottom in zip(tops, [*tops[1:], len(coverage)], strict=True):
        growing = _extend(boxes, growing, _runs(coverage[top]), top, bottom)
        if len(boxes) > max_rectangles:
            return None
    return boxes


def _runs(row: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """(first column, column after the last) of each run of selected pixels."""
    edges = np.flatnonzero(np.diff(row > 0, prepend=False, append=False))
    return [(int(left), int(right)) for left, right in edges.reshape(-1, 2)]


def _extend(
    boxes: list[Box],
    growing: dict[tuple[int, int], int],
    runs: list[tuple[int, int]],
    top: int,
    bottom: int,
) -> dict[tuple[int, int], int]:
    """Lengthen the boxes whose columns go on in this band of equal rows, and begin the others."""
    going_on: dict[tuple[int, int], int] = {}
    for left, right in runs:
        index = growing.get((left, right))
        if index is None:
            index = len(boxes)
            boxes.append(Box.from_corners(left, top, right, bottom))
        else:
            boxes[index] = boxes[index]._replace(height=bottom - boxes[index].y)
        going_on[left, right] = index
    return going_on
