"""Find out whether an answer came back moved by a pixel or less, and move it back.

Arrays only.  Models work at multiples of 8 or at sizes of their own, and what they give back may
lie half a pixel beside what they were given.  The known pixels tell by how much; after Lucas and
Kanade, "An iterative image registration technique", 1981.  In a picture without detail nothing
can be told and nothing is lost; there the answer stays where it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.picture.filters import running_max, running_mean

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Picture = NDArray[np.uint8]

_ROUNDS = 4
_LEAST_PX, _MOST_PX = 0.15, 3.0
# A move is believed where it explains so much of what differs in the known pixels.
_EXPLAINED = 0.25
# Slower than this is colour, not place.
_DETAIL_PX = 9
_FEWEST_PIXELS = 500
# The square of the slope, levels a pixel, in the direction in which there is least of it.
_LEAST_DETAIL = 0.1
_MOST_SIDE_PX = 640


class Move(NamedTuple):
    """By how many pixels the answer lies too far to the right and too low."""

    right: float
    down: float


def find_move(sent: Picture, answer: Picture, hole: Flags) -> Move | None:
    """The move of ``answer`` against ``sent``, uint8 (height, width, 3); None where none is sure.

    ``hole``: bool (height, width), what was repainted.
    """
    part = slice(0, _MOST_SIDE_PX), slice(0, _MOST_SIDE_PX)
    known = _well_inside(~hole[part])
    if np.count_nonzero(known) < _FEWEST_PIXELS:
        return None
    true, before = _detail(sent[part]), _detail(answer[part])
    seen, move = before, Move(0.0, 0.0)
    for _ in range(_ROUNDS):
        step = _step(true, seen, known)
        move = Move(move.right + step.right, move.down + step.down)
        if not _LEAST_PX <= np.hypot(*move) <= _MOST_PX:
            return None
        seen = _detail(move_back(answer[part], move))
    explained = 1 - _difference(true, seen, known) / _difference(true, before, known)
    return move if explained >= _EXPLAINED else None


def move_back(answer: Picture, move: Move) -> Picture:
    """``answer`` where it belongs; its edges go on beyond it."""
    around = int(_MOST_PX) + 1
    padded = np.pad(answer, [(around, around), (around, around), (0, 0)], "edge")
    across_down = (1, 0, move.right + around, 0, 1, move.down + around)
    return np.asarray(
        Image.fromarray(padded).transform(
            (answer.shape[1], answer.shape[0]),
            Image.Transform.AFFINE,
            across_down,
            Image.Resampling.BICUBIC,
        )
    )


def _step(true: Floats, seen: Floats, known: Flags) -> Move:
    """The move that explains most of the difference, as far as slopes tell; 0 where they do not."""
    down, right = (np.asarray(np.gradient(seen, axis=axis))[known] for axis in (0, 1))
    left_over = (true - seen)[known]
    slopes = np.stack([right, down])
    system = slopes @ slopes.T / known.sum()
    if np.linalg.eigvalsh(system)[0] < _LEAST_DETAIL:
        return Move(0.0, 0.0)
    step = np.linalg.solve(system, slopes @ left_over / known.sum())
    return Move(float(step[0]), float(step[1]))


def _difference(true: Floats, seen: Floats, known: Flags) -> float:
    """The mean square of what differs, never 0."""
    return float(np.square((true - seen)[known]).mean()) + 1e-9


def _detail(rgb: Picture) -> Floats:
    """Brightness less its mean around: (height, width)."""
    grey: Floats = rgb.mean(axis=-1, dtype=np.float32)
    return grey - running_mean(running_mean(grey, _DETAIL_PX, 0), _DETAIL_PX, 1)


def _well_inside(known: Flags) -> Flags:
    """Known pixels whose neighbours, as far as ``_detail`` and a move reach, are known too."""
    reach = _DETAIL_PX // 2 + int(_MOST_PX)
    unknown = running_max(running_max((~known).view(np.uint8), reach, 0), reach, 1) > 0
    unknown[:reach] = unknown[-reach:] = unknown[:, :reach] = unknown[:, -reach:] = True
    return np.asarray(~unknown)
