"""Coarse to fine: solves one window whose hole is to be filled.

The rounds of search and vote are Wexler 2007's expectation maximisation; see the modules of the
single steps for their sources.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gimp_bridge.engine import onion, pyramid, seam, search, vote
from gimp_bridge.engine.matching import Matching, draw_at_random, inherit, prepare
from gimp_bridge.engine.parameters import Parameters
from gimp_bridge.engine.strips import Strips
from gimp_bridge.errors import EngineError
from gimp_bridge.language import _

GRAIN = 8192
"""Targets or hole pixels a thread takes at a time: 10 - 50 ms of work."""
ONION_SOURCES = 6000
"""The onion start looks at no more sources than about this, evenly spread."""
ONION_TESTS = 2_000_000
"""Nor at more pairs of a ring pixel and a source in a ring: half a second of work; it limits
thin scratches across a whole picture, whose rings are long."""


def solve(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    barred: NDArray[np.bool_],
    parameters: Parameters,
    seed: int,
    strips: Strips,
    progress: Callable[[float], None],
) -> NDArray[np.uint8]:
    """Find the hole's colours, uint8 (pixels in the mask, 3), in row order.

    ``image`` uint8 (H, W, 3); ``mask`` and ``barred`` bool (H, W); the mask is not empty.
    Raises EngineError when no patch is free of hidden and barred pixels.
    """
    window = pyramid.finest(image, mask, barred, parameters.texture_weight)
    levels = pyramid.build(window, parameters)
    random = np.random.default_rng(seed)
    effort = [int(level.hidden.sum()) + 1000 for level in levels]
    coarse: Matching | None = None
    while levels:
        index = len(levels) - 1
        matching = prepare(levels.pop(), parameters.radius, parameters.falloff)
        if not matching.sources.size or not matching.targets.size:
            continue
        if coarse is None:
            _peel(matching, parameters, strips)
            draw_at_random(matching, random)
        else:
            inherit(matching, coarse, random)
            # Whole pixels, not means: means of patches that disagree would draw the search to
            # blurred sources (SWD .154 with means, .152 so).
            _copy_best(matching, parameters, strips)
        _rounds(matching, parameters, strips, random, coarse is None, index)
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
    for turn in range(count):
        _rescore(matching, parameters, strips)
        for half in range(parameters.passes):
            forward = (turn * parameters.passes + half) % 2 == 0
            _improve(matching, parameters, strips, random, forward, reach, guesses)
        if index == 0 and not is_coarsest:
            # Whole pixels on the finest level: means blur, and blur finds blurred sources
            # (tuning set: SWD .153 -> .146, PSNR -0.1 dB).
            _copy_best(matching, parameters, strips)
            continue
        change = _vote(matching, parameters, strips, _weights(matching, parameters))
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


def _weights(matching: Matching, parameters: Parameters) -> NDArray[np.float32]:
    """exp(-cost / 2 sigma) times the confidence of each target's place."""
    sigma = np.float32(np.quantile(matching.cost, parameters.cost_quantile) + 1)
    weights: NDArray[np.float32] = np.exp(matching.cost / np.float32(-2 * sigma), dtype=np.float32)
    weights *= matching.confidence
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
    known = (level.hidden == 0).reshape(level.height, level.width)
    pixels = level.pixels.reshape(-1, 4)
    while not known.all():
        grown = ndimage.binary_dilation(known, np.ones((3, 3), bool))
        ring = np.flatnonzero(grown & ~known).astype(np.int32)
        origin = np.empty_like(ring)
        looked_at = max(1, min(ONION_SOURCES, ONION_TESTS // ring.size))
        step = max(1, matching.sources.size // looked_at)
        strips.run(
            onion.peel, ring.size, 64,
            level.pixels, known.reshape(-1).astype(np.uint8), level.width, level.height,
            parameters.radius, ring, matching.sources, origin, step,
        )  # fmt: skip
        pixels[ring] = pixels[origin]
        known = grown


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
    matching.forget()  # 2 bytes a pixel of a large window
    hole_number = matching.number  # taken over: no target is asked for any more
    hole_number.fill(-1)
    hole_number[hole] = np.arange(hole.size, dtype=np.int32)
    right_side = np.zeros((hole.size, 3), np.float32)
    value = np.zeros((hole.size, 3), np.float32)
    beside = np.zeros((hole.size, 4), np.int32)
    strips.run(
        seam.prepare, hole.size, GRAIN,
        level.pixels, level.hidden, level.width, level.height, hole, hole_number, origin,
        parameters.screening, right_side, beside, value,
    )  # fmt: skip
    parity = (hole // level.width + hole % level.width) & 1
    colours = [np.flatnonzero(parity == side).astype(np.int32) for side in (0, 1)]
    for _sweep in range(parameters.seam_sweeps):
        for colour in colours:
            strips.run(
                seam.relax, colour.size, 8 * GRAIN,
                right_side, beside, value, colour, parameters.screening,
                parameters.over_relaxation,
            )  # fmt: skip
    colour_bytes = np.clip(np.rint(value), 0, 255).astype(np.uint8)
    level.pixels.reshape(-1, 4)[hole, :3] = colour_bytes
