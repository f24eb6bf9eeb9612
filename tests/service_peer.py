"""The local server as a peer for tests, with a fill that shows every misplacement.

``pictures`` are position-sensitive: four quadrants that differ, a mask off the origin.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flask
import numpy as np
from PIL import Image

from gimp_bridge.server import create_app, running

KEY = "test-key-0123456789abcdef"


def quadrants(width: int = 64, height: int = 48) -> np.ndarray:
    """uint8 (height, width, 3): red, green, blue and grey quarters over a slope of their own."""
    picture = np.zeros((height, width, 3), np.uint8)
    middle_row, middle_column = height // 2, width // 2
    picture[:middle_row, :middle_column] = (200, 10, 20)
    picture[:middle_row, middle_column:] = (10, 190, 30)
    picture[middle_row:, :middle_column] = (20, 30, 180)
    picture[middle_row:, middle_column:] = (120, 110, 100)
    picture[..., 0] += np.arange(width, dtype=np.uint8)[None] // 4
    picture[..., 1] += np.arange(height, dtype=np.uint8)[:, None] // 4
    return picture


def hole(width: int = 64, height: int = 48) -> np.ndarray:
    """uint8 (height, width): 255 in columns 20-31 and rows 8-15."""
    mask = np.zeros((height, width), np.uint8)
    mask[8:16, 20:32] = 255
    return mask


def png(pixels: np.ndarray) -> bytes:
    """The pixels as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def pixels_of(file: bytes) -> np.ndarray:
    """The pixels of a picture file, uint8 (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))


def place_fill(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> np.ndarray:
    """Fill each masked pixel with (column, row, 77): where it came from can be read off."""
    filled = image.copy()
    rows, columns = np.nonzero(mask)
    filled[rows, columns, 0] = columns
    filled[rows, columns, 1] = rows
    filled[rows, columns, 2] = 77
    return filled


@contextmanager
def local_service(
    observe: Callable[[flask.Request], Any] | None = None, **options: Any
) -> Iterator[str]:
    """Run the local server on a free port of this machine; gives its address.

    ``observe`` sees every request before it is answered, and may give another answer.
    """
    app = create_app(**{"fill": place_fill, "key": KEY, "qps": None, **options})
    if observe is not None:
        app.before_request(lambda: observe(flask.request))
    with running(app) as address:
        yield address
