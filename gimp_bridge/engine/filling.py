"""The engine's door: checks the arrays, fills hole after hole, keeps numba out of imports."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.errors import EngineError
from gimp_bridge.language import _

if TYPE_CHECKING:
    from gimp_bridge.engine.strips import Strips

SMALLEST_SIDE = 16
"""Of a picture, in pixels: two patches and a hole must fit."""
SMALL_HOLE = 4096
"""Holes of fewer pixels are solved one on a thread; larger ones use all threads each."""


def use_cache(folder: Path) -> None:
    """Keep the compiled loops in ``folder``; call it before the first ``fill`` or ``warm_up``.

    Without it numba writes beside this package's files, or to the user's cache where that is
    read-only.
    """
    from numba import config

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what lies there is executed
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # set at run time


def warm_up(
    *, compiling: Callable[[], None] | None = None, cancel: Callable[[], bool] | None = None
) -> None:
    """Compile every inner loop, or read it from the cache.

    ``compiling`` is called once it turns out that the cache does not serve, which takes seconds.
    With ``cancel`` this is done on a thread: Cancelled is raised soon after ``cancel()`` is true,
    while the compiling goes on, so that it is not in vain.
    """
    if cancel is None:
        _load(compiling)
        return
    from gimp_bridge.engine.strips import Strips

    with Strips(cancel, threads=1) as strips:
        strips.aside(_load, compiling)


def _load(compiling: Callable[[], None] | None) -> None:
    from gimp_bridge.engine import vote  # importing compiles

    # What is defined last tells that all is there, also while another thread imports.
    is_ready = hasattr(sys.modules.get("gimp_bridge.engine.solver"), "solve")
    if compiling and vote.hard.stats.cache_misses and not is_ready:
        compiling()
    # At its first array numba asks for numpy.ma, 40 ms: better now, when often nobody waits.
    from numpy import ma  # noqa: F401

    from gimp_bridge.engine import solver  # noqa: F401


def fill(
    image: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    *,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    exclude: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Fill the masked pixels from the visible ones; all others come back unchanged.

    ``image`` uint8 (H, W, 3) sRGB; ``mask`` uint8 (H, W), non-zero = remove; ``exclude`` uint8
    (H, W), non-zero = visible but not to be copied.  What is under the mask is never looked at.
    The same input and seed give the same result.  ``progress`` hears fractions 0..1, from the
    thread at work, never from two at once; ``cancel`` is asked at least every 0.2 s.  Raises
    Cancelled, or EngineError when there is nothing to fill from.
    """
    _check(image, mask, exclude)
    result: NDArray[np.uint8] = image.copy()
    hidden = mask != 0
    if not hidden.any():
        return result
    warm_up(cancel=cancel)
    from gimp_bridge.engine.strips import Strips

    with Strips(cancel) as strips:
        _fill_holes(result, hidden, exclude, seed, strips, progress or (lambda _: None))
    return result


def _check(
    image: NDArray[np.uint8], mask: NDArray[np.uint8], exclude: NDArray[np.uint8] | None
) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise EngineError(_("The engine fills 8-bit RGB pictures only; this is another kind."))
    for plane in (mask, exclude):
        if plane is not None and (plane.dtype != np.uint8 or plane.shape != image.shape[:2]):
            raise EngineError(_("The selection and the picture are not of the same size."))
    if min(image.shape[:2]) < SMALLEST_SIDE:
        raise EngineError(
            _("The picture is too small to fill from: each side needs {pixels} pixels.").format(
                pixels=SMALLEST_SIDE
            )
        )


def _fill_holes(
    result: NDArray[np.uint8],
    hidden: NDArray[np.bool_],
    exclude: NDArray[np.uint8] | None,
    seed: int,
    strips: Strips,
    progress: Callable[[float], None],
) -> None:
    """Fill ``result`` in place: large holes one after the other, small ones beside each other."""
    from gimp_bridge.engine import holes, solver
    from gimp_bridge.engine.parameters import Parameters

    parameters = Parameters()
    excluded = None if exclude is None else exclude != 0
    total = int(hidden.sum())
    done: dict[int, float] = {}
    turn = Lock()

    def solve(index: int, hole: holes.Hole, workers: Strips) -> None:
        def report(fraction: float) -> None:
            with turn:
                workers.check()
                done[index] = fraction * hole.size
                progress(sum(done.values()) / total)

        # Other holes that reach into the window are hidden here as well, but filled elsewhere.
        there = hidden[hole.window]
        part = result[hole.window]
        barred = None if excluded is None else excluded[hole.window]
        colours = solver.solve(part, there, barred, parameters, seed, workers, report)
        part[hole.mask] = colours[hole.mask[there]]

    found = list(enumerate(strips.aside(holes.separate, hidden, parameters, excluded)))
    for index, hole in found:
        if hole.size >= SMALL_HOLE:
            solve(index, hole, strips)
    small = [
        (solve, (index, hole, strips.inline())) for index, hole in found if hole.size < SMALL_HOLE
    ]
    strips.gather(small)
