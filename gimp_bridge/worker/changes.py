"""Where a repair belongs after the picture was edited while it was made.

A layer may have been moved, the canvas cropped or enlarged: the same pixels then lie elsewhere,
and the repair follows them.  Whatever else was done to them, it has no place any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.errors import EditedMeanwhile
from gimp_bridge.language import _
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask, trim
from gimp_bridge.worker.document import EDITED, Document, Repair
from gimp_bridge.worker.job import Scene
from gimp_bridge.worker.remover import Crop

Shift = tuple[int, int]
"""So many pixels to the right and down."""

RIM_PX = 16
"""So far around the hole the pixels must be as they were."""
COMPOSITING = 2.0**-20
"""GIMP composites floats anew each time, and the last bits differ."""


def follow(
    document: Document, scene: Scene, crops: Sequence[Crop], repairs: Sequence[Repair]
) -> list[Repair]:
    """The ``repairs`` of ``crops`` where their pixels are now; raises EditedMeanwhile.

    What has been cropped away is left out.  Usually nothing has been done, and one small reading
    of each hole shows it.
    """
    now = document.now()
    if now is None:
        return list(repairs)
    if _form(now) == _form(scene):
        for shift in dict.fromkeys(_shifts(scene, now)):
            if _are_there(document, now, crops, shift):
                moved = (_moved(each, shift, now.source) for each in repairs)
                return [each for each in moved if each.box.area]
    raise EditedMeanwhile(_(EDITED))


def _form(scene: Scene) -> tuple[object, ...]:
    """What the pixels' numbers depend on."""
    alpha = (scene.has_alpha, scene.has_mask) if scene.sample != "visible" else ()
    return scene.sample, scene.base, scene.precision, scene.own_colours, *alpha


def _shifts(before: Scene, now: Scene) -> Iterator[Shift]:
    """The moves that the boxes tell of, the likeliest first.

    The selection moves with a canvas that is cropped or enlarged, and is cropped with it.
    """
    pairs = [
        (before.source, now.source),
        (before.selection, now.selection),
        (before.layer, now.layer),
    ]
    moves = [(one, other) for one, other in pairs if one and other]
    for was, is_now in moves:
        if (was.width, was.height) == (is_now.width, is_now.height):
            yield is_now.x - was.x, is_now.y - was.y
    for was, is_now in moves:
        for x in (is_now.x - was.x, is_now.right - was.right):
            for y in (is_now.y - was.y, is_now.bottom - was.bottom):
                yield x, y


def _are_there(document: Document, now: Scene, crops: Sequence[Crop], shift: Shift) -> bool:
    """Whether in and around the holes, as far as they still exist, the pixels are as they were."""
    left = [
        (crop.source, window, hole.pad(RIM_PX).clamp(window).clamp(now.source))
        for crop in crops
        if (window := crop.box.moved(*shift))
        and (hole := trim(Mask(window, crop.removal)).box).clamp(now.source).area
    ]
    return bool(left) and all(
        _same(document.pixels(place), source[place.relative_to(window).slices()])
        for source, window, place in left
    )


def _moved(repair: Repair, shift: Shift, bounds: Box) -> Repair:
    whole = repair.box.moved(*shift)
    box = whole.clamp(bounds)
    inside = box.relative_to(whole).slices()
    return Repair(box, repair.pixels[inside], repair.coverage[inside])


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.shape != other.shape:
        return False
    if np.issubdtype(one.dtype, np.floating):
        return np.allclose(one, other, rtol=COMPOSITING, atol=COMPOSITING, equal_nan=True)
    return np.array_equal(one, other)
