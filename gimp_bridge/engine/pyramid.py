"""The pyramid: one window at halved and halved again resolution, down to a thin hole."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gimp_bridge.engine.morphology import distance
from gimp_bridge.engine.parameters import Parameters
from gimp_bridge.engine.texture import texture_feature

IN_HOLE, EXCLUDED = np.uint8(1), np.uint8(2)
THIN = 3
"""A hole at most this many rings deep needs no coarser level."""


class Level(NamedTuple):
    """One resolution of the window; arrays are flat, row by row."""

    width: int
    height: int
    pixels: NDArray[np.uint8]
    """(height * width * 4): red, green, blue, texture feature."""
    hidden: NDArray[np.uint8]
    """(height * width): 1 in the hole."""
    barred: NDArray[np.uint8]
    """(height * width): where no source may be: bits ``IN_HOLE`` (in part) and ``EXCLUDED``."""


@njit(
    "void(uint8[::1], uint8[::1], uint8[::1], int64, uint8[::1], uint8[::1], uint8[::1], int64,"
    " int64, int64)",
    nogil=True,
    cache=True,
)
def halve(
    pixels: Any,
    hidden: Any,
    barred: Any,
    width: int,
    half_pixels: Any,
    half_hidden: Any,
    half_barred: Any,
    half_width: int,
    start: int,
    stop: int,
) -> None:
    """Rows ``start`` to ``stop`` of the next level: means of the visible ones of each 2 x 2 pixels.

    A coarse pixel is hidden when all of its four are, barred when any of them is.
    """
    for y in range(start, stop):
        for x in range(half_width):
            corner = 2 * y * width + 2 * x
            out = y * half_width + x
            seen = 0
            red = green = blue = feature = 0
            is_barred = 0
            for k in range(4):
                p = corner + (k >> 1) * width + (k & 1)
                is_barred |= barred[p]
                if not hidden[p]:
                    seen += 1
                    red += np.int64(pixels[p * 4])
                    green += np.int64(pixels[p * 4 + 1])
                    blue += np.int64(pixels[p * 4 + 2])
                    feature += np.int64(pixels[p * 4 + 3])
            half_hidden[out] = seen == 0
            half_barred[out] = is_barred
            if seen:
                half_pixels[out * 4] = (red + seen // 2) // seen
                half_pixels[out * 4 + 1] = (green + seen // 2) // seen
                half_pixels[out * 4 + 2] = (blue + seen // 2) // seen
                half_pixels[out * 4 + 3] = (feature + seen // 2) // seen


def depth(level: Level) -> NDArray[np.uint16]:
    """Chessboard distance of each pixel to the nearest visible one, (H, W); 0 where visible."""
    visible = (level.hidden == 0).view(np.uint8)
    return distance(visible.reshape(level.height, level.width))


def finest(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    barred: NDArray[np.bool_] | None,
    weight: float,
) -> Level:
    """Make the window itself a level; what is under the mask is replaced by 0 before anything."""
    height, width = mask.shape
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., :3] = image
    pixels[mask] = 0
    hidden = np.ascontiguousarray(mask).view(np.uint8)
    texture_feature(pixels, distance(hidden) > 1, weight)
    return Level(
        width,
        height,
        pixels.reshape(-1),
        hidden.reshape(-1),
        (hidden if barred is None else hidden | barred * EXCLUDED).reshape(-1),
    )


def _half(level: Level) -> Level:
    width, height = level.width // 2, level.height // 2
    size = width * height
    half = Level(
        width,
        height,
        np.zeros(size * 4, np.uint8),
        np.zeros(size, np.uint8),
        np.zeros(size, np.uint8),
    )
    halve(
        level.pixels, level.hidden, level.barred, level.width,
        half.pixels, half.hidden, half.barred, width, 0, height,
    )  # fmt: skip
    return half


def build(level: Level, parameters: Parameters) -> list[Level]:
    """Levels from the finest to the coarsest: until the hole is thin or the picture small."""
    levels = [level]
    smallest = 6 * (2 * parameters.radius + 1)
    while True:
        last = levels[-1]
        if min(last.width, last.height) < smallest or depth(last).max() <= THIN:
            return levels
        levels.append(_half(last))
