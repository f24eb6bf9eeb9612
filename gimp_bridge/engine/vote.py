"""The vote: every hole pixel is re-estimated from the source patches laid over it.

Wexler, Shechtman, Irani, "Space-time completion of video", 2007, doi:10.1109/TPAMI.2007.60:
the weighted mean of all patches' opinions (``soft``), weight exp(-cost / 2 sigma).  The last
vote copies whole pixels from the best patch (``hard``), which keeps texture sharp.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(
    "float64(uint8[::1], int64, int64, int64, int32[::1], int32[::1], int32[::1], float32[::1],"
    " int64, int64)",
    nogil=True,
    cache=True,
)
def soft(
    pixels: Any,
    width: int,
    height: int,
    radius: int,
    hole: Any,
    number: Any,
    match: Any,
    weight: Any,
    start: int,
    stop: int,
) -> float:
    """Replace hole pixels ``start`` to ``stop`` by the weighted mean; returns the summed change.

    ``hole`` lists the hole's positions.  Sources never lie in the hole, so writing in place
    changes nothing another pixel reads.
    """
    change = 0.0
    for i in range(start, stop):
        p = hole[i]
        row, column = p // width, p % width
        red = green = blue = feature = total = np.float32(0)
        for dy in range(max(-radius, row - height + 1), min(radius, row) + 1):
            for dx in range(max(-radius, column - width + 1), min(radius, column) + 1):
                shift = dy * width + dx
                n = number[p - shift]
                if n < 0:
                    continue
                w = weight[n]
                s = (match[n] + shift) * 4
                red += w * np.float32(pixels[s])
                green += w * np.float32(pixels[s + 1])
                blue += w * np.float32(pixels[s + 2])
                feature += w * np.float32(pixels[s + 3])
                total += w
        if total > 0:
            q = p * 4
            scale = np.float32(1) / total
            for k, value in enumerate((red, green, blue, feature)):
                new = int(value * scale + np.float32(0.5))
                if k < 3:
                    change += abs(new - np.int64(pixels[q + k]))
                pixels[q + k] = min(new, 255)
    return change


@njit(
    "void(uint8[::1], int64, int64, int64, int32[::1], int32[::1], int32[::1], int32[::1],"
    " float32[::1], int32[::1], int64, int64)",
    nogil=True,
    cache=True,
)
def hard(
    pixels: Any,
    width: int,
    height: int,
    radius: int,
    hole: Any,
    number: Any,
    match: Any,
    cost: Any,
    window: Any,
    origin: Any,
    start: int,
    stop: int,
) -> None:
    """Copy hole pixels ``start`` to ``stop`` from the cheapest patch over each.

    ``window`` raises a patch's cost with the distance of the pixel from its centre.  ``origin``
    receives the source position of each hole pixel, -1 where no patch covers it.
    """
    side = 2 * radius + 1
    for i in range(start, stop):
        p = hole[i]
        row, column = p // width, p % width
        best = np.float32(np.inf)
        best_origin = -1
        for dy in range(max(-radius, row - height + 1), min(radius, row) + 1):
            for dx in range(max(-radius, column - width + 1), min(radius, column) + 1):
                shift = dy * width + dx
                n = number[p - shift]
                if n < 0:
                    continue
                c = np.float32(cost[n] + 1) * window[(dy + radius) * side + dx + radius]
                if c < best:
                    best, best_origin = c, match[n] + shift
        origin[i] = best_origin
        if best_origin >= 0:
            for k in range(4):
                pixels[p * 4 + k] = pixels[best_origin * 4 + k]
