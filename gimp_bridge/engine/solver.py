"""Coarse to fine: solves one window whose hole is to be filled.

The rounds of search and vote are Wexler 2007's expectation maximisation; see the modules of the
single steps for their sources.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.engine import poisson, pyramid, search, starts, vote
from gimp_bridge.engine.matching import (
    Matching,
    confidence,
    draw_at_random,
    inherit,
    prepare,
)
from gimp_bridge.engine.parameters import Parameters
from gimp_bridge.engine.strips import GRAIN, Strips
from gimp_bridge.errors import EngineError
from gimp_bridge.language import _


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
    for fill in (starts.peel, starts.fill_smoothly):
        fill(matching, parameters.radius, strips)
        draw_at_random(matching, random)
        _rounds(matching, parameters, strips, random, True, index)
        _rescore(matching, parameters, strips)
        energies.append(float(matching.cost.mean()))
        solutions.append((matching.match.copy(), pixels[matching.hole]))
    better = int(energies[1] < parameters.smooth_worth * energies[0])
    matching.match, pixels[matching.hole] = solutions[better]


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


def _finish(
    matching: Matching, parameters: Parameters, strips: Strips, random: np.random.Generator
) -> None:
    """Vote for the last time, hard, and remove the seams."""
    _rescore(matching, parameters, strips)
    _improve(matching, parameters, strips, random, True, 4, 0)
    origin = _copy_best(matching, parameters, strips)
    poisson.remove_seams(matching, origin, parameters, strips)


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
