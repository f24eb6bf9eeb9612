"""Spread known values smoothly over the unknown: a convolution pyramid.

Arrays only.  The values are averaged down by powers of two where they are known, and flow back
up into the gaps: O(pixels), deterministic, and no value outside the range of the known ones.
After Gortler, Grzeszczuk, Szeliski and Cohen, "The Lumigraph", 1996 (pull-push),
doi:10.1145/237170.237200.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def spread(values: Floats, weight: Floats) -> Floats:
    """``values`` where ``weight`` is 1, and what flows in from around where it is 0.

    ``values``: float32 (height, width, channels); ``weight``: float32 (height, width), 0..1, the
    confidence in each pixel, at least one of them > 0.
    """
    if weight.min() >= 1 or weight.size == 1:
        return values
    from_around = _up(spread(*_down(values, weight)), weight.shape)
    share = weight[..., None]
    blended: Floats = share * values + (1 - share) * from_around
    return blended


def _down(values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Half the size, each 2 x 2 averaged by weight; weights add up, to at most 1."""
    odd = [(0, side % 2) for side in weight.shape]
    weight = np.pad(weight, odd)
    values = np.pad(values, [*odd, (0, 0)])
    total = _sum_blocks(weight[..., None])
    average = _sum_blocks(values * weight[..., None]) / np.maximum(total, np.float32(1e-12))
    return average, np.minimum(total[..., 0], np.float32(1))


def _sum_blocks(values: Floats) -> Floats:
    rows = values[0::2] + values[1::2]
    blocks: Floats = rows[:, 0::2] + rows[:, 1::2]
    return blocks


def _up(values: Floats, shape: tuple[int, ...]) -> Floats:
    """Twice the size by linear interpolation, cut to ``shape``."""
    for axis in (0, 1):
        values = _double(values, axis)
    return values[: shape[0], : shape[1]]


def _double(values: Floats, axis: int) -> Floats:
    values = np.moveaxis(values, axis, 0)
    padded = np.concatenate([values[:1], values, values[-1:]])
    near = np.float32(0.75) * values
    doubled = np.empty((2 * len(values), *values.shape[1:]), np.float32)
    doubled[0::2] = near + np.float32(0.25) * padded[:-2]
    doubled[1::2] = near + np.float32(0.25) * padded[2:]
    return np.moveaxis(doubled, 0, axis)
