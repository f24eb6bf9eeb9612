"""Coarse to fine: solves one window whose hole is to be filled.

The rounds of search and vote are Wexler 2007's expectation maximisation; see the modules of the
single steps for their sources.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.engine import onion, pyramid, seam, search, vote
from gimp_bridge.engine.matching import (
    Matching,
    confidence,
    draw_at_random,
    inherit,
    prepare,
)
from gimp_bridge.engine.parameters import Parameters
from gimp_bridge.engine.strips import Strips
from gimp_bridge.errors import EngineError
from gimp_bridge.language import _

GRAIN = 8192
"""Targets or hole pixels a thread takes at a time: 10 - 50 ms of work."""
SEAM_BAND = 1 << 19
"""Unknowns of the seams' equation that are settled at a time: 32 MB."""
SEAM_OVERLAP = 64
"""Rows that a band looks on below itself; twice the length over which a colour is felt."""
ONION_SOURCES = 6000
"""The onion start looks at no more sources than about this, evenly spread."""
ONION_TESTS = 2_000_000
"""Nor at more pairs of a ring pixel and a source in a ring: half a second of work; it limits
thin scratches across a whole picture, whose rings are long."""


def solve(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    barred: NDArray[np.bool_] | None,
    parameters: Parameters,
    seed: int,
    strips: Strips,
    progress: Callable[[float], None],
) -> NDArray[np.uint8]:
    """Find the hole's colours, uint8 (pixels in the mask, 3), in row order.

    ``image`` uint8 (H, W, 3); ``mask`` and ``barred`` (None: no more than
    the mask) bool (H, W); the mask is not empty.
    Raises EngineError when no patch is free of hidden and barred pixels.
    """
    window = strips.aside(pyramid.finest, image, mask, barred, parameters.texture_weight)
    levels = strips.aside(pyramid.build, window, parameters)
    random = np.random.default_rng(seed)
    effort = [int(level.hidden.sum()) + 1000 for level in levels]
    coarse: Matching | None = None
    while levels:
        index = len(levels) - 1
        matching = strips.aside(prepare, levels.pop(), parameters.radius)
        if not matching.sources.size or not matching.targets.size:
            continue
        if coarse is None:
            _start(matching, parameters, strips, random, index)
        else:
            strips.aside(inherit, matching, coarse, random)
            coarse = matching  # lets go of the coarser one's memory
            # Whole pixels, not means: means of patches that disagree would draw the search to
            # blurred sources (SWD .154 with means, .152 so).
            _copy_best(matching, parameters, strips)
            _rounds(matching, parameters, strips, random, False, index)
        coarse = matching
        progress(sum(effort[index:]) / sum(effort))
    if coarse is None or coarse.level is not window:
        raise EngineError(
            _(
                "There is too little left of the picture around the selection to fill it from; "
                "select less, or move the selection away from the picture's edges."
            )
        )
    _finish(coarse, parameters, strips, random)
    return coarse.level.pixels.reshape(-1, 4)[coarse.hole, :3]


def _start(
    matching: Matching,
    parameters: Parameters,
    strips: Strips,
    random: np.random.Generator,
    index: int,
) -> None:
    """Solve the coarsest level from two starts and keep the better solution.

    An island copied from one place (a petal that floats in a sky) is consistent in itself, so
    that search and vote never leave it; its dear rim betrays it.  From a smooth start none forms,
    but texture suffers: it must be cheaper by ``parameters.smooth_worth``.
    """
    pixels = matching.level.pixels.reshape(-1, 4)
    energies, solutions = [], []
    for fill in (_peel, _fill_smoothly):
        fill(matching, parameters, strips)
        draw_at_random(matching, random)
        _rounds(matching, parameters, strips, random, True, index)
        _rescore(matching, parameters, strips)
        energies.append(float(matching.cost.mean()))
        solutions.append((matching.match.copy(), pixels[matching.hole]))
    better = int(energies[1] < parameters.smooth_worth * energies[0])
    matching.match, pixels[matching.hole] = solutions[better]


def _fill_smoothly(matching: Matching, _parameters: Parameters, strips: Strips) -> None:
    """Fill the coarsest level's hole ring by ring with the means of the known neighbours."""
    level = matching.level
    deep = pyramid.depth(level)
    plane = level.pixels.reshape(level.height, level.width, 4)
    for turn in range(1, int(deep.max()) + 1):
        strips.check()
        rows, columns = np.nonzero(deep == turn)
        total = np.zeros((rows.size, 4), np.int64)
        count = np.zeros((rows.size, 1), np.int64)
        for dy, dx in itertools.product((-1, 0, 1), repeat=2):
            y = np.clip(rows + dy, 0, level.height - 1)
            x = np.clip(columns + dx, 0, level.width - 1)
            known = deep[y, x, None] < turn
            total += plane[y, x] * known
            count += known
        plane[rows, columns] = (total + count // 2) // count


def _rounds(
    matching: Matching,
    parameters: Parameters,
    strips: Strips,
    random: np.random.Generator,
    is_coarsest: bool,
    index: int,
) -> None:
    """Search and vote in turn until the colours settle."""
    level = matching.level
    count = parameters.middle_rounds
    if is_coarsest:
        count = parameters.coarse_rounds
    elif matching.targets.size > parameters.fine_targets:
        count = parameters.fine_rounds
    reach = 8 if index <= 1 and not is_coarsest else max(level.width, level.height) // 2
    guesses = 4 if is_coarsest else 0
    # Whole pixels on the finest level: means blur, and blur finds blurred sources (tuning set:
    # SWD .153 -> .146, PSNR -0.1 dB).
    copy_whole = index == 0 and not is_coarsest
    if not copy_whole:
        trust = strips.aside(confidence, matching, parameters.falloff)
    for turn in range(count):
        _rescore(matching, parameters, strips)
        for half in range(parameters.passes):
            forward = (turn * parameters.passes + half) % 2 == 0
            _improve(matching, parameters, strips, random, forward, reach, guesses)
        if copy_whole:
            _copy_best(matching, parameters, strips)
            continue
        change = _vote(matching, parameters, strips, _weights(matching, parameters, trust))
        if change < parameters.settled:
            break


def _rescore(matching: Matching, parameters: Parameters, strips: Strips) -> None:
    strips.run(
        search.rescore, matching.targets.size, GRAIN,
        matching.level.pixels, matching.level.width, parameters.radius,
        matching.targets, matching.match, matching.cost,
    )  # fmt: skip


def _improve(
    matching: Matching,
    parameters: Parameters,
    strips: Strips,
    random: np.random.Generator,
    forward: bool,
    reach: int,
    guesses: int,
) -> None:
    level = matching.level
    strips.run(
        search.improve, matching.targets.size, GRAIN,
        level.pixels, matching.is_source, level.width, level.height, parameters.radius,
        matching.targets, matching.sources, matching.number, matching.match.copy(),
        matching.match, matching.cost, forward, reach, guesses,
        int(random.integers(1, 1 << 32)),
    )  # fmt: skip


def _weights(
    matching: Matching, parameters: Parameters, trust: NDArray[np.float32]
) -> NDArray[np.float32]:
    """exp(-cost / 2 sigma) times the confidence in each target's place."""
    sigma = np.float32(np.quantile(matching.cost, parameters.cost_quantile) + 1)
    weights: NDArray[np.float32] = np.exp(matching.cost / np.float32(-2 * sigma), dtype=np.float32)
    weights *= trust
    weights += np.float32(1e-9)
    return weights


def _vote(
    matching: Matching, parameters: Parameters, strips: Strips, weights: NDArray[np.float32]
) -> float:
    """Vote softly; returns the mean change of a colour."""
    level = matching.level
    changes = strips.run(
        vote.soft, matching.hole.size, GRAIN,
        level.pixels, level.width, level.height, parameters.radius,
        matching.hole, matching.number, matching.match, weights,
    )  # fmt: skip
    return float(sum(changes)) / (3 * matching.hole.size)


def _peel(matching: Matching, parameters: Parameters, strips: Strips) -> None:
    """Fill the coarsest level's hole from its rim inwards."""
    level = matching.level
    deep = pyramid.depth(level).reshape(-1)
    pixels = level.pixels.reshape(-1, 4)
    for turn in range(1, int(deep.max()) + 1):
        ring = np.flatnonzero(deep == turn).astype(np.int32)
        origin = np.empty_like(ring)
        looked_at = max(1, min(ONION_SOURCES, ONION_TESTS // ring.size))
        step = max(1, matching.sources.size // looked_at)
        strips.run(
            onion.peel, ring.size, 64,
            level.pixels, (deep < turn).view(np.uint8), level.width, level.height,
            parameters.radius, ring, matching.sources, origin, step,
        )  # fmt: skip
        pixels[ring] = pixels[origin]


def _finish(
    matching: Matching, parameters: Parameters, strips: Strips, random: np.random.Generator
) -> None:
    """Vote for the last time, hard, and remove the seams."""
    _rescore(matching, parameters, strips)
    _improve(matching, parameters, strips, random, True, 4, 0)
    origin = _copy_best(matching, parameters, strips)
    _remove_seams(matching, origin, parameters, strips)


def _copy_best(matching: Matching, parameters: Parameters, strips: Strips) -> NDArray[np.int32]:
    """Vote hard, by the costs as they are; returns where each hole pixel was copied from."""
    level = matching.level
    radius = parameters.radius
    offset = np.arange(-radius, radius + 1, dtype=np.float32)
    window = np.exp((offset[:, None] ** 2 + offset**2) / (2 * radius**2)).astype(np.float32)
    origin = np.empty_like(matching.hole)
    strips.run(
        vote.hard, matching.hole.size, GRAIN,
        level.pixels, level.width, level.height, radius,
        matching.hole, matching.number, matching.match, matching.cost, window.reshape(-1), origin,
    )  # fmt: skip
    return origin


def _remove_seams(
    matching: Matching,
    origin: NDArray[np.int32],
    parameters: Parameters,
    strips: Strips,
) -> None:
    """Solve the screened Poisson equation over the hole; ends the matching's life."""
    level, hole = matching.level, matching.hole
    matching.forget()
    hole_number = matching.number  # taken over: no target is asked for any more
    hole_number.fill(-1)
    hole_number[hole] = np.arange(hole.size, dtype=np.int32)
    pixels = level.pixels.reshape(-1, 4)
    first = 0
    while first < hole.size:
        stop = min(first + SEAM_BAND, hole.size)
        beyond = (hole[stop - 1] // level.width + 1 + SEAM_OVERLAP) * level.width
        last = int(np.searchsorted(hole, beyond))
        if last == hole.size:
            stop = last
        value = _relax_band(matching, origin, hole_number, first, last, parameters, strips)
        pixels[hole[first:stop], :3] = value[: stop - first]
        first = stop


def _relax_band(
    matching: Matching,
    origin: NDArray[np.int32],
    hole_number: NDArray[np.int32],
    first: int,
    last: int,
    parameters: Parameters,
    strips: Strips,
) -> NDArray[np.uint8]:
    """Colours of hole pixels ``first`` to ``last``, uint8 (last - first, 3)."""
    level, size = matching.level, last - first
    right_side = np.zeros((size, 3), np.float32)
    value = np.zeros((size, 3), np.float32)
    beside = np.zeros((size, 4), np.int32)
    strips.run(
        seam.prepare, size, GRAIN,
        level.pixels, level.hidden, level.width, level.height, matching.hole, hole_number, origin,
        parameters.screening, first, last, right_side, beside, value,
    )  # fmt: skip
    places = matching.hole[first:last]
    parity = (places // level.width + places % level.width) & 1
    colours = [np.flatnonzero(parity == side).astype(np.int32) for side in (0, 1)]
    for _sweep in range(parameters.seam_sweeps):
        for colour in colours:
            strips.run(
                seam.relax, colour.size, 8 * GRAIN,
                right_side, beside, value, colour, parameters.screening,
                parameters.over_relaxation,
            )  # fmt: skip
    np.clip(np.rint(value, out=value), 0, 255, out=value)
    return value.astype(np.uint8)
