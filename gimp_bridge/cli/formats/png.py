"""PNG: new image data between the old chunks, which stay byte for byte."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.cli.formats.previews import clean_exif
from gimp_bridge.language import _

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = {(1, 0), (8, 0), (16, 0), (8, 2), (8, 4), (8, 6), (1, 3), (2, 3), (4, 3), (8, 3)}
"""Bits and kind of colour that Pillow reads and writes without loss."""


def problem(data: bytes, picture: Image.Image) -> str:
    """Why it cannot be kept: several frames, or bits that Pillow does not keep."""
    depth, colour = data[24], data[25]
    if (depth, colour) in _KEPT:
        return ""
    if depth == 16:
        return _("it has colours of 16 bits: open it in GIMP, which keeps them")
    return _("it has gray of {bits} bits: save it with 8").format(bits=depth)


def rewritten(
    data: bytes, picture: Image.Image, stored: NDArray[np.uint8], repaired: NDArray[np.bool_]
) -> tuple[bytes, str]:
    """The file with the ``stored`` pixels, in Pillow's mode."""
    new = Image.fromarray(stored)
    options = {}
    if picture.mode == "P":
        new.putpalette(picture.getpalette() or b"")  # it is gray until then
        options["bits"] = data[24]
    file = io.BytesIO()
    new.save(file, "PNG", **options)
    coded = {name: body for name, body in _chunks(file.getvalue()) if name == b"IHDR"}
    pixels = [body for name, body in _chunks(file.getvalue()) if name == b"IDAT"]
    out, done = [_SIGNATURE], False
    for name, body in _chunks(data):
        if name == b"IDAT":
            out += [] if done else [_chunk(name, each) for each in pixels]
            done = True
        else:
            body = clean_exif(body) if name == b"eXIf" else coded.get(name, body)
            out.append(_chunk(name, body))
    return b"".join(out), ""


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size


def _chunk(name: bytes, body: bytes) -> bytes:
    checked = name + body
    return len(body).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")
