"""Transparency is repaired like a colour: in the hole is what its surroundings say.

Arrays only, on the worker's side of the pipe.  Nothing around, nothing in the hole; alike all
around, alike in the hole; and where an outline runs into the hole it is continued.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture.filters import running_max
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask
from gimp_bridge.picture.parts import find_parts
from gimp_bridge.picture.upload import as_uint8

Fill = Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.uint8]]
"""Fills a picture, uint8 (h, w, 3), where a mask, uint8 (h, w), is > 0."""


def repair_alpha(pixels: NDArray[Any], removal: NDArray[np.uint8], fill: Fill) -> NDArray[Any]:
    """The alpha (h, w) that ``pixels`` shall have.

    ``pixels``: (h, w, 4) in any precision, straight alpha.  ``removal``: uint8 (h, w), > 0
    in the hole.  Every value is one that occurs around the holes.
    """
    alpha: NDArray[Any] = pixels[..., 3].copy()
    hole = removal > 0
    open_parts = np.zeros(hole.shape, np.uint8)
    whole = Box(0, 0, hole.shape[1], hole.shape[0])
    for part in find_parts(Mask(whole, removal)):
        inside = part.within(whole) > 0
        around = alpha[_grown(inside) & ~hole]
        if not around.size or (around == around[0]).all():
            alpha[inside] = around[0] if around.size else 0
        else:
            open_parts[inside] = 255
    if open_parts.any():
        _continue(alpha, hole, open_parts, fill)
    return alpha


def is_opaque(pixels: NDArray[Any], removal: NDArray[np.uint8]) -> bool:
    """Whether nothing in the hole and right around it is transparent, so that nothing becomes so.

    ``pixels``: (h, w, 3 or 4); ``removal``: uint8 (h, w), > 0 in the hole.
    """
    if pixels.shape[2] == 3:
        return True
    return bool((pixels[..., 3][_grown(removal > 0)] >= opaque(pixels.dtype)).all())


def needs_copy(source: NDArray[Any], repair: NDArray[Any], coverage: NDArray[np.uint8]) -> bool:
    """Whether a layer on top cannot do it: something would shine through where it is not full.

    ``source``: (h, w, 3 or 4); ``repair``: (h, w, 4); ``coverage``: uint8 (h, w), of the repair.
    """
    less = repair[..., 3] < opaque(repair.dtype)
    if source.shape[2] == 4:
        less &= source[..., 3] > 0
    return bool((less & (coverage > 0)).any())


def mix(source: NDArray[Any], repair: NDArray[Any], coverage: NDArray[np.uint8]) -> NDArray[Any]:
    """``repair`` over ``source``, both (h, w, 4) with straight alpha, as ``coverage`` says.

    255 takes all of the repair, 0 nothing, to the last bit; between them colours count by alpha.
    """
    mixed = np.where((coverage > 0)[..., None], repair, source)
    soft = (coverage > 0) & (coverage < 255)
    share = coverage[soft].astype(np.float64)[:, None] / 255
    new, old = repair[soft].astype(np.float64), source[soft].astype(np.float64)
    new_alpha, old_alpha = share * new[:, 3:], (1 - share) * old[:, 3:]
    alpha = new_alpha + old_alpha
    colour = (new[:, :3] * new_alpha + old[:, :3] * old_alpha) / np.where(alpha > 0, alpha, 1)
    values = np.concatenate([np.where(alpha > 0, colour, new[:, :3]), alpha], axis=1)
    mixed[soft] = values if np.issubdtype(source.dtype, np.floating) else np.rint(values)
    return mixed


def opaque(dtype: np.dtype[Any]) -> float:
    """The alpha of what is not transparent at all."""
    return 1.0 if np.issubdtype(dtype, np.floating) else float(np.iinfo(dtype).max)


def _continue(
    alpha: NDArray[Any], hole: NDArray[np.bool_], parts: NDArray[np.uint8], fill: Fill
) -> None:
    """Fill ``parts`` of ``alpha`` in place as if alpha were a grey picture."""
    levels = as_uint8(alpha)
    grey = np.repeat(levels[..., None], 3, axis=2)
    filled = fill(grey, (hole * np.uint8(255)))[..., 0][parts > 0]
    # What is filled is rounded and smoothed: back to the values that there are.
    known = np.unique(levels[~hole])
    above = np.searchsorted(known, filled).clip(1, max(1, len(known) - 1))
    if len(known) > 1:
        low, high = known[above - 1].astype(int), known[above].astype(int)
        filled = np.where(filled - low <= high - filled, low, high)
    value = np.zeros(256, alpha.dtype)
    value[levels[~hole]] = alpha[~hole]
    alpha[parts > 0] = value[filled]


def _grown(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``flags`` and their neighbours on all eight sides."""
    values = flags.view(np.uint8)
    return np.asarray(running_max(running_max(values, 1, 0), 1, 1) > 0)
