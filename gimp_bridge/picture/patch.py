"""Fit the answer to the picture it goes into, and compose the layer that is sent back.

Arrays only, on the worker's side of the pipe.  Outside the removed pixels nothing of the answer
is ever used: there the layer is what was read, bit for bit.  The work goes strip by strip, so
that memory beyond the layer itself stays small in a picture of a hundred megapixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture import depth
from gimp_bridge.picture.edge import Edge, Rings, continue_errors, find_rings
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.grain import Grain, GrainRun, missing_grain
from gimp_bridge.picture.seam import RING_PX, Surface, membrane
from gimp_bridge.picture.tones import extreme_tones

_STRIP_PX = 256


@dataclass(frozen=True, eq=False)
class Fitted:
    """An answer and what is to be done to it, measured; `compose` does it.

    ``answer``: uint8 (height, width, 3); ``box``: the removed pixels and the ring around them,
    in the window; ``shift``, ``grain`` and ``edge`` count from its corner and are None where
    none is due.
    """

    answer: NDArray[np.uint8]
    box: Box
    shift: Surface | None
    grain: Grain | None
    tones: NDArray[np.float32] | None = None
    edge: Edge | None = None

    def strips(self, *, deep: bool = False) -> Iterator[tuple[Box, NDArray[np.float32]]]:
        """The fitted fill from top to bottom: (place in the window, rgb with 1.0 = white).

        ``deep`` smooths the bands between 8-bit levels, for a layer that would show them.
        """
        run = GrainRun(self.grain, self.box.width) if self.grain else None
        for top in range(0, self.box.height, _STRIP_PX):
            rows = slice(top, min(top + _STRIP_PX, self.box.height))
            fill = self._levels(rows, deep)
            if self.shift:
                fill += self.shift.at(rows, self.box.width)
            if self.tones is not None:
                answer = self.answer[self.box.slices()][rows]
                fill += self.tones[answer, range(3)]
            if run:
                fill = run.add(fill)
            if self.edge:
                self.edge.add_to(fill, top)
            place = Box(self.box.x, self.box.y + top, self.box.width, rows.stop - top)
            yield place, np.clip(fill / 255, 0, 1)

    def _levels(self, rows: slice, deep: bool) -> NDArray[np.float32]:
        answer = self.answer[self.box.slices()]
        if not deep:
            return answer[rows].astype(np.float32)
        first = max(0, rows.start - depth.REACH_PX)
        smooth = depth.dequantise(answer[first : rows.stop + depth.REACH_PX])
        return smooth[rows.start - first : rows.stop - first]


def fit(
    sent: NDArray[np.uint8],
    answer: NDArray[np.uint8],
    removal: NDArray[np.uint8],
    *,
    grain: bool = True,
) -> Fitted:
    """Measure what the answer needs to belong into the picture.

    ``sent`` and ``answer``: uint8 (height, width, 3), what went to the service and what came
    back; ``removal``: uint8 (height, width), > 0 where it was asked to repaint.  The shift is
    that of the known pixels around the hole; ``grain`` is added only as far as the fill lacks it.
    An answer that kept the pixels around the hole, and copied real ones into it, is not changed.
    """
    hole = removal > 0
    box = _near(hole)
    if not box.area:
        return Fitted(answer, box, None, None)
    near = box.slices()
    shift = membrane(sent[near], answer[near], hole[near])
    lacking = missing_grain(sent[near], answer[near], hole[near]) if grain else None
    return _finish(Fitted(answer, box, shift, lacking), sent[near], hole[near])


def compose(
    source: NDArray[Any], fitted: Fitted, coverage: NDArray[np.uint8]
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """The patch: its pixels in the source's own precision, and its mask.

    ``source``: (height, width, 4) as read from the layer, uint8, uint16 or float32.
    ``coverage``: uint8 (height, width), not beyond what was removed.  Pixels with any coverage
    take the fitted colour and keep the source's alpha; all others are the source's own, so that
    painting on the layer's mask widens the repair.
    """
    rgba = source.copy()
    for place, rgb in fitted.strips(deep=source.dtype != np.uint8):
        hole = coverage[place.slices()] > 0
        rgba[place.slices()][hole, :3] = _in_precision(rgb[hole], source.dtype)
    return rgba, coverage


def _finish(fitted: Fitted, sent: NDArray[np.uint8], hole: NDArray[np.bool_]) -> Fitted:
    """``fitted`` with its tones and its edge; ``sent`` and ``hole`` are those of the fitted box."""
    rings = find_rings(hole)
    answer = fitted.answer[fitted.box.slices()].reshape(-1, 3)
    answers = [answer[places] for places in rings.outward]
    errors = []
    for places, came in zip(rings.outward, answers, strict=True):
        error = sent.reshape(-1, 3)[places].astype(np.float32) - came
        if fitted.shift:
            error -= fitted.shift.at_places(places, hole.shape[1])
        errors.append(error)
    tones = extreme_tones(np.concatenate(answers), np.concatenate(errors))
    if tones is not None:
        errors = [e - tones[a, range(3)] for e, a in zip(errors, answers, strict=True)]
        fitted = replace(fitted, tones=tones)
    remaining = _after_grain(fitted, sent, rings) if fitted.grain else errors[0]
    return replace(fitted, edge=continue_errors(rings, errors, remaining))


def _after_grain(fitted: Fitted, sent: NDArray[np.uint8], rings: Rings) -> NDArray[np.float32]:
    """What is still to be added right outside the edge once the fill has its grain: (pixels, 3)."""
    places, width = rings.outward[0], rings.shape[1]
    parts = []
    for place, rgb in fitted.strips():
        top = place.y - fitted.box.y
        start, end = np.searchsorted(places, (top * width, (top + place.height) * width))
        rows, columns = np.divmod(places[start:end], width)
        parts.append(sent[rows, columns] - 255 * rgb[rows - top, columns])
    return np.concatenate(parts)


def _near(hole: NDArray[np.bool_]) -> Box:
    """The hole's box with the ring that is compared, inside the window."""
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    if not rows.size:
        return Box(0, 0, 0, 0)
    box = Box.from_corners(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return box.pad(2 * RING_PX).clamp(Box(0, 0, hole.shape[1], hole.shape[0]))


def _in_precision(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    if np.issubdtype(dtype, np.floating):
        return values.astype(dtype)
    return np.rint(values.astype(np.float64) * np.iinfo(dtype).max).astype(dtype)
