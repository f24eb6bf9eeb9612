"""BMP without compression: the repaired pixels are written in their place."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.language import _


def problem(data: bytes, picture: Image.Image) -> str:
    """Why it cannot be kept: pixels that are no whole bytes, or compressed."""
    bits, compression = struct.unpack_from("<HI", data, 28) if len(data) > 54 else (0, 0)
    core = data[14:18] == b"\x0c\0\0\0"  # OS/2
    if core or bits not in (8, 24, 32) or compression not in (0, 3):
        return _("it has a rare kind of BMP coding")
    return ""


def rewritten(
    data: bytes, picture: Image.Image, stored: NDArray[np.uint8], repaired: NDArray[np.bool_]
) -> tuple[bytes, str]:
    """The file with the ``stored`` pixels, in Pillow's mode, where ``repaired`` (h, w)."""
    (start,), (height,) = struct.unpack_from("<I", data, 10), struct.unpack_from("<i", data, 22)
    size = struct.unpack_from("<H", data, 28)[0] // 8
    line = -(-picture.width * size // 4) * 4
    out = bytearray(data)
    lines = np.frombuffer(out, np.uint8, line * picture.height, start).reshape(-1, line)
    pixels = lines[:, : picture.width * size].reshape(picture.height, picture.width, size)
    pixels = pixels if height < 0 else pixels[::-1]
    rows, columns = np.nonzero(repaired)
    values = stored.reshape(*repaired.shape, -1)[rows, columns]
    if size > 1:
        values[:, :3] = values[:, 2::-1]
    pixels[rows, columns, : values.shape[1]] = values
    return bytes(out), ""
