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
from gimp_bridge.worker.document import Document
from gimp_bridge.worker.job import Scene
from gimp_bridge.worker.remover import Crop

RIM_PX = 16
"""So far around the hole the pixels must be as they were."""
COMPOSITING = 2.0**-20
"""GIMP composites floats anew each time, and the last bits differ."""


def find_shift(document: Document, scene: Scene, crops: Sequence[Crop]) -> tuple[int, int]:
    """How far (x, y) the pixels of ``crops`` have moved; raises EditedMeanwhile.

    Usually nothing has been done, and one small reading of each hole shows it.
    """
    now = document.now()
    if now is None:
        return 0, 0
    if _form(now) == _form(scene):
        for shift in _places(document, scene, now, crops[0]):
            if all(_is_there(document, now, crop, shift) for crop in crops):
                return shift
    raise EditedMeanwhile(
        _(
            "The picture was changed while this ran (turned, scaled, merged or painted on), so the "
            "repair has no place in it. Undo the change, then try again."
        )
    )


def _form(scene: Scene) -> tuple[object, ...]:
    """What the pixels' numbers depend on."""
    alpha = (scene.has_alpha, scene.has_mask) if scene.sample != "visible" else ()
    return scene.base, scene.precision, scene.own_colours, *alpha


def _places(document: Document, before: Scene, now: Scene, crop: Crop) -> Iterator[tuple[int, int]]:
    """Where to look, the likeliest first."""
    was, is_now = before.source, now.source
    if (was.width, was.height) == (is_now.width, is_now.height):
        yield is_now.x - was.x, is_now.y - was.y
    hole = _hole(crop)
    inside = crop.source[hole.relative_to(crop.box).slices()]
    found = _find(document.pixels(is_now), inside)
    if found:
        yield is_now.x + found[0] - hole.x, is_now.y + found[1] - hole.y


def _is_there(document: Document, now: Scene, crop: Crop, shift: tuple[int, int]) -> bool:
    hole = _hole(crop)
    if hole.moved(*shift).clamp(now.source) != hole.moved(*shift):
        return False
    place = hole.pad(RIM_PX).clamp(crop.box).moved(*shift).clamp(now.source)
    back = place.moved(-shift[0], -shift[1])
    before = crop.source[back.relative_to(crop.box).slices()]
    return _same(document.pixels(place), before)


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.shape != other.shape:
        return False
    if np.issubdtype(one.dtype, np.floating):
        return np.allclose(one, other, rtol=COMPOSITING, atol=COMPOSITING, equal_nan=True)
    return np.array_equal(one, other)


def _find(whole: NDArray[Any], part: NDArray[Any]) -> tuple[int, int] | None:
    """The one place (x, y) in ``whole`` where exactly ``part`` is; None where none or several."""
    if whole.shape[2:] != part.shape[2:]:
        return None
    row, found = len(part) // 2, None
    pattern, data = part[row].tobytes(), whole.tobytes()
    stride, pixel = whole[0].nbytes, whole[0, 0].nbytes
    at = data.find(pattern)
    while at >= 0:
        y, x = at // stride - row, at % stride // pixel
        if at % stride % pixel == 0 and y >= 0:
            there = whole[y : y + part.shape[0], x : x + part.shape[1]]
            if np.array_equal(there, part):
                if found:
                    return None
                found = x, y
        at = data.find(pattern, at + 1)
    return found


def _hole(crop: Crop) -> Box:
    rows, columns = (np.flatnonzero(crop.removal.any(axis=axis)) for axis in (1, 0))
    return Box.from_corners(
        crop.box.x + int(columns[0]),
        crop.box.y + int(rows[0]),
        crop.box.x + int(columns[-1]) + 1,
        crop.box.y + int(rows[-1]) + 1,
    )
