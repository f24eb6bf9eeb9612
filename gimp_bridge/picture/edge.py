"""Continue into the fill, for a few pixels, what the answer gets wrong right outside its edge.

Arrays only.  The surface of ``seam`` takes away what is smooth.  What is left (compression,
halved colour resolution, clipped tones, grain that the answer lacks) is alike in neighbouring
pixels, so its known part tells of the unknown one.  How much it tells is measured: as if the
hole were some pixels larger, the strip around it is foretold from what lies outside and compared
with what is there.  An answer whose errors are unlike their neighbours' is left as it is.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture.filters import running_max
from gimp_bridge.picture.noise import OPPONENT

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

DEPTH_PX = 8
"""How far the correction reaches into the hole; the strip that it is learnt on is as wide."""
# What differs by more than so many robust deviations, or levels, is another content.
_OUTLIER_DEVIATIONS, _LEAST_REACH, _MOST_REACH = 3.0, 3.0, 24.0
# A gain from so many pixels is believed by half.
_HALF_BELIEVED = 50

# The eight neighbours, (rows, columns) away; those across a corner are further off.
_DIRECTIONS = ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
_SHARES = np.array([2, 2, 2, 2, 1, 1, 1, 1], np.float32)


class Edge(NamedTuple):
    """Corrections of single pixels: where, counted row by row, rising, and what to add."""

    places: Indices  # (pixels,)
    values: Floats  # (pixels, 3), levels of 255

    def add_to(self, fill: Floats, first_row: int) -> None:
        """Add what belongs to the rows of ``fill``, (rows, width, 3), from ``first_row`` on."""
        width = fill.shape[1]
        start, end = np.searchsorted(
            self.places, (first_row * width, (first_row + len(fill)) * width)
        )
        fill.reshape(-1, 3)[self.places[start:end] - first_row * width] += self.values[start:end]


class Rings(NamedTuple):
    """Rings of pixels, one pixel wide, outward and inward from the hole's edge; places rising."""

    outward: list[Indices]
    inward: list[Indices]
    shape: tuple[int, int]


def find_rings(hole: Flags) -> Rings:
    """The rings around and inside ``hole``, bool (height, width)."""
    around = running_max(running_max(hole.view(np.uint8), 1, 0), 1, 1) > 0
    known = ~hole
    inside = running_max(running_max(known.view(np.uint8), 1, 0), 1, 1) > 0
    outward = _further(np.flatnonzero(around & known), known, DEPTH_PX + 1)
    inward = _further(np.flatnonzero(inside & hole), hole, DEPTH_PX)
    return Rings(outward, inward, (hole.shape[0], hole.shape[1]))


def continue_errors(rings: Rings, errors: list[Floats], remaining: Floats) -> Edge | None:
    """The correction of the inward rings; None where there is nothing to correct.

    ``errors``: for each outward ring, (pixels, 3), what is to be added to the answer there;
    ``remaining``: the same of the first ring, once the fill has its grain.
    """
    if not any(each.any() for each in (*errors, remaining)):
        return None
    opponent = [each @ OPPONENT.T for each in errors]
    reach = reach_of(np.concatenate(opponent))
    gains = _gains(rings, opponent, reach)
    start = remaining @ OPPONENT.T
    trust = trust_in(opponent[0], reach)
    foretold = _foretell([rings.outward[0], *rings.inward], start, trust, rings.shape)
    places = np.concatenate(rings.inward)
    values = [v * trust[:, None] * gain for (v, trust), gain in zip(foretold, gains, strict=True)]
    order = np.argsort(places)
    return Edge(places[order], np.asarray(np.concatenate(values) @ OPPONENT, np.float32)[order])


def reach_of(errors: Floats) -> Floats:
    """How far errors may go to be believed: (3,) for the channels of ``errors``, (pixels, 3)."""
    usual = 1.4826 * np.median(np.abs(errors), axis=0) if len(errors) else np.zeros(3)
    return np.clip(_OUTLIER_DEVIATIONS * usual, _LEAST_REACH, _MOST_REACH).astype(np.float32)


def trust_in(errors: Floats, reach: Floats) -> Floats:
    """1 for each pixel whose error is within ``reach`` in all channels, else 0: (pixels,)."""
    return np.asarray((np.abs(errors) <= reach).all(axis=-1), np.float32)


def _gains(rings: Rings, errors: list[Floats], reach: Floats) -> list[Floats]:
    """How much of what is foretold is true, at each depth and in each channel: (3,) each."""
    inwards, known = rings.outward[::-1], errors[::-1]
    foretold = _foretell(inwards, known[0], trust_in(known[0], reach), rings.shape)
    gains: list[Floats] = []
    most = np.ones(3, np.float32)
    for (value, trust), true in zip(foretold, known[1:], strict=True):
        weight = (trust * trust_in(true, reach))[:, None]
        right, all_of_it = (weight * value * true).sum(axis=0), (weight * value**2).sum(axis=0)
        pixels = weight.sum()
        believed = pixels / (pixels + _HALF_BELIEVED)
        most = np.clip(believed * right / np.maximum(all_of_it, 1e-6), 0, most)
        gains.append(most)
    return gains


def _foretell(
    rings: list[Indices], start: Floats, trust: Floats, shape: tuple[int, int]
) -> list[tuple[Floats, Floats]]:
    """Values and trust of each ring after the first, from its neighbours in the ring before.

    ``start``: (pixels, 3), the values of the first ring, and ``trust``: (pixels,), that in them.
    """
    values = start
    foretold = []
    number = np.full(shape[0] * shape[1] + 1, -1, np.int32)  # of each place in the ring before
    for before, ring in itertools.pairwise(rings):
        total = np.zeros((len(ring), 3), np.float32)
        weight, count = np.zeros((2, len(ring), 1), np.float32)
        number[before] = np.arange(len(before))
        for beside, share in zip(_beside(ring, shape), _SHARES, strict=True):
            if not len(before):
                continue
            at = number[beside]  # -1 beyond the edges, too: the last of them is no place
            there = share * (at >= 0)[:, None]
            heard = there * trust[at, None]
            total += heard * values[at]
            weight += heard
            count += there
        values = np.asarray(total / np.maximum(weight, 1e-6), np.float32)
        trust = np.asarray(weight / np.maximum(count, 1), np.float32)[:, 0]
        foretold.append((values, trust))
        number[before] = -1
    return foretold


def _further(first: Indices, among: Flags, count: int) -> list[Indices]:
    """``first`` and the rings after it, each of the pixels ``among`` next to the one before."""
    # By flags and not by sets of places, whose sorting took half of the whole fit.
    fresh = among.ravel().copy()
    fresh[first] = False
    found = np.zeros_like(fresh)
    rings = [first]
    while len(rings) < count:
        near = np.concatenate(_beside(rings[-1], among.shape))
        near = near[near >= 0]
        near = near[fresh[near]]
        found[near] = True
        fresh[near] = False
        rings.append(np.flatnonzero(found))
        found[near] = False
    return rings


def _beside(places: Indices, shape: tuple[int, ...]) -> list[Indices]:
    """The eight neighbours of each place: eight times (pixels,), -1 beyond the edges."""
    rows, columns = np.divmod(places, shape[1])
    neighbours = []
    for down, right in _DIRECTIONS:
        row, column = rows + down, columns + right
        inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
        neighbours.append(np.where(inside, row * shape[1] + column, -1))
    return neighbours
