"""Solve a membrane: values pulled to measurements where there are some, smooth in between.

Arrays only, in numpy alone.  Conjugate gradients on a grid of cells, preconditioned by one
multigrid cycle; after Tatebe, "The multigrid preconditioned conjugate gradient method", 1993.
SciPy's direct sparse solver, to which the tests hold this, is no faster at these sizes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Part of what is pulled at which to stop: less than a hundredth of a level.
_ENOUGH = 1e-4
_MOST_ROUNDS = 100
_DAMPING = 0.8


class _Grid(NamedTuple):
    """One level of the multigrid: how firmly each cell is held, by what and by its neighbours."""

    trust: Doubles  # (rows, columns)
    east: Doubles  # (rows, columns - 1), the tie to the cell on the right
    south: Doubles  # (rows - 1, columns), to the cell below
    inverse: Doubles  # (rows, columns, 1), 1 / diagonal of the system; 0 where nothing holds

    def apply(self, values: Doubles) -> Doubles:
        """The system's matrix times ``values``, (rows, columns, channels)."""
        out: Doubles = self.trust[..., None] * values
        pull = self.east[..., None] * (values[:, :-1] - values[:, 1:])
        out[:, :-1] += pull
        out[:, 1:] -= pull
        pull = self.south[..., None] * (values[:-1] - values[1:])
        out[:-1] += pull
        out[1:] -= pull
        return out


def solve_membrane(measured: Doubles, trust: Doubles, wanted: Flags, start: Doubles) -> Doubles:
    """The values u, (rows, columns, channels), of the least energy in the ``wanted`` cells.

    The energy is ``trust * (u - measured)^2`` over the cells plus ``(u - u')^2`` over all
    neighbours.  In other cells u is ``start``, which has its shape; in parts that nothing holds
    it is a guess between that and what is near.  ``trust``: (rows, columns), >= 0; ``wanted``:
    bool (rows, columns).
    """
    held = np.where(wanted, trust, 0.0)
    east = np.where(wanted[:, :-1] & wanted[:, 1:], 1.0, 0.0)
    south = np.where(wanted[:-1] & wanted[1:], 1.0, 0.0)
    grids = _coarser([_grid(held, east, south)])
    solved = _conjugate_gradients(grids, measured * held[..., None], start)
    return np.asarray(np.where(wanted[..., None], solved, start))


def _conjugate_gradients(grids: list[_Grid], pulled: Doubles, start: Doubles) -> Doubles:
    values: Doubles = start.copy()
    residual = pulled - grids[0].apply(start)
    step = direction = _cycle(grids, residual)
    power = _dot(residual, step)
    enough = _ENOUGH**2 * np.maximum(_dot(pulled, _cycle(grids, pulled)), 1e-300)
    for _ in range(_MOST_ROUNDS):
        if np.all(power <= enough):
            break
        image = grids[0].apply(direction)
        length = power / np.maximum(_dot(direction, image), 1e-300)
        values += length * direction
        residual -= length * image
        step = _cycle(grids, residual)
        power, before = _dot(residual, step), power
        direction = step + power / np.maximum(before, 1e-300) * direction
    return values


def _dot(one: Doubles, other: Doubles) -> Doubles:
    """The scalar product, channel by channel."""
    product: Doubles = np.einsum("ijk,ijk->k", one, other)
    return product


def _cycle(grids: list[_Grid], residual: Doubles) -> Doubles:
    """About what the system's inverse makes of ``residual``: one symmetric V cycle."""
    grid = grids[0]
    smooth = _DAMPING * grid.inverse
    values: Doubles = smooth * residual
    if len(grids) == 1:
        return values
    values += _finer(_cycle(grids[1:], _sum_blocks(residual - grid.apply(values))), residual.shape)
    values += smooth * (residual - grid.apply(values))
    return values


def _grid(trust: Doubles, east: Doubles, south: Doubles) -> _Grid:
    diagonal = trust.copy()
    diagonal[:, :-1] += east
    diagonal[:, 1:] += east
    diagonal[:-1] += south
    diagonal[1:] += south
    inverse = np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0)
    return _Grid(trust, east, south, inverse[..., None])


def _coarser(grids: list[_Grid]) -> list[_Grid]:
    """The grids, each of half the size of that before it, down to one cell."""
    while max(grids[-1].trust.shape) > 1:
        fine = grids[-1]
        # Cells twice as far apart: two ties side by side, each half as strong.
        east = _pairs(fine.east[:, 1::2], 0) / 2
        south = _pairs(fine.south[1::2], 1) / 2
        grids.append(_grid(_sum_blocks(fine.trust), east, south))
    return grids


def _sum_blocks(values: Doubles) -> Doubles:
    return _pairs(_pairs(values, 0), 1)


def _pairs(values: Doubles, axis: int) -> Doubles:
    """The sums of every two along ``axis``; an odd last one stays alone."""
    sums: Doubles = np.add.reduceat(values, np.arange(0, values.shape[axis], 2), axis=axis)
    return sums


def _finer(values: Doubles, shape: tuple[int, ...]) -> Doubles:
    return values.repeat(2, axis=0)[: shape[0]].repeat(2, axis=1)[:, : shape[1]]
