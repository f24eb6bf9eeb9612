"""The directories of TIFF files and of EXIF: where each tag's values stand."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 13: "I"}
_SIZES = {5: 8, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8, 18: 8}
_SIZES |= {kind: struct.calcsize(code) for kind, code in _CODES.items()}


class Entry(NamedTuple):
    """A tag's type (of TIFF 6.0), how many values it has, and where in the file they begin."""

    kind: int
    number: int
    place: int


@dataclass(frozen=True)
class Directory:
    """``order``: of the bytes, as `struct` has it; ``next``: the next one's place, 0 = none."""

    data: bytes
    order: str
    entries: dict[int, Entry]
    next_at: int

    @property
    def next(self) -> int:
        """Where the next directory begins."""
        return int(struct.unpack_from(f"{self.order}I", self.data, self.next_at)[0])

    def values(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """The whole numbers of a tag; struct.error, KeyError or ValueError where it is damaged."""
        if tag not in self.entries:
            return default
        kind, count, place = self.entries[tag]
        return struct.unpack_from(f"{self.order}{count}{_CODES[kind]}", self.data, place)

    def value(self, tag: int, default: int) -> int:
        """The first of them."""
        return self.values(tag, (default,))[0]

    def bytes_of(self, tag: int) -> bytes:
        """The bytes of a tag's values."""
        kind, count, place = self.entries[tag]
        return self.data[place : place + _SIZES[kind] * count]

    def pack(self, out: bytearray, tag: int, values: list[int]) -> None:
        """Write other values of a tag in their place; struct.error where one does not fit."""
        kind, count, place = self.entries[tag]
        struct.pack_into(f"{self.order}{count}{_CODES[kind]}", out, place, *values)


def read_directory(data: bytes, at: int | None = None) -> Directory:
    """The directory at ``at``, or the first one; struct.error or ValueError where there is none."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(data[:4]))
    if order is None:
        raise ValueError("no TIFF header")
    at = struct.unpack_from(f"{order}I", data, 4)[0] if at is None else at
    (count,) = struct.unpack_from(f"{order}H", data, at)
    entries = {}
    for place in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from(f"{order}HHI", data, place)
        where = place + 8
        if number * _SIZES.get(kind, 8) > 4:
            (where,) = struct.unpack_from(f"{order}I", data, where)
        entries[tag] = Entry(kind, number, where)
    return Directory(data, order, entries, at + 2 + 12 * count)
