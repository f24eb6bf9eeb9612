"""The nearest-patch search: for each target patch, the source patch most like it.

Everything else knows this module only through ``rescore`` and ``improve``; another search (a
kd-tree, a hash) can take PatchMatch's place here.  PatchMatch: Barnes, Shechtman, Finkelstein,
Goldman, "PatchMatch: a randomized correspondence algorithm", 2009, doi:10.1145/1531326.1531330.

Kernels work on a range of targets, so that ranges can run on several threads: a range reads
other ranges' matches from ``before``, a copy taken before the pass, so the result does not
depend on which thread came first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from gimp_bridge.engine.patch_distance import patch_distance

_NO_LIMIT = (1 << 31) - 1


@njit(nogil=True)
def _next_random(state: Any) -> Any:
    """Xorshift of 32 bits: Marsaglia 2003, doi:10.18637/jss.v008.i14."""
    state ^= np.uint32(state << np.uint32(13))
    state ^= np.uint32(state >> np.uint32(17))
    state ^= np.uint32(state << np.uint32(5))
    return state


@njit(
    "void(uint8[::1], int64, int64, int32[::1], int32[::1], int32[::1], int64, int64)",
    nogil=True,
    cache=True,
)
def rescore(
    pixels: Any,
    width: int,
    radius: int,
    targets: Any,
    match: Any,
    cost: Any,
    start: int,
    stop: int,
) -> None:
    """Measure the matches of targets ``start`` to ``stop`` anew, after the pixels changed."""
    for k in range(start, stop):
        cost[k] = patch_distance(pixels, targets[k], match[k], width, radius, _NO_LIMIT)


@njit(
    "void(uint8[::1], uint8[::1], int64, int64, int64, int32[::1], int32[::1], int32[::1],"
    " int32[::1], int32[::1], int32[::1], boolean, int64, int64, uint32, int64, int64)",
    nogil=True,
    cache=True,
)
def improve(
    pixels: Any,
    is_source: Any,
    width: int,
    height: int,
    radius: int,
    targets: Any,
    sources: Any,
    number: Any,
    before: Any,
    match: Any,
    cost: Any,
    forward: bool,
    reach: int,
    guesses: int,
    seed: int,
    start: int,
    stop: int,
) -> None:
    """One PatchMatch pass over targets ``start`` to ``stop``: propagation, then random search.

    ``number`` maps positions to targets (-1: none).  ``reach`` is the first radius of the random
    search in pixels, halved down to 1; ``guesses`` further candidates come from all sources.
    """
    state = np.uint32(seed)
    back = -1 if forward else 1
    for i in range(stop - start):
        k = start + i if forward else stop - 1 - i
        target = targets[k]
        best = match[k]
        best_cost = cost[k]
        if best_cost == 0:
            continue
        for axis in range(2):
            shift = back if axis == 0 else back * width
            n = number[target + shift]
            if n >= 0:
                beside = match[n] if start <= n < stop else before[n]
                candidate = beside - shift
                if candidate != best and is_source[candidate]:
                    c = patch_distance(pixels, target, candidate, width, radius, best_cost)
                    if c < best_cost:
                        best, best_cost = candidate, c
        for _ in range(guesses):
            state = _next_random(state)
            candidate = sources[state % np.uint32(sources.size)]
            c = patch_distance(pixels, target, candidate, width, radius, best_cost)
            if c < best_cost:
                best, best_cost = candidate, c
        row, column = best // width, best % width
        span = reach
        while span >= 1:
            state = _next_random(state)
            y = row + np.int64(state % np.uint32(2 * span + 1)) - span
            state = _next_random(state)
            x = column + np.int64(state % np.uint32(2 * span + 1)) - span
            span >>= 1
            if y < radius or y >= height - radius or x < radius or x >= width - radius:
                continue
            candidate = y * width + x
            if candidate == best or not is_source[candidate]:
                continue
            c = patch_distance(pixels, target, candidate, width, radius, best_cost)
            if c < best_cost:
                best, best_cost, row, column = candidate, c, y, x
        match[k] = best
        cost[k] = best_cost
