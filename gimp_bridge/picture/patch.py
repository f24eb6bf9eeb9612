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

from gimp_bridge.picture import depth, upload
from gimp_bridge.picture.edge import Edge, Rings, continue_errors, find_rings
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.grain import Around, Grain, GrainRun, look_around, missing_grain
from gimp_bridge.picture.registration import find_move, move_back
from gimp_bridge.picture.seam import RING_PX, Surface, membrane
from gimp_bridge.picture.tones import extreme_tones

_STRIP_PX = 256
# Large enough for hundreds of tiles of noise.
_SAMPLE_PX = 1024


@dataclass(frozen=True, eq=False)
class Fitted:
    """An answer and what is to be done to it, measured; `compose` does it.

    ``answer``: uint8 (height, width, 3); ``box``: the removed pixels and the ring around them,
    in the window; ``shift``, ``grain`` and ``edge`` count from its corner and are None where
    none is due.  Where ``enlarged_to`` is given, a (width, height), the answer is smaller than
    the window, which has that size and in which ``box`` counts.
    """

    answer: NDArray[np.uint8]
    box: Box
    shift: Surface | None
    grain: Grain | None
    tones: NDArray[np.float32] | None = None
    edge: Edge | None = None
    enlarged_to: tuple[int, int] | None = None

    def strips(self, *, deep: bool = False) -> Iterator[tuple[Box, NDArray[np.float32]]]:
        """The fitted fill from top to bottom: (place in the window, rgb with 1.0 = white).

        ``deep`` smooths the bands between 8-bit levels, for a layer that would show them.
        """
        run = GrainRun(self.grain, self.box.width) if self.grain else None
        for top in range(0, self.box.height, _STRIP_PX):
            rows = slice(top, min(top + _STRIP_PX, self.box.height))
            answer = self._rows(rows.start, rows.stop)
            fill = self._smooth(rows) if deep else answer.astype(np.float32)
            if self.shift:
                fill += self.shift.at(rows, self.box.width)
            if self.tones is not None:
                fill += self.tones[answer, range(3)]
            if run:
                fill = run.add(fill)
            if self.edge:
                self.edge.add_to(fill, top)
            place = Box(self.box.x, self.box.y + top, self.box.width, rows.stop - top)
            fill *= np.float32(1 / 255)
            yield place, np.clip(fill, 0, 1, out=fill)

    def _rows(self, start: int, stop: int) -> NDArray[np.uint8]:
        """The answer in these rows of the box."""
        place = Box(self.box.x, self.box.y + start, self.box.width, stop - start)
        if self.enlarged_to:
            return upload.enlarge(self.answer, self.enlarged_to, place)
        return self.answer[place.slices()]

    def _smooth(self, rows: slice) -> NDArray[np.float32]:
        first = max(0, rows.start - depth.REACH_PX)
        last = min(self.box.height, rows.stop + depth.REACH_PX)
        smooth = depth.dequantise(self._rows(first, last))
        return smooth[rows.start - first : rows.stop - first]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What can be told of a window before its answer has come; `fit` then takes less time.

    ``sent``: uint8 (height, width, 3), as it went to the service; ``hole``: bool (height, width),
    what it was asked to repaint; ``box``: those pixels and the ring around them, from whose corner
    ``rings`` count.  ``around``: what tells the grain, None where none is to be added.
    """

    sent: NDArray[np.uint8]
    hole: NDArray[np.bool_]
    box: Box
    rings: Rings
    around: Around | None

    def fit(self, answer: NDArray[np.uint8]) -> Fitted:
        """Measure what ``answer``, of the shape of ``sent``, needs to belong into the picture.

        The shift is that of the known pixels around the hole; grain is added only as far as the
        fill lacks it.  An answer that kept the pixels around the hole, and copied real ones into
        it, is not changed.
        """
        if not self.box.area:
            return Fitted(answer, self.box, None, None)
        near = self.box.slices()
        sent, hole = self.sent[near], self.hole[near]
        changed = bool(((sent != answer[near]) & ~hole[..., None]).any())
        if changed and (move := find_move(sent, answer[near], hole)):
            answer = move_back(answer, move)
        shift = membrane(sent, answer[near], hole) if changed else None
        grain = missing_grain(self.around, answer[near], hole) if self.around else None
        fitted = Fitted(answer, self.box, shift, grain)
        return _finish(fitted, sent, self.rings) if changed or grain else fitted


def measure_surroundings(
    sent: NDArray[np.uint8], removal: NDArray[np.uint8], *, grain: bool = True
) -> Surroundings:
    """Look at the surroundings of what is removed: while a service works there is time for it.

    ``sent``: uint8 (height, width, 3); ``removal``: uint8 (height, width), > 0 where the service
    is asked to repaint.
    """
    hole = removal > 0
    box = _near(hole)
    near = box.slices()
    around = look_around(sent[near], ~hole[near]) if grain and box.area else None
    return Surroundings(sent, hole, box, find_rings(hole[near]), around)


def fit(
    sent: NDArray[np.uint8],
    answer: NDArray[np.uint8],
    removal: NDArray[np.uint8],
    *,
    grain: bool = True,
) -> Fitted:
    """`measure_surroundings` and `Surroundings.fit` in one, where the answer is there already."""
    return measure_surroundings(sent, removal, grain=grain).fit(answer)


def fit_reduced(
    seen: NDArray[np.uint8],
    removed: NDArray[np.uint8],
    sent: NDArray[np.uint8],
    answer: NDArray[np.uint8],
    removal: NDArray[np.uint8],
    *,
    grain: bool = True,
) -> Fitted:
    """The same for a window that was too large and was sent reduced.

    ``seen`` and ``removed``: the window at full size, as ``sent`` and ``removal`` are reduced.
    The answer is fitted as small as it is, then enlarged strip by strip: the time and the memory
    are those of the picture that was sent.  Only grain is measured and added at full size.
    """
    picture = sent.copy()
    for place, rgb in fit(sent, answer, removal, grain=False).strips():
        hole = removal[place.slices()] > 0
        picture[place.slices()][hole] = np.rint(255 * rgb[hole])
    hole = removed > 0
    size = (removed.shape[1], removed.shape[0])
    fitted = Fitted(picture, _near(hole), None, None, enlarged_to=size)
    if not grain or not fitted.box.area:
        return fitted
    near, sample = fitted.box.slices(), _fullest(hole, fitted.box)
    inside = upload.enlarge(picture, size, sample), hole[sample.slices()]
    return replace(fitted, grain=missing_grain(look_around(seen[near], ~hole[near]), *inside))


def compose(
    source: NDArray[Any],
    fitted: Fitted,
    coverage: NDArray[np.uint8],
    alpha: NDArray[Any] | None = None,
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """The patch: its pixels with alpha in the source's own precision, and its mask.

    ``source``: (height, width, 3 or 4) as read from the layer, uint8, uint16 or float32.
    ``coverage``: uint8 (height, width), not beyond what was removed.  Pixels with any coverage
    take the fitted colour and ``alpha`` (height, width), or the source's own; all others are the
    source's own, so that painting on the layer's mask widens the repair.
    """
    rgba = upload.with_alpha(source)
    for place, rgb in fitted.strips(deep=source.dtype != np.uint8):
        hole = coverage[place.slices()] > 0
        values = _in_precision(rgb, source.dtype)
        np.copyto(rgba[place.slices()][..., :3], values, where=hole[..., None])
    if alpha is not None:
        np.copyto(rgba[..., 3], alpha, where=coverage > 0)
    return rgba, coverage


def _finish(fitted: Fitted, sent: NDArray[np.uint8], rings: Rings) -> Fitted:
    """``fitted`` with its tones and its edge; ``sent`` and ``rings`` are those of its box."""
    answer = fitted.answer[fitted.box.slices()].reshape(-1, 3)
    answers = [answer[places] for places in rings.outward]
    errors = []
    for places, came in zip(rings.outward, answers, strict=True):
        error = sent.reshape(-1, 3)[places].astype(np.float32) - came
        if fitted.shift:
            error -= fitted.shift.at_places(places, rings.shape[1])
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


def _fullest(hole: NDArray[np.bool_], box: Box) -> Box:
    """Of pieces of ``box`` that are small enough to be looked at, the one with most of the hole."""
    pieces = [
        Box(x, y, _SAMPLE_PX, _SAMPLE_PX).clamp(box)
        for y in range(box.y, box.bottom, _SAMPLE_PX // 2)
        for x in range(box.x, box.right, _SAMPLE_PX // 2)
    ]
    return max(pieces, key=lambda piece: np.count_nonzero(hole[piece.slices()]))


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
    # 24 bits of a float32 hold 16-bit values well enough to round them.
    scaled = values * np.float32(np.iinfo(dtype).max)
    return np.asarray(np.rint(scaled, out=scaled), dtype)
