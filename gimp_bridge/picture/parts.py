"""Split a mask into the parts that lie apart, and share those out among few groups.

Arrays and boxes only, on the worker's side of the pipe.  Which parts belong together is the
caller's question; this knows only how to find, group and join them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask, trim

# Parts nearer than one to two cells count as one: less than the context each would get anyway.
_CELL_PX = 64


def find_parts(mask: Mask) -> list[Mask]:
    """The parts of ``mask`` that lie apart, each in its own box, from top to bottom."""
    bands = [
        mask.coverage[top : top + _CELL_PX].max(axis=0)
        for top in range(0, mask.box.height, _CELL_PX)
    ]
    columns = np.arange(0, mask.box.width, _CELL_PX)
    cells = np.maximum.reduceat(np.stack(bands), columns, axis=1)
    return [_cut_out(mask, *part) for part in _connected(cells > 0)]


def _connected(cells: np.ndarray) -> Iterator[tuple[Box, np.ndarray]]:
    """The 8-connected parts of ``cells``: each one's box and what of it is set, from the top."""
    every = list(map(tuple, np.argwhere(cells).tolist()))
    left = set(every)
    for first in every:
        if first not in left:
            continue
        left.remove(first)
        part = [first]
        for row, column in part:  # grows meanwhile
            around = itertools.product(range(row - 1, row + 2), range(column - 1, column + 2))
            beside = left.intersection(around)
            part += beside
            left -= beside
        rows, columns = np.array(part).T
        top, start = int(rows.min()), int(columns.min())
        of_part = np.zeros((int(rows.max()) - top + 1, int(columns.max()) - start + 1), bool)
        of_part[rows - top, columns - start] = True
        yield Box(start, top, of_part.shape[1], of_part.shape[0]), of_part


def _cut_out(mask: Mask, cells: Box, of_part: np.ndarray) -> Mask:
    """The coverage under the cells that are set in ``of_part``, bool (cells.height, .width)."""
    box = Box(*(value * _CELL_PX for value in cells)).clamp(
        Box(0, 0, mask.box.width, mask.box.height)
    )
    stencil = of_part.repeat(_CELL_PX, axis=0)[: box.height].repeat(_CELL_PX, axis=1)
    coverage = mask.coverage[box.slices()] * stencil[:, : box.width]
    return trim(Mask(Box(mask.box.x + box.x, mask.box.y + box.y, *box[2:]), coverage))


def hull(boxes: Sequence[Box]) -> Box:
    """The smallest box around ``boxes``."""
    return Box.from_corners(
        min(box.x for box in boxes),
        min(box.y for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def join(parts: Sequence[Mask]) -> Mask:
    """One mask of all ``parts``."""
    box = hull([part.box for part in parts])
    coverage = np.zeros((box.height, box.width), np.uint8)
    for part in parts:
        place = coverage[part.box.relative_to(box).slices()]
        np.maximum(place, part.coverage, out=place)
    return Mask(box, coverage)


def group(boxes: Sequence[Box], belong: Callable[[Box, Box], bool]) -> list[list[int]]:
    """Indices of ``boxes`` in as few groups as going through them from one side finds.

    A box, or a group as it grows, joins the first group whose hull it may ``belong`` to.  Both
    directions are tried; the one that needs fewer groups wins.
    """
    by_row = sorted(range(len(boxes)), key=lambda i: (boxes[i].y, boxes[i].x))
    by_column = sorted(range(len(boxes)), key=lambda i: (boxes[i].x, boxes[i].y))
    return min((_settle(boxes, order, belong) for order in (by_row, by_column)), key=len)


def _settle(
    boxes: Sequence[Box], order: Sequence[int], belong: Callable[[Box, Box], bool]
) -> list[list[int]]:
    groups = [[index] for index in order]
    while True:
        settled = _first_fit(boxes, groups, belong)
        if len(settled) == len(groups):
            return settled
        groups = settled


def _first_fit(
    boxes: Sequence[Box], groups: list[list[int]], belong: Callable[[Box, Box], bool]
) -> list[list[int]]:
    settled: list[tuple[Box, list[int]]] = []
    for members in groups:
        box = hull([boxes[index] for index in members])
        for place, (other, indices) in enumerate(settled):
            if belong(other, box):
                settled[place] = (hull([other, box]), indices + members)
                break
        else:
            settled.append((box, members))
    return [indices for _, indices in settled]
