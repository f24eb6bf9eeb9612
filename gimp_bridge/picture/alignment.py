"""Carry one picture's selection over to another, whose size may differ.

Arrays and boxes only, on the worker's side of the pipe.  A logo keeps its distance from a corner,
a scratch of a series of scans its place, and a part of a motif its share of the picture.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask

Alignment = Literal["top-left", "top-right", "bottom-left", "bottom-right", "scaled"]
ALIGNMENTS = ("top-left", "top-right", "bottom-left", "bottom-right", "scaled")


def carry_over(selected: Mask, of: Box, onto: Box, alignment: Alignment) -> Mask:
    """``selected``, on a canvas ``of``, as a selection on the canvas ``onto``; what falls off goes.

    Both canvases begin at (0, 0).  A corner keeps the distance in pixels from that corner;
    ``scaled`` keeps the share of width and height, its edge interpolated.  The result may be
    empty (a box without area).
    """
    placed = (
        _scale(selected, of, onto)
        if alignment == "scaled"
        else _shift(selected, of, onto, alignment)
    )
    inside = placed.box.clamp(onto)
    return Mask(inside, placed.within(inside))


def _shift(selected: Mask, of: Box, onto: Box, alignment: Alignment) -> Mask:
    across = onto.width - of.width if alignment.endswith("right") else 0
    down = onto.height - of.height if alignment.startswith("bottom") else 0
    box = selected.box
    return Mask(box._replace(x=box.x + across, y=box.y + down), selected.coverage)


def _scale(selected: Mask, of: Box, onto: Box) -> Mask:
    if (of.width, of.height) == (onto.width, onto.height):
        return selected
    wide, high = onto.width / of.width, onto.height / of.height
    box = selected.box
    target = Box.from_corners(
        math.floor(box.x * wide),
        math.floor(box.y * high),
        math.ceil(box.right * wide),
        math.ceil(box.bottom * high),
    )
    # The target's whole pixels, seen from the source: a margin of empty pixels lets the edge
    # fall where it belongs, between pixels too.
    margin = math.ceil(max(1 / wide, 1 / high)) + 1
    padded = np.pad(selected.coverage, margin)
    left, top = target.x / wide - box.x + margin, target.y / high - box.y + margin
    place = (left, top, left + target.width / wide, top + target.height / high)
    resized = Image.fromarray(padded).resize(
        (target.width, target.height), Image.Resampling.BILINEAR, box=place
    )
    coverage: NDArray[np.uint8] = np.asarray(resized)
    return Mask(target, coverage)
