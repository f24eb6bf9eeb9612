"""The embedded engine as a remover: no key, no network, no cost."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gimp_bridge import engine
from gimp_bridge.errors import EngineError
from gimp_bridge.language import N_, _
from gimp_bridge.picture.mask import removal_share
from gimp_bridge.picture.spread import spread
from gimp_bridge.picture.window import Limits
from gimp_bridge.worker.remover import Crop, RemoverKind, Tell

# The engine takes any size, and copies only from what is not removed: a tenth must remain.
LIMITS = Limits(max_side_px=1 << 20, most_share=0.9)
LITTLE_LEFT = N_(
    "More than half is removed, so there is little to copy from: look closely at the result."
)
FILLING = N_("Filling from the surroundings")
PREPARING = N_("Preparing the built-in engine: ten seconds or so, only this once")


def warning(share: float) -> str:
    """What a person should know where this ``share`` (0..1) of a window is hole; mostly ""."""
    return _(LITTLE_LEFT) if share > LIMITS.max_share else ""


def warm_up() -> None:
    """Compile the engine's loops, or read them from the environment's own folder."""
    use_environments_cache()
    engine.warm_up()


def use_environments_cache() -> None:
    """Keep the compiled loops in the worker's environment, which goes when the plug-in goes."""
    if sys.prefix != sys.base_prefix:
        engine.use_cache(Path(sys.prefix) / "compiled")


def load_early(cancel: Callable[[], bool]) -> None:
    """Read the compiled loops now, when nobody waits: a dialog is open.

    What goes wrong is told by the removal, which needs them too.
    """
    use_environments_cache()
    with contextlib.suppress(Exception):
        engine.warm_up(cancel=cancel)


def continue_grey(
    picture: NDArray[np.uint8], removal: NDArray[np.uint8], cancel: Callable[[], bool]
) -> NDArray[np.uint8]:
    """``picture``, uint8 (h, w, 3), filled where ``removal`` is > 0; smoothly where it is tiny."""
    use_environments_cache()
    try:
        return engine.fill(picture, removal, cancel=cancel)
    except EngineError:
        known = (removal == 0).astype(np.float32)
        return np.rint(spread(picture.astype(np.float32), known)).astype(np.uint8)


class EngineRemover:
    """“This computer”: one window for each part of the selection, since only pixels cost."""

    # What it copies is right in any colours.
    kind = RemoverKind(LIMITS, per_part=True, wants_srgb=False)

    def __init__(self, cancel: Callable[[], bool], variant: int = 0) -> None:
        self._cancel = cancel
        self._variant = variant
        self._note = ""
        use_environments_cache()

    def confirm(self, scales: list[float]) -> None:
        """Nothing is sent and nothing is paid, so there is nothing to ask."""

    def remove(self, crop: Crop, tell: Tell) -> NDArray[np.uint8]:
        """Fill the hole from its surroundings."""
        self._note = self._note or warning(removal_share(crop.sent_removal))
        engine.warm_up(compiling=lambda: tell(_(PREPARING), None), cancel=self._cancel)
        tell(_(FILLING), 0.0)
        return engine.fill(
            crop.sent_rgb,
            crop.sent_removal,
            seed=self._variant,
            progress=lambda fraction: tell(_(FILLING), fraction),
            cancel=self._cancel,
        )

    @property
    def unclaimed(self) -> list[str]:
        """Nothing was paid."""
        return []

    def claim(self) -> str | None:
        """Nothing was paid; a large hole is told."""
        return self._note or None
