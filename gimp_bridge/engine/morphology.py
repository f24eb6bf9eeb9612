"""Distances and connected parts of binary planes, compiled by numba.

Planes are uint8 (H, W), non-zero = set.  The tests hold these functions to SciPy's, which would be
95 MB more to install.  What numba compiles slowly (allocating, masking) is done in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

FARTHEST = np.iinfo(np.uint16).max


def distance(plane: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Chessboard distance of each pixel to the nearest set one, uint16 (H, W).

    ``FARTHEST`` where nothing is set.  Rosenfeld, Pfaltz, "Sequential operations in digital
    picture processing", 1966, doi:10.1145/321356.321357: one scan each way.
    """
    found = np.full(plane.shape, FARTHEST, np.uint16)
    found[plane != 0] = 0
    _scan(found)
    _scan(found[::-1, ::-1])
    return found


def label(plane: NDArray[np.uint8]) -> tuple[NDArray[np.int32], int]:
    """Number the 8-connected parts from 1, by their first pixels: int32 (H, W), and how many."""
    height, width = plane.shape
    labels = np.zeros((height, width), np.int32)
    # No two pixels of one 2 x 2 block are given a number of their own.
    parent = np.zeros(((height + 1) // 2) * ((width + 1) // 2) + 1, np.int32)
    return labels, _label(plane, labels, parent)


def bounds(labels: NDArray[np.int32], plane: NDArray[np.uint8], count: int) -> NDArray[np.int64]:
    """Top, bottom, left, right and number of each label's set pixels, int64 (count, 5)."""
    found = np.empty((count, 5), np.int64)
    found[:] = (labels.shape[0], 0, labels.shape[1], 0, 0)
    _bounds(labels, plane, found)
    return found


@njit(["void(uint16[:, ::1])", "void(uint16[:, :])"], nogil=True, cache=True)
def _scan(found: Any) -> None:
    """Let each pixel learn from those above it and to its left."""
    height, width = found.shape
    for y in range(height):
        if y > 0:
            for x in range(width):
                above = np.int64(found[y - 1, x])
                if x > 0:
                    above = min(above, np.int64(found[y - 1, x - 1]))
                if x < width - 1:
                    above = min(above, np.int64(found[y - 1, x + 1]))
                found[y, x] = min(np.int64(found[y, x]), above + 1)
        for x in range(1, width):
            found[y, x] = min(np.int64(found[y, x]), np.int64(found[y, x - 1]) + 1)


@njit(nogil=True)
def _root(parent: Any, label: int) -> int:
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@njit("int64(uint8[:, ::1], int32[:, ::1], int32[::1])", nogil=True, cache=True)
def _label(plane: Any, labels: Any, parent: Any) -> Any:
    """Give each pixel the least number among its neighbours, then the least that leads to."""
    height, width = plane.shape
    count = 0
    for y in range(height):
        for x in range(width):
            if not plane[y, x]:
                continue
            own = 0
            for k in range(4):
                row, column = y - (k < 3), x + (-1, 0, 1, -1)[k]
                if row >= 0 and 0 <= column < width and labels[row, column]:
                    other = _root(parent, labels[row, column])
                    if own and own != other:
                        parent[max(own, other)] = min(own, other)
                    own = min(own, other) if own else other
            if not own:
                count += 1
                own = parent[count] = count
            labels[y, x] = own
    found = 0
    for k in range(1, count + 1):  # a parent comes before its children
        if parent[k] == k:
            found += 1
            parent[k] = found
        else:
            parent[k] = parent[parent[k]]
    for y in range(height):
        for x in range(width):
            labels[y, x] = parent[labels[y, x]]
    return found


@njit("void(int32[:, ::1], uint8[:, ::1], int64[:, ::1])", nogil=True, cache=True)
def _bounds(labels: Any, plane: Any, found: Any) -> None:
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            if plane[y, x] and labels[y, x]:
                i = labels[y, x] - 1
                found[i, 0] = min(found[i, 0], y)
                found[i, 1] = y + 1
                found[i, 2] = min(found[i, 2], x)
                found[i, 3] = max(found[i, 3], x + 1)
                found[i, 4] += 1
