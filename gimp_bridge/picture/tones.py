"""Undo what a shift past black or white does to an answer's extreme tones.

Arrays only.  Where a service's colour shift ends at 0 or 255 it is cut off, so that taking the
same shift away again would leave burnt-out parts grey.  What such tones were, on average, is
read from the known pixels outside the edge, tone by tone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Levels = NDArray[np.uint8]

# Compression spreads what was cut off over the tones next to the end.
_EXTREME_LEVELS = 6
# What so many pixels say is believed by half.
_HALF_BELIEVED = 30
_MOST_CUT_OFF = 16.0


def extreme_tones(answers: Levels, errors: Floats) -> Floats | None:
    """What to add to each level of each channel, (256, 3); None where none is extreme.

    ``answers`` and ``errors``: (pixels, 3), the answer next to the hole and what is still to be
    added to it there.
    """
    # More than a shift takes away is another content, not what was cut off.
    trust = np.abs(errors).max(axis=-1, initial=0) < _MOST_CUT_OFF
    table = np.zeros((256, 3), np.float32)
    for channel, levels in enumerate(answers.T):
        count = np.bincount(levels, trust, 256)
        total = np.bincount(levels, trust * errors[:, channel], 256)
        table[:, channel] = total / (count + _HALF_BELIEVED)
    table[_EXTREME_LEVELS:-_EXTREME_LEVELS] = 0
    return table if table.any() else None
