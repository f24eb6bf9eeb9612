"""The state of one level: which patches look for a match, which may be one, who matches whom."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.engine.morphology import distance
from gimp_bridge.engine.pyramid import IN_HOLE, Level, depth

SAMPLED_SOURCES = 1 << 19
"""About as many sources are listed at most; 4 bytes each."""
AT_A_TIME = 1 << 17
"""Positions that the array steps work through at a time: their 64-bit indices stay few."""


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
    match: NDArray[np.int32] = field(init=False)
    cost: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        self.match = np.zeros(self.targets.size, np.int32)
        self.cost = np.zeros(self.targets.size, np.int32)

    def forget(self) -> None:
        """Free what only search and vote need."""
        self.match = self.cost = self.targets = np.zeros(0, np.int32)
        self.is_source = np.zeros(0, np.uint8)


def _positions(plane: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Flat indices of what is set in ``plane``, bool (H, W)."""
    flat = plane.reshape(-1)
    found = np.empty(np.count_nonzero(flat), np.int32)
    end = 0
    for start in range(0, flat.size, 4 * AT_A_TIME):
        part = np.flatnonzero(flat[start : start + 4 * AT_A_TIME])
        found[end : end + part.size] = part + start
        end += part.size
    return found


def prepare(level: Level, radius: int) -> Matching:
    """Find the level's hole, targets and sources; nothing is matched yet."""
    shape = (level.height, level.width)
    inside = np.zeros(shape, bool)
    inside[radius : level.height - radius, radius : level.width - radius] = True
    is_target = distance(level.hidden.reshape(shape)) <= radius
    if level.barred is not level.hidden:
        # What is thin is seen on a coarse level, but must be matched for the finer ones.
        is_target |= distance((level.barred & IN_HOLE).reshape(shape)) < radius
    is_target &= inside
    targets = _positions(is_target)
    del is_target
    number = np.full(level.width * level.height, -1, np.int32)
    number[targets] = np.arange(targets.size, dtype=np.int32)
    is_source = distance(level.barred.reshape(shape)) > radius
    is_source &= inside
    # Odd, so that the sample does not fall into a few columns.
    step = is_source.size // SAMPLED_SOURCES * 2 + 1
    return Matching(
        level=level,
        hole=_positions(level.hidden.reshape(shape) > 0),
        targets=targets,
        is_source=is_source.reshape(-1).view(np.uint8),
        sources=(np.flatnonzero(is_source.reshape(-1)[::step]) * step).astype(np.int32),
        number=number,
    )


def confidence(matching: Matching, falloff: float) -> NDArray[np.float32]:
    """``falloff`` to the power of minus the depth in the hole, for each target."""
    deep = depth(matching.level).reshape(-1)[matching.targets]
    power = (falloff ** -np.arange(61, dtype=np.float32)).astype(np.float32)
    return power[np.minimum(deep, 60)]


def draw_at_random(matching: Matching, random: np.random.Generator) -> None:
    """Give every target some source."""
    for start in range(0, matching.targets.size, AT_A_TIME):
        part = matching.match[start : start + AT_A_TIME]
        part[:] = random.choice(matching.sources, part.size)


def inherit(fine: Matching, coarse: Matching, random: np.random.Generator) -> None:
    """Start from the coarser level's matches, doubled.

    Where a doubled match is no source here, or the coarser level had none, a random one serves.
    """
    draw_at_random(fine, random)
    width, height = fine.level.width, fine.level.height
    half_width, half_height = coarse.level.width, coarse.level.height
    for start in range(0, fine.targets.size, AT_A_TIME):
        targets = fine.targets[start : start + AT_A_TIME]
        row, column = targets // width, targets % width
        half_row = np.minimum(row // 2, half_height - 1)
        half_column = np.minimum(column // 2, half_width - 1)
        k = coarse.number[half_row * half_width + half_column]
        old = coarse.match[np.maximum(k, 0)]
        row = np.minimum(old // half_width * 2 + (row & 1), height - 1)
        column = np.minimum(old % half_width * 2 + (column & 1), width - 1)
        doubled = row * width + column
        good = (k >= 0) & (fine.is_source[doubled] > 0)
        fine.match[start : start + AT_A_TIME][good] = doubled[good]
