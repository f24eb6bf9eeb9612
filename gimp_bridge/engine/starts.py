"""The two starts of the coarsest level, from which search and vote go on; both go ring by ring.

``peel`` gives each pixel next to known ones the centre of the source patch that agrees best with
the known part of its own patch: Newson, Almansa, Fradet, Gousseau, Perez, "Video inpainting of
complex scenes", 2014, doi:10.1137/140954933, section 3.4.  ``fill_smoothly`` gives it their mean.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numba import njit

from gimp_bridge.engine.matching import Matching
from gimp_bridge.engine.pyramid import depth
from gimp_bridge.engine.strips import Strips

SOURCES = 6000
"""``peel`` looks at no more sources than about this, evenly spread."""
TESTS = 2_000_000
"""Nor at more pairs of a ring pixel and a source in a ring: half a second of work; it limits
thin scratches across a whole picture, whose rings are long."""


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
def _peel(
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


def peel(matching: Matching, radius: int, strips: Strips) -> None:
    """Fill the coarsest level's hole from its rim inwards."""
    level = matching.level
    deep = depth(level).reshape(-1)
    pixels = level.pixels.reshape(-1, 4)
    for turn in range(1, int(deep.max()) + 1):
        ring = np.flatnonzero(deep == turn).astype(np.int32)
        origin = np.empty_like(ring)
        looked_at = max(1, min(SOURCES, TESTS // ring.size))
        step = max(1, matching.sources.size // looked_at)
        strips.run(
            _peel, ring.size, 64,
            level.pixels, (deep < turn).view(np.uint8), level.width, level.height,
            radius, ring, matching.sources, origin, step,
        )  # fmt: skip
        pixels[ring] = pixels[origin]


def fill_smoothly(matching: Matching, _radius: int, strips: Strips) -> None:
    """Fill the coarsest level's hole ring by ring with the means of the known neighbours."""
    level = matching.level
    deep = depth(level)
    plane = level.pixels.reshape(level.height, level.width, 4)
    for turn in range(1, int(deep.max()) + 1):
        strips.check()
        rows, columns = np.nonzero(deep == turn)
        total = np.zeros((rows.size, 4), np.int64)
        count = np.zeros((rows.size, 1), np.int64)
        for dy, dx in itertools.product((-1, 0, 1), repeat=2):
            y = np.clip(rows + dy, 0, level.height - 1)
            x = np.clip(columns + dx, 0, level.width - 1)
            known = deep[y, x, None] < turn
            total += plane[y, x] * known
            count += known
        plane[rows, columns] = (total + count // 2) // count
