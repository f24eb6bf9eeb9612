"""The start of the coarsest level: the hole is peeled like an onion, ring by ring.

Newson, Almansa, Fradet, Gousseau, Perez, "Video inpainting of complex scenes", 2014,
doi:10.1137/140954933, section 3.4: each pixel next to known ones takes the centre of the source
patch that agrees best with the known part of its own patch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True)
def _known_distance(
    pixels: Any, known: Any, target: int, source: int, width: int, radius: int, limit: int
) -> int:
    """Squared differences over the known pixels of the patch at ``target``."""
    total = 0
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            shift = dy * width + dx
            if known[target + shift]:
                a, b = (target + shift) * 4, (source + shift) * 4
                for k in range(4):
                    difference = np.int64(pixels[a + k]) - np.int64(pixels[b + k])
                    total += difference * difference
        if total >= limit:
            break
    return total


@njit(
    "void(uint8[::1], uint8[::1], int64, int64, int64, int32[::1], int32[::1], int32[::1],"
    " int64, int64, int64)",
    nogil=True,
    cache=True,
)
def peel(
    pixels: Any,
    known: Any,
    width: int,
    height: int,
    radius: int,
    ring: Any,
    sources: Any,
    origin: Any,
    step: int,
    start: int,
    stop: int,
) -> None:
    """Find for ring pixels ``start`` to ``stop`` the source pixel to copy, among every ``step``th.

    ``known`` is 1 where a pixel is visible or already filled.  Patches that would leave the
    picture are moved inside; ``origin`` receives the positions to copy from.
    """
    for i in range(start, stop):
        p = ring[i]
        row = min(max(p // width, radius), height - radius - 1)
        column = min(max(p % width, radius), width - radius - 1)
        target = row * width + column
        best = 1 << 40
        best_source = sources[0]
        for j in range(0, sources.size, step):
            c = _known_distance(pixels, known, target, sources[j], width, radius, best)
            if c < best:
                best, best_source = c, sources[j]
        origin[i] = best_source + p - target
