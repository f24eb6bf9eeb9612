"""Small pictures inside metadata, which would go on showing what was removed."""

from __future__ import annotations

import re
import struct

from gimp_bridge.cli.formats.ifd import Directory, read_directory

_THUMBNAIL_RESOURCES = (0x0409, 0x040C)  # Photoshop 4 and later, of Adobe's file formats
_XMP_IMAGE = re.compile(rb"(<xmpGImg:image>)[^<]*(?=</xmpGImg:image>)|(xmpGImg:image=\")[^\"]*")


def clean_exif(exif: bytes) -> bytes:
    """EXIF without its thumbnail; nothing moves, since maker notes count from its beginning."""
    try:
        first = read_directory(exif)
        if not first.next:
            return exif
        second = read_directory(exif, first.next)
        cleaned = bytearray(exif)
        for start, size in _pictures(second):
            cleaned[start : start + size] = bytes(len(cleaned[start : start + size]))
    except (struct.error, ValueError, KeyError, IndexError):
        return exif  # nobody can read a thumbnail from it
    struct.pack_into(f"{first.order}I", cleaned, first.next_at, 0)
    return bytes(cleaned)


def clean_resources(resources: bytes) -> bytes:
    """Photoshop's image resources without thumbnails."""
    kept, at = [], 0
    while resources[at : at + 4] == b"8BIM":
        name_end = at + 6 + (resources[at + 6] + 2) // 2 * 2
        size = int.from_bytes(resources[name_end : name_end + 4], "big")
        end = name_end + 4 + size + size % 2
        if int.from_bytes(resources[at + 4 : at + 6], "big") not in _THUMBNAIL_RESOURCES:
            kept.append(resources[at:end])
        at = end
    return b"".join([*kept, resources[at:]])


def clean_xmp(xmp: bytes) -> bytes:
    """XMP whose thumbnails are empty."""
    return _XMP_IMAGE.sub(lambda found: found[1] or found[2], xmp)


def _pictures(directory: Directory) -> list[tuple[int, int]]:
    """Where a thumbnail's directory has pixels: (start, size) of each piece."""
    pieces = []
    for starts, sizes in ((0x0201, 0x0202), (273, 279)):
        if starts in directory.entries:
            pairs = (directory.values(starts), directory.values(sizes))
            pieces += list(zip(*pairs, strict=True))
    return pieces
