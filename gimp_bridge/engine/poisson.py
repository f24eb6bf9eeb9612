"""The seam: colours are shifted smoothly so that copied pieces meet without a visible edge.

Screened Poisson equation (Perez, Gangnet, Blake, "Poisson image editing", 2003,
doi:10.1145/882262.882269; screening: Bhat et al. 2008): minimise, over the hole's pixels x,

    sum |grad x - g|^2 + screening * sum |x - copied|^2

where g is the gradient at the place each pixel was copied from and x meets the visible rim.
Solved by red-black successive over-relaxation, in bands of the hole: the screening lets a colour
be felt over 1 / sqrt(screening) = 32 px only, so a band that looks on below itself comes out as
the whole would, and its unknowns, 60 bytes each, stay few.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gimp_bridge.engine.matching import Matching
from gimp_bridge.engine.parameters import Parameters
from gimp_bridge.engine.strips import GRAIN, Strips

BAND = 1 << 19
"""Unknowns of the seams' equation that are settled at a time: 32 MB."""
OVERLAP = 64
"""Rows that a band looks on below itself; twice the length over which a colour is felt."""


@njit(nogil=True)
def _step_between(
    pixels: Any,
    is_hidden: Any,
    width: int,
    height: int,
    a: int,
    shift: int,
    dy: int,
    dx: int,
    k: int,
) -> tuple[int, int]:
    """(1, value at ``a`` minus value at a + shift) in channel k, or (0, 0) where not visible."""
    if a < 0:
        return 0, 0
    y, x = a // width + dy, a % width + dx
    if y < 0 or y >= height or x < 0 or x >= width or is_hidden[a + shift]:
        return 0, 0
    return 1, np.int64(pixels[a * 4 + k]) - np.int64(pixels[(a + shift) * 4 + k])


@njit(
    "void(uint8[::1], uint8[::1], int64, int64, int32[::1], int32[::1], int32[::1], float64,"
    " int64, int64, float32[:, ::1], int32[:, ::1], float32[:, ::1], int64, int64)",
    nogil=True,
    cache=True,
)
def _prepare(
    pixels: Any,
    is_hidden: Any,
    width: int,
    height: int,
    hole: Any,
    hole_number: Any,
    origin: Any,
    screening: float,
    first: int,
    last: int,
    right_side: Any,
    beside: Any,
    value: Any,
    start: int,
    stop: int,
) -> None:
    """Set up equations ``start`` to ``stop`` of the band, hole pixels ``first`` to ``last``.

    ``beside`` receives the 4 neighbours' places in the band: -1 where a neighbour's colour is
    given, being visible or of another band, -2 outside the picture.
    """
    for i in range(start, stop):
        me = first + i
        p = hole[me]
        row, column = p // width, p % width
        for k in range(3):
            value[i, k] = pixels[p * 4 + k]
            right_side[i, k] = screening * value[i, k]
        for side in range(4):
            dy = (-1, 0, 0, 1)[side]
            dx = (0, -1, 1, 0)[side]
            if not (0 <= row + dy < height and 0 <= column + dx < width):
                beside[i, side] = -2
                continue
            shift = dy * width + dx
            j = hole_number[p + shift]
            is_unknown = first <= j < last
            beside[i, side] = j - first if is_unknown else -1
            for k in range(3):
                count, step = _step_between(
                    pixels, is_hidden, width, height, origin[me], shift, dy, dx, k
                )
                if j >= 0:
                    more, back = _step_between(
                        pixels, is_hidden, width, height, origin[j], -shift, -dy, -dx, k
                    )
                    count += more
                    step -= back
                if not is_unknown:
                    right_side[i, k] += pixels[(p + shift) * 4 + k]
                if count:
                    right_side[i, k] += step / count


@njit(
    "void(float32[:, ::1], int32[:, ::1], float32[:, ::1], int32[::1], float64, float64,"
    " int64, int64)",
    nogil=True,
    cache=True,
)
def _relax(
    right_side: Any,
    beside: Any,
    value: Any,
    colour: Any,
    screening: float,
    over: float,
    start: int,
    stop: int,
) -> None:
    """One over-relaxed half sweep over the hole pixels listed in ``colour`` (red or black)."""
    factor = np.float32(over)
    for c in range(start, stop):
        i = colour[c]
        red = right_side[i, 0]
        green = right_side[i, 1]
        blue = right_side[i, 2]
        count = 0
        for side in range(4):
            j = beside[i, side]
            if j >= 0:
                red += value[j, 0]
                green += value[j, 1]
                blue += value[j, 2]
            if j > -2:
                count += 1
        scale = np.float32(1.0 / (count + screening))
        value[i, 0] += factor * (red * scale - value[i, 0])
        value[i, 1] += factor * (green * scale - value[i, 1])
        value[i, 2] += factor * (blue * scale - value[i, 2])


def remove_seams(
    matching: Matching,
    origin: NDArray[np.int32],
    parameters: Parameters,
    strips: Strips,
) -> None:
    """Solve the screened Poisson equation over the hole; ends the matching's life."""
    level, hole = matching.level, matching.hole
    matching.forget()
    hole_number = matching.number  # taken over: no target is asked for any more
    hole_number.fill(-1)
    hole_number[hole] = np.arange(hole.size, dtype=np.int32)
    pixels = level.pixels.reshape(-1, 4)
    first = 0
    while first < hole.size:
        stop = min(first + BAND, hole.size)
        beyond = (hole[stop - 1] // level.width + 1 + OVERLAP) * level.width
        last = int(np.searchsorted(hole, beyond))
        if last == hole.size:
            stop = last
        value = _relax_band(matching, origin, hole_number, first, last, parameters, strips)
        pixels[hole[first:stop], :3] = value[: stop - first]
        first = stop


def _relax_band(
    matching: Matching,
    origin: NDArray[np.int32],
    hole_number: NDArray[np.int32],
    first: int,
    last: int,
    parameters: Parameters,
    strips: Strips,
) -> NDArray[np.uint8]:
    """Colours of hole pixels ``first`` to ``last``, uint8 (last - first, 3)."""
    level, size = matching.level, last - first
    right_side = np.zeros((size, 3), np.float32)
    value = np.zeros((size, 3), np.float32)
    beside = np.zeros((size, 4), np.int32)
    strips.run(
        _prepare, size, GRAIN,
        level.pixels, level.hidden, level.width, level.height, matching.hole, hole_number, origin,
        parameters.screening, first, last, right_side, beside, value,
    )  # fmt: skip
    places = matching.hole[first:last]
    parity = (places // level.width + places % level.width) & 1
    colours = [np.flatnonzero(parity == side).astype(np.int32) for side in (0, 1)]
    for _sweep in range(parameters.seam_sweeps):
        for colour in colours:
            strips.run(
                _relax, colour.size, 8 * GRAIN,
                right_side, beside, value, colour, parameters.screening,
                parameters.over_relaxation,
            )  # fmt: skip
    np.clip(np.rint(value, out=value), 0, 255, out=value)
    return value.astype(np.uint8)
