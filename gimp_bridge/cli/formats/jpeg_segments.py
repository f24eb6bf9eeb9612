"""The marker segments of a JPEG file (ITU-T T.81, annex B); what they code stays opaque."""

from __future__ import annotations

import re

SOF = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
"""Frames; only 0xC0 to 0xC2 are common: baseline, extended and progressive Huffman coding."""
_CODING = (*range(0xC0, 0xD0), *range(0xDA, 0xE0))
_SOS, _END = 0xDA, b"\xff\xd9"
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


def split(data: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """The segments with metadata, those that make up the picture, and what follows its end.

    Each begins with its marker; a scan's ends with its entropy-coded data.  Raises ValueError.
    """
    metadata, coding, at = list[bytes](), list[bytes](), 2
    while at + 4 <= len(data) and data[at : at + 2] != _END:
        if data[at : at + 2] == b"\xff\xff":  # a fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at] != 0xFF or end > len(data):
            raise ValueError("no marker segment")
        if data[at + 1] == _SOS:
            found = _NEXT_MARKER.search(data, end)
            end = found.start() if found else len(data)
        (coding if data[at + 1] in _CODING else metadata).append(data[at:end])
        at = end
    return metadata, coding, data[at + 2 :]


def joined(metadata: list[bytes], coding: list[bytes], trailer: bytes = b"") -> bytes:
    """A file of the parts that ``split`` gives."""
    return b"".join([b"\xff\xd8", *metadata, *coding, _END, trailer])


def frame(coding: list[bytes]) -> bytes:
    """The segment with the picture's size and components; ValueError where there is none."""
    for segment in coding:
        if segment[1] in SOF:
            return segment
    raise ValueError("no frame")
