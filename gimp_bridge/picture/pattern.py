"""Tell a regular pattern (weave, printing screen, dither) from grain.

Arrays only.  Both are fine and alike everywhere; but a pattern's power lies in few frequencies,
while that of grain is spread evenly over all of about the same fineness.
"""

from __future__ import annotations

import numpy as np
from numpy import fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_TILE_PX, _STRIDE_PX = 48, 8
_MOST_TILES = 40
# Slower than this, cycles a pixel, there is shading, whose power lies in few frequencies too.
_SLOWEST = 0.09
# In one tile of noise 1 % of the frequencies exceed the median so far, with 8 % of the power;
# in patterns such frequencies have nearly all of it, in photographs a tenth to a half.
_STANDS_OUT, _MOST_OF_POWER = 6.0, 0.6


def is_regular(rgb: NDArray[np.uint8], where: NDArray[np.bool_]) -> bool:
    """Whether ``rgb``, (height, width, 3), is a regular pattern ``where``, bool (height, width).

    False where no tile of 48 px fits in.
    """
    corners = _corners(where)
    corners = corners[:: max(1, -(-len(corners) // _MOST_TILES))]
    if not len(corners):
        return False
    span = np.arange(_TILE_PX)
    at = corners[:, 0, None, None] + span[:, None], corners[:, 1, None, None] + span
    return float(np.median(_outstanding(rgb[at].mean(axis=-1)))) > _MOST_OF_POWER


def _corners(where: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(row, column) of the first pixel of each tile wholly inside: (tiles, 2)."""
    rows, columns = (side // _STRIDE_PX for side in where.shape)
    whole = where[: rows * _STRIDE_PX, : columns * _STRIDE_PX]
    cells = np.asarray(whole.reshape(rows, _STRIDE_PX, columns, _STRIDE_PX).all(axis=(1, 3)))
    side = _TILE_PX // _STRIDE_PX
    if min(cells.shape) < side:
        return np.empty((0, 2), np.intp)
    for axis in (0, 1):
        cells = np.asarray(sliding_window_view(cells, side, axis=axis).all(axis=-1))
    return np.argwhere(cells) * _STRIDE_PX


def _outstanding(tiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of each tile's power, 0..1, in frequencies that stand out among their like."""
    taper = np.outer(*[np.hanning(_TILE_PX + 2)[1:-1]] * 2)
    flat = tiles - tiles.mean(axis=(1, 2), keepdims=True)
    power = np.square(np.abs(fft.fft2(flat * taper))).reshape(len(tiles), -1)
    axis = fft.fftfreq(_TILE_PX)
    frequency = np.hypot(axis[:, None], axis).ravel()
    fine = frequency >= _SLOWEST
    # Rings one and a half bins wide; the corners, where there are few bins, count as one.
    ring = np.minimum(frequency * _TILE_PX / 1.5, 0.6 * _TILE_PX / 1.5).astype(np.intp)
    typical = np.empty_like(power)
    for each in np.unique(ring):
        typical[:, ring == each] = np.median(power[:, ring == each], axis=1, keepdims=True)
    outstanding = np.where(fine & (power > _STANDS_OUT * typical), power, 0).sum(axis=-1)
    shares: NDArray[np.float64] = outstanding / np.maximum(power[:, fine].sum(axis=-1), 1e-9)
    return shares
