"""Tell a regular pattern (weave, printing screen, dither) from grain.

Arrays only.  Both are fine and alike everywhere; but a pattern's power lies in few frequencies,
while that of grain is spread evenly over all of about the same fineness.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

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
    inside = ndimage.minimum_filter(where.view(np.uint8), _TILE_PX, mode="constant")
    half = _TILE_PX // 2
    corners = np.argwhere(inside[half::_STRIDE_PX, half::_STRIDE_PX]) * _STRIDE_PX
    corners = corners[:: max(1, -(-len(corners) // _MOST_TILES))]
    if not len(corners):
        return False
    span = np.arange(_TILE_PX)
    at = corners[:, 0, None, None] + span[:, None], corners[:, 1, None, None] + span
    shares = [_outstanding(tile) for tile in rgb[at].mean(axis=-1)]
    return float(np.median(shares)) > _MOST_OF_POWER


def _outstanding(tile: NDArray[np.float64]) -> float:
    """The part of a tile's power, 0..1, in frequencies that stand out among their like."""
    taper = np.outer(*[np.hanning(_TILE_PX + 2)[1:-1]] * 2)
    power = np.square(np.abs(fft.fft2((tile - tile.mean()) * taper)))
    axis = fft.fftfreq(_TILE_PX)
    frequency = np.hypot(axis[:, None], axis)
    fine = frequency >= _SLOWEST
    # Rings one and a half bins wide; the corners, where there are few bins, count as one.
    ring = np.minimum(frequency * _TILE_PX / 1.5, 0.6 * _TILE_PX / 1.5).astype(np.intp)
    typical = ndimage.median(power, ring, np.arange(ring.max() + 1))[ring]
    outstanding = power[fine & (power > _STANDS_OUT * typical)].sum()
    return float(outstanding / max(float(power[fine].sum()), 1e-9))
