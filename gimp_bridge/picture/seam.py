"""The shift between what was sent and what came back, as a smooth surface over the hole.

Arrays only.  A service changes known pixels too: a colour shift, a gradient, compression.  On
the known ring around the hole the difference is measured; inside, it is continued as a membrane
(the harmonic surface through the ring's values), so that the fill meets its surroundings without
a step and without being blurred.  After Perez, Gangnet and Blake, "Poisson Image Editing", 2003,
doi:10.1145/882262.882269; the ring is made robust first, since a leftover of the object or a
repainted rim on it would be smeared over the whole fill.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture.filters import running_max
from gimp_bridge.picture.membrane import solve_membrane
from gimp_bridge.picture.spread import spread

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

# How far from the hole known pixels are compared.
RING_PX = 32
# The surface is solved on cells of this side: a compression block, so its noise averages out.
_CELL_PX = 8
# Larger holes get larger cells, so that the solver's time stays bounded.
_MOST_CELLS = 20_000
# Cells further off than so many robust deviations (and levels at least) are outliers.
_OUTLIER_DEVIATIONS, _LEAST_DEVIATION = 3.0, 0.5
_ROUNDS = 4


class Surface(NamedTuple):
    """The shift as values in cell centres, (rows, columns, 3) in levels of 255; smooth between."""

    values: Floats
    side_px: int

    def at(self, rows: slice, width: int) -> Floats:
        """What to add to the pixel rows from ``rows.start``: float32 (rows, ``width``, 3)."""
        high = _between(self.values, np.arange(rows.start, rows.stop), self.side_px)
        across = _between(high.transpose(1, 0, 2), np.arange(width), self.side_px)
        return np.asarray(across.transpose(1, 0, 2))

    def at_places(self, places: NDArray[np.intp], width: int) -> Floats:
        """The same at single pixels of a box of ``width``, counted row by row: (pixels, 3)."""
        rows, columns = np.divmod(places, width)
        row, below, down = _neighbours(rows, len(self.values), self.side_px)
        column, beside, right = _neighbours(columns, self.values.shape[1], self.side_px)
        high = self.values[row, column] * (1 - down) + self.values[below, column] * down
        low = self.values[row, beside] * (1 - down) + self.values[below, beside] * down
        return np.asarray(high * (1 - right) + low * right, np.float32)


class _Cells(NamedTuple):
    """The window in cells: what the shift is in each, how sure that is, where it is wanted."""

    shift: Doubles  # (rows, columns, 3), levels of 255
    trust: Doubles  # (rows, columns), 0..1, the part of the cell that is known ring
    wanted: Flags  # (rows, columns), ring and hole
    side_px: int


def membrane(sent: NDArray[np.uint8], answer: NDArray[np.uint8], removal: Flags) -> Surface | None:
    """What to add to ``answer`` inside the hole; None where the ring came back as it was sent.

    ``sent`` and ``answer``: uint8 (height, width, 3); ``removal``: bool (height, width), the
    hole.  None too where no pixel near the hole is known.
    """
    cells = _measure(sent, answer, removal)
    if not cells.shift.any():
        return None
    values = spread(_solve(cells).astype(np.float32), cells.wanted.astype(np.float32))
    return Surface(values, cells.side_px)


def _measure(sent: NDArray[np.uint8], answer: NDArray[np.uint8], removal: Flags) -> _Cells:
    side = max(_CELL_PX, int(np.ceil(np.sqrt(np.count_nonzero(removal) / _MOST_CELLS))))
    hole = _any_in_cells(removal, side)
    depth = max(2, -(-RING_PX // side))
    near = running_max(running_max(hole.view(np.uint8), depth, 0), depth, 1) > 0
    trust = np.zeros(hole.shape)
    shift = np.zeros((*hole.shape, 3))
    # Only the ring is compared, cell by cell: memory goes with the hole's edge.
    places = np.nonzero(near & ~_any_in_cells(removal, side, of=np.logical_and))
    rows, columns, inside = _pixels_of(places, side, removal.shape)
    known = inside & ~removal[rows, columns]
    came = np.moveaxis(answer[rows, columns], -1, 1)
    difference = np.moveaxis(sent[rows, columns], -1, 1).astype(np.int16) - came
    trust[places] = known.mean(axis=-1)
    shift[places] = _midmean(difference, _telling(came, known))
    return _Cells(shift, trust, near, side)


def _telling(came: NDArray[np.uint8], known: Flags) -> Flags:
    """Which pixels tell the shift of each cell and channel: (cells, channels, pixels).

    Not those at black or white, where it may have been cut off; unless few are left.
    """
    whole = known[:, None] & (came > 0) & (came < 255)
    enough = 4 * whole.sum(axis=-1) >= known.sum(axis=-1)[:, None]
    return np.asarray(np.where(enough[..., None], whole, known[:, None]))


def _any_in_cells(pixels: Flags, side: int, of: np.ufunc = np.logical_or) -> Flags:
    """``pixels`` reduced cell by cell, (rows, columns); cells at the far edges may be smaller."""
    # Band by band: reduceat down the rows takes many times as long.
    bands = [of.reduce(pixels[top : top + side]) for top in range(0, len(pixels), side)]
    columns = np.arange(0, pixels.shape[1], side)
    return np.asarray(of.reduceat(np.stack(bands), columns, axis=1))


def _pixels_of(
    places: tuple[NDArray[np.intp], ...], side: int, shape: tuple[int, ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp], Flags]:
    """Rows, columns and whether they lie in the picture, of each cell's pixels: (cells, pixels)."""
    down, across = (offset.ravel() for offset in np.indices((side, side)))
    rows, columns = places[0][:, None] * side + down, places[1][:, None] * side + across
    inside = (rows < shape[0]) & (columns < shape[1])
    return np.minimum(rows, shape[0] - 1), np.minimum(columns, shape[1] - 1), inside


def _between(values: Floats, places: NDArray[np.intp], side_px: int) -> Floats:
    """``values`` of cells along the first axis, interpolated at the centres of pixels."""
    before, after, part = _neighbours(places, len(values), side_px)
    part = part[..., None]
    mixed: Floats = values[before] * (1 - part) + values[after] * part
    return mixed


def _neighbours(
    places: NDArray[np.intp], cells: int, side_px: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """The cells between whose centres pixels lie, and how near to the second: (pixels, 1)."""
    at = np.clip((places + 0.5) / side_px - 0.5, 0, cells - 1)
    before = np.minimum(at.astype(np.intp), max(0, cells - 2))
    after = np.minimum(before + 1, cells - 1)
    return before, after, (at - before).astype(np.float32)[:, None]


def _midmean(values: NDArray[np.int16], known: Flags) -> Doubles:
    """The mean of the middle half of the known values of each cell: (cells, channels).

    ``values`` and ``known``: (cells, channels, pixels).  Finer than a median of whole levels,
    and as deaf to a quarter of the pixels on either side.
    """
    unknown_last = np.where(known, values, np.iinfo(np.int16).max)
    unknown_last.sort(axis=-1)
    count = known.sum(axis=-1)[..., None]
    rank = np.arange(values.shape[-1])
    middle = (rank >= count // 4) & (rank < count - count // 4)
    total = np.where(middle, unknown_last, 0).sum(axis=-1, dtype=np.float64)
    means: Doubles = total / np.maximum(middle.sum(axis=-1), 1)
    return means


def _solve(cells: _Cells) -> Doubles:
    """The surface (rows, columns, 3): a plane first, then the membrane, each round less misled."""
    weight = cells.trust.copy()
    surface = np.zeros_like(cells.shift)
    for _ in range(_ROUNDS):
        surface = _plane(cells, weight)
        weight = _reweigh(cells, surface)
    for _ in range(_ROUNDS):
        surface = solve_membrane(cells.shift, weight, cells.wanted, surface)
        weight = np.minimum(weight, _reweigh(cells, surface))
    return surface


def _plane(cells: _Cells, weight: Doubles) -> Doubles:
    rows, columns = np.indices(weight.shape, dtype=np.float64)
    rows, columns = rows / max(weight.shape), columns / max(weight.shape)
    basis = np.stack([np.ones_like(rows), rows, columns], axis=-1)
    root = np.sqrt(weight)[..., None]
    # A little ridge keeps the slope 0 where the ring is too short to tell it.
    left = np.vstack([(basis * root).reshape(-1, 3), 1e-3 * np.eye(3)])
    right = np.vstack([(cells.shift * root).reshape(-1, 3), np.zeros((3, 3))])
    plane: Doubles = basis @ np.linalg.lstsq(left, right, rcond=None)[0]
    return plane


def _reweigh(cells: _Cells, surface: Doubles) -> Doubles:
    """Tukey's biweight of each ring cell's distance from ``surface``, all channels together."""
    distance = np.abs(cells.shift - surface).max(axis=-1)
    usual = np.median(distance[cells.trust > 0.5] if (cells.trust > 0.5).any() else distance)
    reach = _OUTLIER_DEVIATIONS * 1.4826 * max(float(usual), _LEAST_DEVIATION)
    weight: Doubles = cells.trust * np.square(np.clip(1 - np.square(distance / reach), 0, 1))
    return weight
