"""The state of one level: which patches look for a match, which may be one, who matches whom."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gimp_bridge.engine.pyramid import Level, depth

SAMPLED_SOURCES = 1 << 19
"""About as many sources are listed at most; 4 bytes each."""


@dataclass
class Matching:
    """Targets (patches that touch the hole) and their matches among the sources.

    Positions are flat indices into the level.  ``number`` maps a position to its target, -1
    where there is none.
    """

    level: Level
    hole: NDArray[np.int32]
    targets: NDArray[np.int32]
    is_source: NDArray[np.uint8]
    sources: NDArray[np.int32]
    """Those of ``is_source``, or an even sample of them on a large level: for random guesses."""
    number: NDArray[np.int32]
    confidence: NDArray[np.float32]
    match: NDArray[np.int32] = field(init=False)
    cost: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        self.match = np.zeros(self.targets.size, np.int32)
        self.cost = np.zeros(self.targets.size, np.int32)

    def forget(self) -> None:
        """Free what only search and vote need."""
        self.match = self.cost = self.targets = np.zeros(0, np.int32)
        self.confidence = np.zeros(0, np.float32)
        self.is_source = np.zeros(0, np.uint8)


def _touching(plane: NDArray[np.uint8], radius: int) -> NDArray[np.bool_]:
    """Tell where the patch around a pixel contains a non-zero pixel of ``plane``."""
    return ndimage.maximum_filter(plane, 2 * radius + 1, mode="constant") > 0


def prepare(level: Level, radius: int, falloff: float) -> Matching:
    """Find the level's hole, targets and sources; nothing is matched yet."""
    shape = (level.height, level.width)
    inside = np.zeros(shape, bool)
    inside[radius : level.height - radius, radius : level.width - radius] = True
    is_source = inside & ~_touching(level.barred.reshape(shape), radius)
    is_target = inside & _touching(level.hidden.reshape(shape), radius)
    targets = np.flatnonzero(is_target).astype(np.int32)
    # Odd, so that the sample does not fall into a few columns.
    step = is_source.size // SAMPLED_SOURCES * 2 + 1
    number = np.full(level.width * level.height, -1, np.int32)
    number[targets] = np.arange(targets.size, dtype=np.int32)
    hole = np.flatnonzero(level.hidden).astype(np.int32)
    deep = np.zeros(targets.size, np.int32)
    centre_in_hole = level.hidden[targets] > 0
    deep[centre_in_hole] = depth(level.hidden, level.width)[is_target.reshape(-1)[hole]]
    return Matching(
        level=level,
        hole=hole,
        targets=targets,
        is_source=is_source.reshape(-1).astype(np.uint8),
        sources=(np.flatnonzero(is_source.reshape(-1)[::step]) * step).astype(np.int32),
        number=number,
        confidence=(falloff ** -np.minimum(deep, 60).astype(np.float32)).astype(np.float32),
    )


def draw_at_random(matching: Matching, random: np.random.Generator) -> None:
    """Give every target some source."""
    matching.match = random.choice(matching.sources, matching.targets.size).astype(np.int32)


def inherit(fine: Matching, coarse: Matching, random: np.random.Generator) -> None:
    """Start from the coarser level: its matches doubled, its colours in the hole.

    Where a doubled match is no source here, or the coarser level had none, a random one serves.
    """
    draw_at_random(fine, random)
    width, height = fine.level.width, fine.level.height
    half_width, half_height = coarse.level.width, coarse.level.height

    def parent(positions: NDArray[np.int32]) -> NDArray[np.int32]:
        row = np.minimum(positions // width // 2, half_height - 1)
        return row * half_width + np.minimum(positions % width // 2, half_width - 1)

    k = coarse.number[parent(fine.targets)]
    old = coarse.match[np.maximum(k, 0)]
    row = old // half_width * 2 + (fine.targets // width & 1)
    column = old % half_width * 2 + (fine.targets % width & 1)
    doubled = np.minimum(row, height - 1) * width + np.minimum(column, width - 1)
    good = (k >= 0) & (fine.is_source[doubled] > 0)
    fine.match[good] = doubled[good]
    pixels = fine.level.pixels.reshape(-1, 4)
    pixels[fine.hole] = coarse.level.pixels.reshape(-1, 4)[parent(fine.hole)]
