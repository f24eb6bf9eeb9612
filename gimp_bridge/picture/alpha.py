"""Transparency is repaired like a colour: in the hole is what its surroundings say.

Arrays only, on the worker's side of the pipe.  Nothing around, nothing in the hole; alike all
around, alike in the hole; and where an outline runs into the hole it is continued.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture.filters import blur, running_max
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask, trim
from gimp_bridge.picture.parts import find_parts
from gimp_bridge.picture.spread import spread
from gimp_bridge.picture.upload import as_uint8

Fill = Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.uint8]]
"""Fills a picture, uint8 (h, w, 3), where a mask, uint8 (h, w), is > 0."""

# So far around a hole its transparency is looked at, and so much of that may be between the
# extremes where it is the soft outline of a shape.
_RING_PX, _SOFT_SHARE, _NEAR_PX = 24, 0.3, 64
_BLURS_PX, _ROUNDS = (16, 8, 4, 2, 1), 40
_SOFTNESS_PX = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)


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
    """Continue ``alpha`` in place into ``parts`` of the ``hole``, an outline or a texture."""
    levels = as_uint8(alpha)
    near = trim(Mask(Box(0, 0, hole.shape[1], hole.shape[0]), parts)).box
    near = near.pad(_NEAR_PX).clamp(Box(0, 0, hole.shape[1], hole.shape[0]))
    outline = _outline(levels[near.slices()], hole[near.slices()])
    if outline is None:
        grey = np.repeat(levels[..., None], 3, axis=2)
        filled = fill(grey, hole * np.uint8(255))[..., 0]
    else:
        filled = levels.copy()
        filled[near.slices()] = outline
    known = np.unique(levels[~hole])
    value = np.zeros(256, alpha.dtype)
    value[levels[~hole]] = alpha[~hole]
    alpha[parts > 0] = value[_nearest(known, filled[parts > 0])]


def _outline(levels: NDArray[np.uint8], hole: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
    """``levels`` with a shape's outline drawn through the hole; None where it is no plain shape.

    The shortest outline, by threshold dynamics (Merriman, Bence and Osher, 1992): blurred and cut
    at one half in turn, with ever finer blurs.  Then as soft as the outline is elsewhere.
    """
    ring = running_max(running_max(hole.view(np.uint8), _RING_PX, 0), _RING_PX, 1) > 0
    around = levels[ring & ~hole].astype(int)
    low, high = around.min(), around.max()
    inside = around > low + 0.1 * (high - low)
    if (inside & (around < high - 0.1 * (high - low))).mean() > _SOFT_SHARE:
        return None
    solid = ((levels > (low + high) / 2) & ~hole).astype(np.float32)
    known = (~hole).astype(np.float32)
    shape = np.where(hole, spread(solid[..., None], known)[..., 0] > 0.5, solid > 0)
    for sigma in _BLURS_PX:
        for _ in range(_ROUNDS):
            before, blurred = shape, blur(shape.astype(np.float32), sigma, 3 * sigma)
            shape = np.where(hole, blurred > 0.5 + 1e-4, shape)
            if np.array_equal(before, shape):
                break
    softest = min(
        (_softened(shape, sigma, low, high) for sigma in _SOFTNESS_PX),
        key=lambda soft: np.abs(soft[ring & ~hole] - around).sum(),
    )
    return np.rint(softest).astype(np.uint8)


def _softened(shape: NDArray[np.bool_], sigma: float, low: int, high: int) -> NDArray[np.float32]:
    solid = shape.astype(np.float32)
    if sigma:
        solid = blur(solid, sigma, max(1, round(3 * sigma)))
    return np.asarray(low + (high - low) * solid, np.float32)


def _nearest(known: NDArray[np.uint8], values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each of ``values`` as the nearest of ``known``, which are sorted: no new ones are made."""
    above = np.searchsorted(known, values).clip(0, len(known) - 1)
    low, high = known[np.maximum(above - 1, 0)].astype(int), known[above].astype(int)
    below = np.abs(values - low) < np.abs(high - values)
    return np.asarray(np.where(below, low, high), np.uint8)


def _grown(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``flags`` and their neighbours on all eight sides."""
    values = flags.view(np.uint8)
    return np.asarray(running_max(running_max(values, 1, 0), 1, 1) > 0)
