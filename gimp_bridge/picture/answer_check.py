"""Tell an answer that may be a repair from one that certainly is none.

Arrays only.  Services have been seen to answer with the very picture that was sent, with another
one, with one in a corner of its own, with a single colour.  An honest answer differs too: in tone,
by some pixels in place, by compression, and in what it fills the hole with and a little beyond.
The thresholds keep clear of all honest answers of ``tests/bench/answers.py``; docs/picture.md has
the rates.
"""

from __future__ import annotations

import io
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.errors import NotARepair
from gimp_bridge.language import N_, _
from gimp_bridge.picture.filters import running_max
from gimp_bridge.picture.registration import find_move, move_back
from gimp_bridge.picture.spread import spread

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Picture = NDArray[np.uint8]

Fault = Literal["unchanged", "another picture"]

SAID: dict[Fault, str] = {
    "unchanged": N_("The service answered with what was sent: what was to be removed is in it."),
    "another picture": N_("The service answered with another picture than the one that was sent."),
}
KEPT = N_(
    "It may have billed that. Nothing was changed, and the answer is kept for an hour: “Recover "
    "Last Result” or “gimp-object-removal recover” gives it to you as it is. “This computer” can "
    "remove the object free of charge."
)
RECOVER_FIRST = N_("Nothing was sent now: to pay for another try, recover that answer first.")

# A larger picture is reduced: what is looked for is no smaller then, and the time is bounded.
_MOST_PIXELS = 400_000
# A JPEG's block, whose mean compression hardly changes.
_SIDE_PX = 8
_FEWEST_BLOCKS = 12
_TONE_BINS, _MOST_TONE_LEVELS = 16, 40.0
# So near to the hole an honest answer may differ: a repainted rim, a shadow that went too.
_RIM_BLOCKS = 2
# Elsewhere this share of the blocks, and these few in a small picture, may have colours so far
# beyond those around them.
_FOREIGN_LEVELS, _MOST_FOREIGN, _MOST_FOREIGN_AT_RIM, _FEW_FOREIGN = 20.0, 0.05, 0.25, 8
# Blocks with so much detail must go along with what was sent, moved by up to 3 px.
_DETAIL_LEVELS, _LEAST_LIKENESS, _MOST_MOVE_PX = 6.0, 0.3, 3
# What stands out in the hole does so by this from what its edge foretells and from each of the
# colours around it: by more where the picture is lively, for a grainy sky has nothing to remove.
_LEAST_STANDOUT, _MOST_STANDOUT, _LIVELIER = 6.0, 16.0, 1.5
# It is still there where it changed by so little of itself (the least of honest answers: 0.18; of
# those that remove something faint from a few pixels, or from a lively picture, 0.14) ...
_LITTLE, _LITTLE_WHERE_UNSURE, _FEWEST_PIXELS = 0.15, 0.1, 64
# ... or by hardly more than compression explains (honest: 1.8 times) ...
_MOST_EXPLAINED, _EXPLAINED = 0.3, 1.5
# ... or where it only became paler: the change goes along with it by so much (cosine), which in
# honest answers that change as little it does by 0.81 at most.
_MOST_PALER, _PALER = 0.42, 0.9
# But a small thing in a large selection may be gone though most of the hole is as it was: in this
# share of it most has changed, and by more than compression explains.
_REPAIRED_SHARE, _REPAIRED, _UNEXPLAINED = 0.02, 0.5, 3.0
# A change of half a level is rounding.
_ROUNDING = 0.25
_QUALITIES = (95, 85, 75, 60, 45, 30, 20, 12)


def fault_of(sent: Picture, answer: Picture, removal: NDArray[np.uint8]) -> Fault | None:
    """Why ``answer`` is no repair of ``sent``; None where it may be one.

    ``sent``, ``answer``: uint8 (height, width, 3); ``removal``: uint8 (height, width), > 0 where
    the service was asked to repaint.  *unchanged*: what was to be removed is still there.
    *another picture*: outside the hole it is not what was sent.  Where nothing stood out in the
    hole, there was nothing to change.
    """
    sent, answer, hole = _reduced(sent, answer, removal > 0)
    if not hole.any() or hole.all():
        return None
    if move := find_move(sent, answer, hole):
        answer = move_back(answer, move)
    pair = _in_same_tones(sent, answer, hole)
    if _is_another(pair):
        return "another picture"
    return "unchanged" if _is_unchanged(pair) else None


def check_repair(sent: Picture, answer: Picture, removal: NDArray[np.uint8]) -> None:
    """Raise NotARepair where ``fault_of`` finds a fault."""
    if fault := fault_of(sent, answer, removal):
        raise NotARepair(f"{_(SAID[fault])} {_(KEPT)}")


def with_advice(error: NotARepair) -> NotARepair:
    """``error`` for somebody who runs the same again where nobody can be asked."""
    return NotARepair(f"{error} {_(RECOVER_FIRST)}", task_id=error.task_id)


class _Pair(NamedTuple):
    """What was sent in the answer's tones, the answer: float32 (height, width, 3); the hole."""

    sent: Floats
    answer: Floats
    hole: Flags


def _reduced(sent: Picture, answer: Picture, hole: Flags) -> tuple[Picture, Picture, Flags]:
    factor = int(np.ceil(np.sqrt(hole.size / _MOST_PIXELS)))
    if factor == 1:
        return sent, answer, hole
    touched = hole.view(np.uint8) * np.uint8(255)
    small = [np.asarray(Image.fromarray(each).reduce(factor)) for each in (sent, answer, touched)]
    return small[0], small[1], small[2] > 0


def _in_same_tones(sent: Picture, answer: Picture, hole: Flags) -> _Pair:
    known = ~_blocks(hole).any(axis=(2, 3))
    if np.count_nonzero(known) >= _FEWEST_BLOCKS:
        before, after = (_blocks(each)[known].mean(axis=(1, 2)) for each in (sent, answer))
    else:
        before, after = sent[~hole], answer[~hole]
    tones = [_tones(*channel) for channel in zip(before.T, after.T, strict=True)]
    return _Pair(np.stack(tones, axis=-1)[sent, range(3)], answer.astype(np.float32), hole)


def _tones(before: NDArray[Any], after: NDArray[Any]) -> Floats:
    """What became of each of the 256 levels of a channel, as far as a change of tone goes."""
    change = np.asarray(after, np.float32) - before
    bins = (before / (256 / _TONE_BINS)).astype(np.intp)
    members = [np.flatnonzero(bins == each) for each in range(_TONE_BINS)]
    members = [each for each in members if len(each) >= max(4, len(before) // 200)]
    levels = np.arange(256, dtype=np.float32)
    if not members:
        return levels
    at = [float(np.median(before[each])) for each in members]
    by = [float(np.median(change[each])) for each in members]
    shift = np.interp(levels, at, np.clip(by, -_MOST_TONE_LEVELS, _MOST_TONE_LEVELS))
    return np.asarray(levels + shift, np.float32)


def _is_another(pair: _Pair) -> bool:
    """Whether colours or detail outside the hole are not those that were sent."""
    hole = np.asarray(_blocks(pair.hole).any(axis=(2, 3)), np.uint8)
    far: Flags = running_max(running_max(hole, _RIM_BLOCKS, 0), _RIM_BLOCKS, 1) == 0
    most = _MOST_FOREIGN
    if np.count_nonzero(far) < _FEWEST_BLOCKS:
        far, most = hole == 0, _MOST_FOREIGN_AT_RIM
    if np.count_nonzero(far) < _FEWEST_BLOCKS:
        return False
    foreign = int(np.count_nonzero(_beyond_neighbours(pair)[far] > _FOREIGN_LEVELS))
    return bool(foreign > max(_FEW_FOREIGN, most * np.count_nonzero(far))) or _has_other_detail(
        pair, far
    )


def _beyond_neighbours(pair: _Pair) -> Floats:
    """By how many levels each block's colour lies beyond those sent there and next to it.

    Wherever its edges lie within the move that is allowed for: lines of text that have moved by
    two pixels are no other colours.
    """
    moves = [
        (y, x)
        for y in (-_MOST_MOVE_PX, 0, _MOST_MOVE_PX)
        for x in (-_MOST_MOVE_PX, 0, _MOST_MOVE_PX)
    ]
    sent = np.stack([_blocks(np.roll(pair.sent, at, (0, 1))).mean(axis=(2, 3)) for at in moves])
    least, most = (
        np.pad(each, [(1, 1), (1, 1), (0, 0)], "edge") for each in (sent.min(0), sent.max(0))
    )
    least, most = (
        np.lib.stride_tricks.sliding_window_view(each, (3, 3), axis=(0, 1))
        for each in (least, most)
    )
    answer = _blocks(pair.answer).mean(axis=(2, 3))
    beyond = np.maximum(least.min(axis=(3, 4)) - answer, answer - most.max(axis=(3, 4)))
    return np.asarray(beyond.max(axis=-1), np.float32)


def _has_other_detail(pair: _Pair, far: Flags) -> bool:
    true = _without_mean(_blocks(pair.sent.mean(axis=-1))[far])
    lively = np.square(true).mean(axis=(1, 2)) > _DETAIL_LEVELS**2
    if np.count_nonzero(lively) < _FEWEST_BLOCKS:
        return False
    answer = pair.answer.mean(axis=-1)
    reach = range(-_MOST_MOVE_PX, _MOST_MOVE_PX + 1)
    nearest_first = sorted(((y, x) for y in reach for x in reach), key=lambda at: np.hypot(*at))
    moved = (_blocks(np.roll(answer, at, (0, 1)))[far][lively] for at in nearest_first)
    return all(_likeness(true[lively], seen) < _LEAST_LIKENESS for seen in moved)


def _likeness(true: Floats, seen: Floats) -> float:
    """The median correlation of (blocks, side, side); those of ``true`` have no mean."""
    seen = _without_mean(seen)
    energy = np.square(true).sum(axis=(1, 2)) * np.square(seen).sum(axis=(1, 2))
    return float(np.median((true * seen).sum(axis=(1, 2)) / np.sqrt(energy + 1)))


def _without_mean(blocks: Floats) -> Floats:
    return np.asarray(blocks - blocks.mean(axis=(1, 2), keepdims=True), np.float32)


class _Seen(NamedTuple):
    """Blocks of the hole in which something stood out: (blocks, pixels, 3), 0 outside the hole.

    ``noise``: what compression would change; ``area``: pixels of the hole; ``strong``: whether
    more than a few pixels stand out, by more than the surroundings' own detail does.
    """

    change: Floats
    standout: Floats
    noise: Floats
    area: Floats
    strong: bool


def _is_unchanged(pair: _Pair) -> bool:
    """Whether what stood out in the hole still does: as it was, compressed or only paler."""
    seen = _what_stood_out(pair)
    if not seen.area.size:
        return False
    changed, stood_out = (float(_energy(each).sum()) for each in (seen.change, seen.standout))
    part = np.sqrt(changed / stood_out)
    along = -float((seen.change * seen.standout).sum()) / np.sqrt(changed * stood_out + 1)
    if seen.strong and part < _MOST_PALER and along > _PALER:
        return True
    if _is_partly_repaired(seen):
        return False
    if part < (_LITTLE if seen.strong else _LITTLE_WHERE_UNSURE):
        return True
    return seen.strong and part < _MOST_EXPLAINED and _is_compression(seen)


def _what_stood_out(pair: _Pair) -> _Seen:
    sent, answer = _colours(pair.sent), _colours(pair.answer)
    foretold = _colours(spread(pair.sent, (~pair.hole).astype(np.float32)))
    blocks = _blocks(pair.hole)
    inside: Flags = np.asarray(blocks.any(axis=(2, 3)))
    weights = blocks[inside].reshape(-1, _SIDE_PX**2, 1)
    count = weights.sum(axis=(1, 2), dtype=np.float32)
    change, standout, noise, seen = (
        np.asarray(_blocks(each)[inside].reshape(-1, _SIDE_PX**2, 3) * weights, np.float32)
        for each in (answer - sent, sent - foretold, _compression(pair, sent, answer), sent)
    )
    lively = _blocks(sent)[~inside].var(axis=(1, 2)).sum(axis=-1)
    usual = _LIVELIER**2 * float(np.median(lively)) if lively.size else 0.0
    stood_out = np.minimum(_energy(standout), _from_nearest(_blocks(sent), inside, seen, count))
    at = stood_out > count * np.clip(usual, _LEAST_STANDOUT**2, _MOST_STANDOUT**2)
    area = float(count[at].sum())
    strong = area >= _FEWEST_PIXELS and float(_energy(standout[at]).sum()) > usual * area
    return _Seen(change[at], standout[at], noise[at], count[at], strong)


def _from_nearest(sent: Floats, inside: Flags, seen: Floats, count: Floats) -> Floats:
    """The energy of each block's difference from that colour next to the hole nearest to it."""
    hole = inside.view(np.uint8)
    ring = (running_max(running_max(hole, 1, 0), 1, 1) > 0) & ~inside
    if not ring.any():
        return np.full(len(seen), np.inf, np.float32)
    colours = sent[ring].mean(axis=(1, 2))
    others = np.square(colours).sum(axis=-1) * count[:, None] - 2 * seen.sum(axis=1) @ colours.T
    return np.asarray(_energy(seen) + others.min(axis=1), np.float32)


def _is_partly_repaired(seen: _Seen) -> bool:
    changed = _energy(seen.change)
    explained = _energy(seen.noise) + _ROUNDING * seen.area
    repaired = changed > _REPAIRED**2 * _energy(seen.standout)
    repaired &= changed > _UNEXPLAINED**2 * explained
    return bool(seen.area[repaired].sum() > _REPAIRED_SHARE * seen.area.sum())


def _is_compression(seen: _Seen) -> bool:
    """Whether the blocks' means, which compression hardly changes, are hardly changed."""
    changed, explained = (
        float((np.square(each.sum(axis=1)).sum(axis=-1) / seen.area).sum())
        for each in (seen.change, seen.noise)
    )
    return changed < _EXPLAINED**2 * (explained + _ROUNDING * float(seen.area.sum()))


def _energy(pixels: Floats) -> Floats:
    """The sum of squares in each block."""
    return np.asarray(np.square(pixels).sum(axis=(1, 2)), np.float32)


def _compression(pair: _Pair, sent: Floats, answer: Floats) -> Floats:
    """What a JPEG as coarse as ``answer`` is outside the hole changes in ``sent``."""
    known = ~pair.hole
    seen = np.square(answer - sent)[known].mean()
    picture = Image.fromarray(np.clip(np.rint(pair.sent), 0, 255).astype(np.uint8))
    for quality in _QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        change = _colours(np.asarray(Image.open(file), np.float32)) - sent
        if np.square(change)[known].mean() >= seen:
            break
    return change


def _colours(picture: Floats) -> Floats:
    """Brightness, and two colours at half the size, as compression keeps them."""
    red, _, blue = np.moveaxis(picture, -1, 0)
    bright = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    height, width = bright.shape
    colours = np.stack([0.564 * (blue - bright), 0.713 * (red - bright)], axis=-1)
    padded = np.pad(colours, [(0, height % 2), (0, width % 2), (0, 0)], "edge")
    small = padded.reshape(len(padded) // 2, 2, -1, 2, 2).mean(axis=(1, 3))
    large = small.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return np.concatenate([bright[..., None], large], axis=-1)


def _blocks(values: NDArray[Any]) -> NDArray[Any]:
    """``values`` as (rows, columns, side, side, ...); beyond the picture its edges go on.

    Flags do not go on: no hole lies outside.
    """
    sides = values.shape[:2]
    padding = [(0, -side % _SIDE_PX) for side in sides] + [(0, 0)] * (values.ndim - 2)
    padded = np.pad(values, padding, "constant" if values.dtype == np.bool_ else "edge")
    rows, columns = (-(-side // _SIDE_PX) for side in sides)
    split = padded.reshape(rows, _SIDE_PX, columns, _SIDE_PX, *values.shape[2:])
    return np.asarray(split.swapaxes(1, 2))
