"""WebP: lossless stays lossless; a lossy one is compressed again as a whole, to a like size."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.cli.formats.previews import clean_exif, clean_xmp


def problem(data: bytes, picture: Image.Image) -> str:
    """Nothing, as long as it is one frame."""
    return ""


def rewritten(
    data: bytes, picture: Image.Image, stored: NDArray[np.uint8], repaired: NDArray[np.bool_]
) -> tuple[bytes, str]:
    """The file with the ``stored`` pixels, in Pillow's mode."""
    new = Image.fromarray(np.ascontiguousarray(stored))
    options: dict[str, Any] = {"icc_profile": picture.info.get("icc_profile", b"")}
    options["exif"] = clean_exif(picture.info.get("exif", b"").removeprefix(b"Exif\0\0"))
    options["xmp"] = clean_xmp(picture.info.get("xmp", b""))
    if _is_lossless(data):
        return _saved(new, lossless=True, exact=True, **options), ""
    return _of_like_size(new, len(data), options), ""


def _of_like_size(picture: Image.Image, size: int, options: dict[str, Any]) -> bytes:
    """The one of seven tries whose size is nearest; it grows with the quality."""
    low, high, tries = 0, 101, list[bytes]()
    while high - low > 1:
        middle = (low + high) // 2
        tries.append(_saved(picture, quality=middle, **options))
        low, high = (middle, high) if len(tries[-1]) < size else (low, middle)
    return min(tries, key=lambda data: abs(len(data) - size))


def _saved(picture: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "WEBP", **options)
    return file.getvalue()


def _is_lossless(data: bytes) -> bool:
    at = 12
    while at + 8 <= len(data) and data[at : at + 4] not in (b"VP8 ", b"VP8L"):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return data[at : at + 4] == b"VP8L"
