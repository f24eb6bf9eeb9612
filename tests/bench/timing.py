"""How the engine's time and memory grow, beside the peers': one disc-shaped hole a picture.

Seconds on the clock depend on what else the machine does; processor seconds, of all threads and
children, hardly do, so both are told.  Those of G'MIC include reading and writing files.
"""

from __future__ import annotations

import os
import tracemalloc
from typing import NamedTuple

import holes
import numpy as np
import peers
from photographs import halves
from PIL import Image

SIZES_PX = (512, 1024, 2048, 4096)
SHARES_BESIDE_PEERS = (0.02, 0.1)
SHARES_ALONE = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


class Spent(NamedTuple):
    """Seconds of one run."""

    clock: float
    processor: float


def _processor_s() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def picture(size: int) -> np.ndarray:
    """The first photograph of the tuning set, uint8 (size, size, 3)."""
    photograph = next(p for p in halves()["tuning"] if p.path.exists())
    return np.asarray(Image.fromarray(photograph.read(size)).resize((size, size)))


def run(engine: peers.Engine, image: np.ndarray, mask: np.ndarray) -> Spent:
    """Fill once."""
    before = _processor_s()
    seconds = engine(image, mask)[1]
    return Spent(seconds, _processor_s() - before)


def beside_peers(engines: dict[str, peers.Engine], sizes: list[int]) -> None:
    """Print both seconds of every engine at growing sizes, warm.

    Ours runs before and after each peer, and the worse counts: the load may change meanwhile.
    """
    for engine in engines.values():
        run(engine, picture(512), holes.square(512, 0.02))
    for size in sizes:
        image = picture(size)
        for share in SHARES_BESIDE_PEERS:
            mask = holes.square(size, share)
            for name, engine in engines.items():
                if name == "ours":
                    continue
                first, spent = run(peers.ours, image, mask), run(engine, image, mask)
                second = run(peers.ours, image, mask)
                mine = Spent(*map(max, zip(first, second, strict=True)))
                ratios = spent.clock / mine.clock, spent.processor / mine.processor
                print(
                    f"{size:5} px {share:4.0%}   ours {mine.clock:.2f} s ({mine.processor:.2f} s)"
                    f"   {name} {spent.clock:.2f} s ({spent.processor:.2f} s)"
                    f"   1/{ratios[0]:.0f} (1/{ratios[1]:.0f})"
                    f"   load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )


def growth(sizes: list[int]) -> None:
    """Print ours over the hole's area: seconds, and the arrays' peak above the image."""
    run(peers.ours, picture(512), holes.square(512, 0.02))
    for size in sizes:
        image = picture(size)
        for share in SHARES_ALONE:
            mask = holes.square(size, share)
            spent = run(peers.ours, image, mask)
            tracemalloc.start()
            peers.ours(image, mask)
            peak = tracemalloc.get_traced_memory()[1] / size**2
            tracemalloc.stop()
            print(
                f"{size:5} px {share:4.0%}   {spent.clock:.2f} s ({spent.processor:.2f} s)"
                f"   {spent.processor / (share * size**2) * 1e6:.2f} s a megapixel of hole"
                f"   {peak:.1f} bytes a pixel   load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
