"""The texture feature: how busy the neighbourhood of a pixel is, as one byte.

Newson et al. 2014 (doi:10.1137/140954933), section 3.3: without it the search at coarse levels
puts smooth patches where texture belongs, since a blurred texture is closest to a flat colour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

REACH = 8
"""Pixels of the finest level each way over which the gradient is averaged: squares of 17 x 17."""


@njit(nogil=True)
def _grey(pixels: Any, y: int, x: int) -> Any:
    return np.int64(pixels[y, x, 0]) + np.int64(pixels[y, x, 1]) + np.int64(pixels[y, x, 2])


@njit(nogil=True)
def _add_row(pixels: Any, visible: Any, y: int, sign: int, sums: Any, counts: Any) -> None:
    """Add (or with -1 subtract) row ``y``'s gradients to the sums of each column."""
    height, width = visible.shape
    if not 0 <= y < height:
        return
    for x in range(width):
        if visible[y, x]:
            here = _grey(pixels, y, x)
            right = _grey(pixels, y, min(x + 1, width - 1))
            below = _grey(pixels, min(y + 1, height - 1), x)
            sums[x] += sign * (abs(right - here) + abs(below - here))
            counts[x] += sign


@njit("void(uint8[:, :, ::1], boolean[:, ::1], float64)", nogil=True, cache=True)
def texture_feature(pixels: Any, visible: Any, weight: float) -> None:
    """Set channel 3 to the mean absolute gradient of grey around each pixel, times ``weight``.

    ``pixels`` uint8 (H, W, 4); gradients at pixels that are not ``visible``, bool (H, W), do not
    count: neither they nor their neighbours to the right and below may be hidden.
    """
    height, width = visible.shape
    sums = np.zeros(width, np.int64)
    counts = np.zeros(width, np.int64)
    for y in range(REACH):
        _add_row(pixels, visible, y, 1, sums, counts)
    for y in range(height):
        _add_row(pixels, visible, y + REACH, 1, sums, counts)
        total = count = 0
        for x in range(min(REACH, width)):
            total += sums[x]
            count += counts[x]
        for x in range(width):
            if x + REACH < width:
                total += sums[x + REACH]
                count += counts[x + REACH]
            feature = weight * total / (3 * count) if count else 0.0
            pixels[y, x, 3] = min(int(feature + 0.5), 255)
            if x >= REACH:
                total -= sums[x - REACH]
                count -= counts[x - REACH]
        _add_row(pixels, visible, y - REACH, -1, sums, counts)
