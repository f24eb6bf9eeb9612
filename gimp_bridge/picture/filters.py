"""Running largest values, running means and Gaussian blur, in numpy alone.

Arrays only.  The tests hold them to the same filters of scipy.ndimage, which is not among what
users install: 139 MB, and 0.3 s to import.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_Mode = Literal["constant", "symmetric", "edge"]


def running_max(values: NDArray[np.uint8], reach_px: int, axis: int) -> NDArray[np.uint8]:
    """The largest of the values up to ``reach_px`` away along ``axis``; nothing beyond the edges.

    Spans are doubled until they are as wide as the window: log2(width) passes over all values.
    """
    lines = np.moveaxis(values, axis, 0)
    length, width = len(lines), 2 * reach_px + 1
    largest = _pad(values, reach_px, axis, "constant")
    span = 1
    while 2 * span <= width:
        largest = np.maximum(largest[:-span], largest[span:])
        span *= 2
    rest = width - span
    both = np.maximum(largest[:length], largest[rest : rest + length])
    return np.moveaxis(both, 0, axis)


def running_mean(values: Floats, width_px: int, axis: int) -> Floats:
    """The mean of the ``width_px`` (odd) values around each along ``axis``, mirrored at the edges.

    Sums of doubled spans too, so that rounding errors stay small; fastest at widths of 2^n + 1.
    """
    lines = np.moveaxis(values, axis, 0)
    sums = _pad(values, width_px // 2, axis, "symmetric")
    total = np.zeros_like(lines)
    start, span = 0, 1
    while span <= width_px:
        if width_px & span:
            total += sums[start : start + len(lines)]
            start += span
        sums = sums[:-span] + sums[span:]
        span *= 2
    total /= width_px
    return np.moveaxis(total, 0, axis)


def blur(values: Floats, sigma_px: float, radius_px: int) -> Floats:
    """``values``, (height, width), blurred by a Gaussian cut off at ``radius_px``.

    The values at the edges go on beyond them.
    """
    weights = np.exp(-0.5 * np.square(np.arange(radius_px + 1) / sigma_px)).astype(np.float32)
    weights /= weights[0] + 2 * weights[1:].sum()
    for axis in (0, 1):
        lines = np.moveaxis(values, axis, 0)
        around = _pad(values, radius_px, axis, "edge")
        total = weights[0] * lines
        for far in range(1, radius_px + 1):
            before, after = radius_px - far, radius_px + far
            both = around[before : before + len(lines)] + around[after : after + len(lines)]
            both *= weights[far]
            total += both
        values = np.moveaxis(total, 0, axis)
    return values


def fast_length(least: int) -> int:
    """The smallest length, at least ``least``, that a Fourier transform is fast at (2, 3, 5)."""
    powers = range(least.bit_length() + 1)
    odd = [int(3**three * 5**five) for three in powers for five in powers]
    # The least power of two that brings each up to ``least``.
    return min(each << (-(-least // each) - 1).bit_length() for each in odd)


def _pad(values: NDArray[Any], by: int, axis: int, mode: _Mode) -> NDArray[Any]:
    """``values`` with ``by`` more at both ends of ``axis``, which comes first in what is given.

    Padded before the axes are turned, for numpy is slow where arrays differ in their order.
    """
    padding = [(0, 0)] * values.ndim
    padding[axis] = (by, by)
    return np.moveaxis(np.pad(values, padding, mode), axis, 0)
