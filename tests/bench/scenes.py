"""Photograph-like pictures of any size, the same in every run, and selections in them.

Made from the freely licensed photographs in scikit-image's wheel: mirrored tiles, enlarged twice
(small pictures are sharper than a camera's), each with its own exposure and a little noise, so
that they compress as photographs do: 1.25 MB a megapixel and 1.1 s at PNG level 9, where six
photographs of 2 to 24 megapixels had 0.2 - 1.3 MB and 0.4 - 1.3 s.  Nothing in them is to be
looked at: only time and bytes count.
"""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

FILES = ("coffee.png", "rocket.jpg", "chelsea.png", "motorcycle_left.png", "astronaut.png")
TILE = (300, 400)
NOISE_LEVELS = 0.4
ENLARGED = 2
ASPECT = 4 / 3


class Ellipse(NamedTuple):
    """A selection: its bounds in pixels of the image."""

    x: int
    y: int
    width: int
    height: int


def size_of(megapixels: float) -> tuple[int, int]:
    """(width, height) of a 4 : 3 picture."""
    height = round(math.sqrt(megapixels * 1e6 / ASPECT))
    return round(megapixels * 1e6 / height), height


def ellipse(size: tuple[int, int], area_px: float) -> Ellipse:
    """A 4 : 3 ellipse of ``area_px`` pixels, off the middle of a picture of ``size``."""
    height = math.sqrt(area_px * 4 / math.pi / ASPECT)
    width, tall = round(height * ASPECT), round(height)
    return Ellipse(round((size[0] - width) * 0.47), round((size[1] - tall) * 0.45), width, tall)


def photograph(size: tuple[int, int]) -> np.ndarray:
    """uint8 (height, width, 3), deterministic."""
    width, height = size
    tiles = [_tile(file) for file in FILES]
    picture = np.empty((height, width, 3), np.uint8)
    for row in range(0, height, TILE[0]):
        for column in range(0, width, TILE[1]):
            place = picture[row : row + TILE[0], column : column + TILE[1]]
            down, right = row // TILE[0], column // TILE[1]
            tile = tiles[(3 * down + right) % len(tiles)]
            tile = tile[:: -1 if down % 2 else 1, :: -1 if right % 2 else 1]
            place[:] = _exposed(tile, (down, right))[: place.shape[0], : place.shape[1]]
    return picture


def save_ppm(picture: np.ndarray, path: Path) -> None:
    """Write a file that GIMP loads without decoding."""
    with path.open("wb") as file:
        file.write(f"P6 {picture.shape[1]} {picture.shape[0]} 255\n".encode())
        file.write(picture.tobytes())


def _tile(file: str) -> np.ndarray:
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise SystemExit("The pictures come from scikit-image's wheel: pip install scikit-image")
    with Image.open(Path(spec.origin).parent / "data" / file) as opened:
        picture = opened.convert("RGB")
    size = (ENLARGED * picture.width, ENLARGED * picture.height)
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC))[: TILE[0], : TILE[1]]


def _exposed(tile: np.ndarray, place: tuple[int, int]) -> np.ndarray:
    random = np.random.default_rng((20261122, *place))
    noise = random.standard_normal(tile.shape, np.float32) * NOISE_LEVELS
    levels = tile * np.float32(random.uniform(0.8, 1.1)) + noise
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
