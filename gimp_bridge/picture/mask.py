"""Masks: from the selection's coverage to what is removed and how the patch fades out.

Arrays only, on the worker's side of the pipe.  Coverage is uint8 (height, width), 0 = untouched,
255 = fully selected, as GIMP keeps a selection.  Everything with any coverage is removed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.errors import NoSelection, SelectionOutside
from gimp_bridge.language import _
from gimp_bridge.picture.filters import blur, running_max
from gimp_bridge.picture.geometry import Box

# GIMP blurs a selection feathered by r with a standard deviation of r / 3.5
# (gimp_gegl_apply_feather), so that the edge is some r pixels wide.
_FEATHER_PER_SIGMA = 3.5
FEATHER_PX = 2.0
"""How soft the edge is by default."""
# Masks are grown tile by tile: a tile without an edge costs nothing, and memory stays bounded.
_TILE_PX = 512


@dataclass(frozen=True, eq=False)
class Mask:
    """What is removed: ``coverage``, uint8 (box.height, box.width), of ``box`` in the image."""

    box: Box
    coverage: NDArray[np.uint8]

    def within(self, box: Box) -> NDArray[np.uint8]:
        """The coverage of another ``box`` in the image; 0 where this mask does not reach."""
        out = np.zeros((box.height, box.width), np.uint8)
        shared = self.box.clamp(box)
        out[shared.relative_to(box).slices()] = self.coverage[shared.relative_to(self.box).slices()]
        return out


def prepare(
    coverage: NDArray[np.uint8], bounds: Box, layer: Box, *, grow_px: float, feather_px: float
) -> Mask:
    """The mask to remove: the selection grown round, its edge falling off outward, in the layer.

    ``coverage`` is the selection inside ``bounds``, ``layer`` the layer's box, both in image
    coordinates.  ``grow_px`` moves the edge outward by an exact Euclidean distance; soft edges
    move as they are.  ``feather_px`` is GIMP's feather radius, the width of the falling edge, but
    laid *outside* the grown selection: GIMP's own straddles the edge and would let half of the
    object's rim shine through the patch.  Raises NoSelection, SelectionOutside.
    """
    if coverage.shape != (bounds.height, bounds.width):
        raise ValueError(f"coverage of {coverage.shape} does not fill {bounds}")
    selected = trim(Mask(bounds, coverage))
    inside = selected.box.clamp(layer)
    if not selected.within(inside).any():
        raise SelectionOutside(
            _(
                "The selection lies outside the layer; select something on it, or choose the layer "
                "that holds what is selected."
            )
        )
    reach = math.ceil(grow_px + feather_px / 2) + math.ceil(feather_px / 2)
    near = selected.box.clamp(layer.pad(reach)).pad(reach)
    spread = _by_tiles(selected.within(near), reach, grow_px, feather_px)
    grown = Mask(near, spread)
    box = near.clamp(layer)
    return trim(Mask(box, grown.within(box)))


def trim(mask: Mask) -> Mask:
    """The same mask in the smallest box that holds it; raises NoSelection where it is empty."""
    rows = np.flatnonzero(mask.coverage.any(axis=1))
    columns = np.flatnonzero(mask.coverage.any(axis=0))
    if not rows.size:
        raise NoSelection(_("Nothing is selected; select what should be removed, then try again."))
    left, top = int(columns[0]), int(rows[0])
    inner = Box.from_corners(left, top, int(columns[-1]) + 1, int(rows[-1]) + 1)
    box = Box(mask.box.x + left, mask.box.y + top, inner.width, inner.height)
    return Mask(box, np.ascontiguousarray(mask.coverage[inner.slices()]))


def binarise(coverage: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """255 wherever there is any coverage, else 0: what a service is asked to repaint."""
    removal: NDArray[np.uint8] = (coverage > 0).view(np.uint8) * np.uint8(255)
    return removal


def removal_share(coverage: NDArray[np.uint8]) -> float:
    """The part, 0..1, of the pixels of ``coverage`` that have any."""
    return float(np.count_nonzero(coverage)) / coverage.size


def default_grow_px(selection: Box, layer: Box) -> int:
    """How far to grow by default: 0.6 % of the layer's longer side, from 2 to 10 px.

    A tight mask leaves a rim of the object, which a model then repaints into a new one; the
    figures are those that users of removal services report.  A small selection (a blemish) is
    grown by a quarter of its shorter side at most.
    """
    rim = round(0.006 * max(layer.width, layer.height))
    small = min(selection.width, selection.height) // 4
    return max(2, min(rim, small, 10))


def _by_tiles(
    coverage: NDArray[np.uint8], reach: int, grow_px: float, feather_px: float
) -> NDArray[np.uint8]:
    whole = Box(0, 0, coverage.shape[1], coverage.shape[0])
    out = np.empty_like(coverage)
    for y in range(0, whole.height, _TILE_PX):
        for x in range(0, whole.width, _TILE_PX):
            tile = Box(x, y, _TILE_PX, _TILE_PX).clamp(whole)
            around = tile.pad(reach).clamp(whole)
            piece = coverage[around.slices()]
            if piece.min() != piece.max():
                piece = _spread(piece, grow_px, feather_px)
            out[tile.slices()] = piece[tile.relative_to(around).slices()]
    return out


def _spread(coverage: NDArray[np.uint8], grow_px: float, feather_px: float) -> NDArray[np.uint8]:
    grown = _dilate(coverage, grow_px)
    if feather_px <= 0:
        return grown
    # A Gaussian cut off at half the feather, centred half the feather further out, is 1 at the
    # grown edge and 0 a whole feather beyond it; max() keeps corners full, which it would round.
    further = _dilate(coverage, grow_px + feather_px / 2).astype(np.float32)
    sigma, radius = feather_px / _FEATHER_PER_SIGMA, math.ceil(feather_px / 2)
    faded = blur(further, sigma, radius)
    edge: NDArray[np.uint8] = np.maximum(grown, np.rint(faded).astype(np.uint8))
    return edge


def _dilate(coverage: NDArray[np.uint8], radius_px: float) -> NDArray[np.uint8]:
    """The largest coverage within ``radius_px`` of each pixel, by Euclidean distance.

    The disc is taken row by row, each row as one running maximum: 3 ms a row and megapixel,
    for soft and hard masks alike, against 52 ms for one distance transform of a hard mask.
    """
    out: NDArray[np.uint8] = coverage.copy()
    for dy in range(math.floor(radius_px) + 1):
        half_width = math.floor(math.sqrt(radius_px * radius_px - dy * dy))
        row = running_max(coverage, half_width, axis=1)
        np.maximum(out[dy:], row[: len(row) - dy], out=out[dy:])
        np.maximum(out[: len(out) - dy], row[dy:], out=out[: len(out) - dy])
    return out
