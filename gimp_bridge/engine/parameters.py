"""The engine's tuned numbers in one place; docs/engine.md says how each was measured."""

from __future__ import annotations

from typing import NamedTuple


class Parameters(NamedTuple):
    """What ``fill`` solves with; lengths are in pixels of the level at hand."""

    radius: int = 3
    """Patches are 7 x 7."""
    texture_weight: float = 8.0
    """Of the texture feature beside the colours (both 0..255)."""
    smooth_worth: float = 0.85
    """On the coarsest level, the smooth start's solution is taken below this part of the cost."""
    coarse_rounds: int = 12
    """Rounds of search and vote on the coarsest level."""
    middle_rounds: int = 6
    fine_rounds: int = 3
    """Rounds where a level has more than ``fine_targets`` targets."""
    fine_targets: int = 20000
    passes: int = 2
    """PatchMatch passes in a round."""
    cost_quantile: float = 0.75
    """Sigma of the vote's weights, as a quantile of the costs, as in Wexler 2007."""
    falloff: float = 3.0
    """A patch counts this much less for every pixel it lies deeper in the hole.

    The floor of the weights, 1e-9, makes all patches deeper than about 19 px count alike."""
    settled: float = 0.3
    """Mean change of a colour below which a level is done."""
    screening: float = 0.001
    seam_sweeps: int = 60
    over_relaxation: float = 1.94
    margin: float = 1.0
    """Sources are taken from this many times the hole's larger side around it."""
    least_margin: int = 48
    apart: int = 25
    """Holes with fewer pixels than this between them are solved as one."""
