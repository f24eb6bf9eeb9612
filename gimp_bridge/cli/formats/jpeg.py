"""JPEG: the blocks with repaired pixels are coded anew; see ``cli.jpeg``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.cli.formats.previews import clean_exif, clean_resources, clean_xmp
from gimp_bridge.cli.jpeg import blocks
from gimp_bridge.cli.jpeg.scans import JpegFile, NotJpeg, Segment, read_frame, split
from gimp_bridge.language import _

_CLEAN = {
    (0xE1, b"Exif\0\0"): clean_exif,
    (0xE1, b"http://ns.adobe.com/xap/1.0/\0"): clean_xmp,
    (0xED, b"Photoshop 3.0\0"): clean_resources,
}
"""By marker and the beginning of its payload."""


def problem(data: bytes, picture: Image.Image) -> str:
    """Why it cannot be kept: a rare kind of coding, or several pictures in one file."""
    try:
        read_frame(split(data)[0])
    except (NotJpeg, ValueError, IndexError, StopIteration):
        return _("it has a rare kind of JPEG coding, or is damaged")
    return ""


def rewritten(
    data: bytes, picture: Image.Image, stored: NDArray[np.uint8], repaired: NDArray[np.bool_]
) -> bytes:
    """The file with the ``stored`` pixels, in Pillow's mode, where ``repaired`` (h, w).

    All other coefficients, tables and metadata stay, but for thumbnails.  Raises NotJpeg.
    """
    jpeg = JpegFile.read(data)
    transform = picture.info.get("adobe_transform")
    if "jfif" in picture.info and len(jpeg.components) == 3:
        transform = 1
    letters = bytes(each.name for each in jpeg.components) == b"RGB"
    planes = blocks.stored_colours(stored, transform=transform, letters=letters)
    blocks.replace(jpeg, planes, repaired)
    jpeg.segments = [_cleaned(segment) for segment in jpeg.segments]
    return jpeg.written()


def _cleaned(segment: Segment) -> Segment:
    for (marker, start), clean in _CLEAN.items():
        if segment.marker == marker and segment.payload.startswith(start):
            return segment._replace(payload=start + clean(segment.payload[len(start) :]))
    return segment
