"""Prepare what is sent: 8-bit sRGB without hidden colours, scaled where it must be, and its mask.

Arrays only, on the worker's side of the pipe.  What cannot be seen in the image must never
leave the machine: the colour under a fully transparent pixel is replaced, not sent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import binarise
from gimp_bridge.picture.spread import spread


def to_srgb8(pixels: NDArray[Any], removal: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """The picture to send, uint8 (height, width, 3), from a window's pixels.

    ``pixels``: (height, width, 3), or 4 with straight alpha, in perceptual sRGB; uint8, uint16,
    or float32 with 1.0 = white.  ``removal``: uint8 (height, width), > 0 where the object is that
    is to go.  Where alpha rounds to 0 of 255 the colour is made up from the visible pixels
    around it, never from the object; elsewhere it is sent as it is.  All is black where nothing
    but the object is visible.
    """
    rgb: NDArray[np.uint8] = as_uint8(pixels[..., :3])
    if pixels.shape[2] == 3:
        return rgb
    hidden = as_uint8(pixels[..., 3]) == 0
    if not hidden.any():
        return rgb
    usable = ~hidden if removal is None else ~hidden & (removal == 0)
    if not usable.any():
        return np.zeros_like(rgb)
    filled = spread(rgb.astype(np.float32), usable.astype(np.float32))
    seen: NDArray[np.uint8] = np.where(hidden[..., None], np.rint(filled).astype(np.uint8), rgb)
    return seen


def with_alpha(pixels: NDArray[Any]) -> NDArray[Any]:
    """A copy of ``pixels``, (height, width, 3 or 4), with a fourth channel; a new one is opaque."""
    height, width, channels = pixels.shape
    if channels == 4:
        return np.array(pixels)
    opaque = 1 if np.issubdtype(pixels.dtype, np.floating) else np.iinfo(pixels.dtype).max
    rgba = np.full((height, width, 4), opaque, pixels.dtype)
    rgba[..., :3] = pixels
    return rgba


def veil(pixels: NDArray[Any], shown: NDArray[np.uint8]) -> NDArray[Any]:
    """``pixels`` (h, w, 3 or 4) as (h, w, 4), with alpha lessened to what a layer mask shows.

    ``shown``: uint8 (h, w), 255 = all of it.  Same dtype as ``pixels``.
    """
    veiled = with_alpha(pixels)
    alpha = veiled[..., 3] * (shown / 255.0)
    veiled[..., 3] = alpha if np.issubdtype(pixels.dtype, np.floating) else np.rint(alpha)
    return veiled


def as_uint8(values: NDArray[Any]) -> NDArray[np.uint8]:
    """``values`` in any of the three precisions, rounded to uint8; what is no number becomes 0."""
    if values.dtype == np.uint8:
        return np.array(values, np.uint8)
    if values.dtype == np.uint16:
        # 65535 = 257 * 255, so this rounds to the nearest.
        return np.asarray((values.astype(np.uint32) + 128) // 257, np.uint8)
    # In place from here on: a window of floats is large.
    levels = np.nan_to_num(values)
    np.clip(levels, 0.0, 1.0, out=levels)
    levels *= 255
    return np.asarray(np.rint(levels, out=levels), np.uint8)


def scale_picture(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """``rgb``, uint8 (height, width, 3), resampled to ``size`` (width, height)."""
    if size == (rgb.shape[1], rgb.shape[0]):
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def enlarge(rgb: NDArray[np.uint8], size: tuple[int, int], part: Box) -> NDArray[np.uint8]:
    """The ``part`` of ``rgb``, uint8 (height, width, 3), enlarged to ``size`` (width, height).

    Any parts together are what the whole would be: neighbours beyond the part have their say.
    """
    across, down = rgb.shape[1] / size[0], rgb.shape[0] / size[1]
    place = (part.x * across, part.y * down, part.right * across, part.bottom * down)
    # What is far from the part would only be converted in vain.
    first, last = max(0, int(place[1]) - 4), int(place[3]) + 5
    rows = Image.fromarray(rgb[first:last])
    place = (place[0], place[1] - first, place[2], min(place[3] - first, rows.height))
    part_size = (part.width, part.height)
    return np.asarray(rows.resize(part_size, Image.Resampling.LANCZOS, box=place))


def scale_removal(coverage: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The mask to send, 0 or 255 in ``size`` (width, height): 255 wherever any pixel under it is.

    ``coverage``: uint8 (height, width) of the window.
    """
    removal = binarise(coverage)
    if size == (removal.shape[1], removal.shape[0]):
        return removal
    return _shrink(_shrink(removal, size[1], axis=0), size[0], axis=1)


def _shrink(values: NDArray[np.uint8], length: int, axis: int) -> NDArray[np.uint8]:
    """The largest of the values that each of ``length`` results lies over, even in part."""
    before = values.shape[axis]
    results = np.arange(length)
    first = results * before // length
    last = -(-(results + 1) * before // length) - 1
    largest: NDArray[np.uint8] = values.take(first, axis=axis)
    for further in range(1, int((last - first).max()) + 1):
        np.maximum(largest, values.take(np.minimum(first + further, last), axis), out=largest)
    return largest
