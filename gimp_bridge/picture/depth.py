"""Give an 8-bit fill the steps between its levels that a deeper layer shows.

Arrays only.  A service answers in 8 bits; in a smooth 16-bit sky its fill would stand in bands as
soon as the picture is graded.  The smoothest surface that rounds to the same 8-bit values has
no bands, and takes nothing from texture, which it cannot move by more than half a level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture.filters import running_mean

# A band is as wide as the gradient is flat: from the widest treated down to single pixels.
_WIDTHS_PX = (65, 33, 17, 9, 5, 3)
REACH_PX = 2 * sum(width // 2 for width in _WIDTHS_PX)
"""How far a pixel's neighbours have a say in it."""
# Half a level less a hair, so that rounding gives back what came.
_HALF_LEVEL = 0.499


def dequantise(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """``rgb``, uint8 (height, width, 3), as float32 levels that round to the same values."""
    levels = rgb.astype(np.float32)
    smooth = levels
    for width_px in _WIDTHS_PX:
        # Twice a running mean: the cost does not grow with the width.
        for _ in range(2):
            smooth = running_mean(running_mean(smooth, width_px, 0), width_px, 1)
        smooth = np.clip(smooth, levels - _HALF_LEVEL, levels + _HALF_LEVEL)
    return np.asarray(smooth, np.float32)
