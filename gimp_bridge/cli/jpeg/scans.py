"""The coefficients of a JPEG file, read from its scans and written into the same scans.

``JpegFile`` holds the file's segments; all but the entropy-coded data, and Huffman tables that
lack a code, are written as they were read.  Not for arithmetic coding, 12 bits or lossless files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.cli.jpeg.huffman import Table, best_table, read_tables

SOI, EOI, SOS, DQT, DHT, DRI = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD
SEQUENTIAL, PROGRESSIVE = (0xC0, 0xC1), 0xC2
_FRAMES = {*range(0xC0, 0xD0)} - {DHT, 0xC8, 0xCC}
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_RESTART = re.compile(rb"\xff+[\xd0-\xd7]")


class NotJpeg(Exception):
    """The file is damaged, or of a kind of JPEG whose coefficients we cannot read."""


class Segment(NamedTuple):
    """A marker, its payload, and of SOS the entropy-coded data after it."""

    marker: int
    payload: bytes
    data: bytes = b""

    @property
    def written(self) -> bytes:
        """As it stands in the file."""
        size = (len(self.payload) + 2).to_bytes(2, "big")
        return bytes([255, self.marker]) + size + self.payload + self.data


class Component(NamedTuple):
    """A colour plane: its sampling factors, its table, and its blocks in the flat coefficients."""

    name: int
    across: int
    down: int
    table: int
    columns: int
    rows: int
    start: int

    def numbers(self) -> NDArray[np.int32]:
        """The number of each block: (rows, columns)."""
        count = self.rows * self.columns
        blocks = np.arange(self.start, self.start + count, dtype=np.int32)
        return blocks.reshape(self.rows, self.columns)


class _Scan(NamedTuple):
    """What an SOS segment says; ``tables``: the DC and the AC table of each component."""

    components: list[int]
    tables: list[tuple[int, int]]
    first: int
    last: int
    refines: bool
    low: int


@dataclass
class JpegFile:
    """``coefficients``: int16 (blocks, 64) in zigzag order, to be changed in place."""

    segments: list[Segment]
    trailer: bytes
    width: int
    height: int
    progressive: bool
    components: list[Component]
    coefficients: NDArray[np.int16]

    @classmethod
    def read(cls, data: bytes) -> JpegFile:
        """Read a whole file; raises NotJpeg."""
        try:
            segments, trailer = split(data)
            jpeg = cls(segments, trailer, *read_frame(segments))
            jpeg._decode()
        except (IndexError, ValueError, KeyError, StopIteration) as error:
            raise NotJpeg(f"{error}") from error
        return jpeg

    @property
    def across(self) -> int:
        """The largest horizontal sampling factor."""
        return max(each.across for each in self.components)

    @property
    def down(self) -> int:
        """The largest vertical sampling factor."""
        return max(each.down for each in self.components)

    def samples(self, component: Component) -> tuple[int, int]:
        """(rows, columns) of a component's samples that belong to the picture."""
        rows = -(-self.height * component.down // self.down)
        return rows, -(-self.width * component.across // self.across)

    def quantisation(self) -> dict[int, NDArray[np.int64]]:
        """The 64 divisors, in zigzag order, of each table; NotJpeg where one has two."""
        tables: dict[int, NDArray[np.int64]] = {}
        for segment in self.segments:
            if segment.marker == DQT:
                for name, table in _read_divisors(segment.payload):
                    if not np.array_equal(tables.setdefault(name, table), table):
                        raise NotJpeg("a quantisation table is defined twice")
        return tables

    def written(self) -> bytes:
        """The file with the coefficients as they are now."""
        out, tables, interval = [bytes([255, SOI])], dict[int, Table](), 0
        for segment in self.segments:
            if segment.marker == DHT:
                tables |= read_tables(segment.payload)
            if segment.marker == DRI:
                interval = int.from_bytes(segment.payload[:2], "big")
            if segment.marker == SOS:
                new, data = self._encode(segment, tables, interval)
                tables |= new
                out += [table.segment(name) for name, table in new.items()]
                segment = segment._replace(data=data)
            out.append(segment.written)
        return b"".join([*out, bytes([255, EOI]), self.trailer])

    def _decode(self) -> None:
        from gimp_bridge.cli.jpeg import entropy

        tables, interval = dict[int, Table](), 0
        for segment in self.segments:
            if segment.marker == DHT:
                tables |= read_tables(segment.payload)
            elif segment.marker == DRI:
                interval = int.from_bytes(segment.payload[:2], "big")
            elif segment.marker == SOS:
                scan = self._scan(segment)
                order, component, between = self._order(scan, interval)
                parts = [part.replace(b"\xff\0", b"\xff") for part in _RESTART.split(segment.data)]
                ends = np.cumsum([0, *map(len, parts)])
                if len(parts) < -(-len(order) // between):
                    raise NotJpeg("a restart marker is missing")
                decode = entropy.decode_refinement if scan.refines else entropy.decode_first
                decode(
                    np.frombuffer(bytearray().join([*parts, bytes(4)]), np.uint8),
                    ends[:-1].astype(np.int64),
                    order,
                    component,
                    between,
                    _lookups(tables, [dc for dc, _ac in scan.tables]),
                    _lookups(tables, [0x10 | ac for _dc, ac in scan.tables]),
                    scan.first,
                    scan.last,
                    scan.low,
                    self.coefficients.reshape(-1),
                )

    def _encode(
        self, segment: Segment, tables: dict[int, Table], interval: int
    ) -> tuple[dict[int, Table], bytes]:
        """The scan's data, and the tables that must be defined anew before it."""
        from gimp_bridge.cli.jpeg import entropy

        scan = self._scan(segment)
        order, component, between = self._order(scan, interval)
        dc, ac = (np.array(names, np.uint8) for names in zip(*scan.tables, strict=True))
        # A block adds a symbol for each coefficient, one for DC, the end and a restart, three ZRL.
        most = sum(
            int(np.count_nonzero(self.coefficients[part])) for part in np.array_split(order, 64)
        )
        entries = np.empty(most + 6 * len(order) + 2, np.uint32)
        encode = entropy.encode_refinement if scan.refines else entropy.encode_first
        flat = self.coefficients.reshape(-1)
        bounds = (scan.first, scan.last, scan.low, self.progressive)
        count = encode(flat, order, component, between, dc, ac, *bounds, entries)
        return _code(entries[:count], tables)

    def _scan(self, segment: Segment) -> _Scan:
        payload, names = segment.payload, [each.name for each in self.components]
        count = payload[0]
        chosen = [names.index(payload[1 + 2 * i]) for i in range(count)]
        pairs = [payload[2 + 2 * i] for i in range(count)]
        first, last, bits = payload[1 + 2 * count : 4 + 2 * count]
        if not self.progressive:
            first, last, bits = 0, 63, 0
        if last > 63 or first > last or (first and count > 1) or max(pairs) & 0xCC:
            raise NotJpeg("a scan is damaged")
        tables = [(pair >> 4, pair & 15) for pair in pairs]
        return _Scan(chosen, tables, first, last, bits >> 4 > 0, bits & 15)

    def _order(
        self, scan: _Scan, interval: int
    ) -> tuple[NDArray[np.int32], NDArray[np.uint8], int]:
        """The scan's blocks as they stand in the file, their components, blocks to a restart."""
        if len(scan.components) == 1:
            one = self.components[scan.components[0]]
            rows, columns = (-(-side // 8) for side in self.samples(one))
            order = np.ascontiguousarray(one.numbers()[:rows, :columns]).reshape(-1)
            return order, np.zeros(len(order), np.uint8), interval or len(order)
        units, names = list[NDArray[np.int32]](), list[NDArray[np.uint8]]()
        for number, index in enumerate(scan.components):
            each = self.components[index]
            tall, wide = each.rows // each.down, each.columns // each.across
            blocks = each.numbers().reshape(tall, each.down, wide, each.across)
            units.append(blocks.transpose(0, 2, 1, 3).reshape(tall * wide, -1))
            names.append(np.full((tall * wide, each.down * each.across), number, dtype=np.uint8))
        order = np.concatenate(units, axis=1)
        between = interval * len(order[0]) or order.size
        return order.reshape(-1), np.concatenate(names, axis=1).reshape(-1), between


def split(data: bytes) -> tuple[list[Segment], bytes]:
    """The segments of a file, and what follows its end; IndexError or ValueError."""
    if data[:2] != bytes([255, SOI]):
        raise ValueError("no JPEG file")
    segments: list[Segment] = []
    at = 2
    while True:
        if data[at] != 255:
            raise ValueError("no marker")
        while data[at] == 255:
            at += 1
        marker = data[at]
        if marker == EOI:
            return segments, data[at + 1 :]
        end = at + 1 + int.from_bytes(data[at + 1 : at + 3], "big")
        payload, coded = data[at + 3 : end], b""
        if marker == SOS:
            found = _NEXT_MARKER.search(data, end)
            if not found:
                raise ValueError("no end")
            coded = data[end : found.start()]
            end = found.start()
        segments.append(Segment(marker, payload, coded))
        at = end


def read_frame(
    segments: list[Segment],
) -> tuple[int, int, bool, list[Component], NDArray[np.int16]]:
    """What a `JpegFile` holds besides its segments, all coefficients 0; NotJpeg, IndexError."""
    frame = next(each for each in segments if each.marker in _FRAMES)
    payload = frame.payload
    height, width = (int.from_bytes(payload[at : at + 2], "big") for at in (1, 3))
    if frame.marker not in (*SEQUENTIAL, PROGRESSIVE) or payload[0] != 8 or not height * width:
        raise NotJpeg("its kind of coding is rare")
    parts = [payload[6 + 3 * i : 9 + 3 * i] for i in range(payload[5])]
    across, down = (max(p[1] >> 4 for p in parts), max(p[1] & 15 for p in parts))
    wide, tall = -(-width // (8 * across)), -(-height // (8 * down))
    components, start = list[Component](), 0
    for name, factors, table in parts:
        columns, rows = wide * (factors >> 4), tall * (factors & 15)
        components.append(Component(name, factors >> 4, factors & 15, table, columns, rows, start))
        start += columns * rows
    coefficients = np.zeros((start, 64), np.int16)
    return width, height, frame.marker == PROGRESSIVE, components, coefficients


def _read_divisors(payload: bytes) -> Iterator[tuple[int, NDArray[np.int64]]]:
    at = 0
    while at < len(payload):
        wide = 1 + (payload[at] >> 4)
        kind = ">u2" if wide == 2 else "u1"
        values = np.frombuffer(payload, kind, 64, at + 1).astype(np.int64)
        yield payload[at] & 15, values
        at += 1 + 64 * wide


def _lookups(tables: dict[int, Table], names: list[int]) -> NDArray[np.uint16]:
    nothing = Table(bytes(16), b"")  # what a scan names and does not use need not be defined
    return np.stack([tables.get(name, nothing).lookup() for name in names])


def _code(entries: NDArray[np.uint32], tables: dict[int, Table]) -> tuple[dict[int, Table], bytes]:
    from gimp_bridge.cli.jpeg import entropy

    frequency = np.bincount(entries >> 20, minlength=16 << 8).reshape(16, 256)
    codes, lengths = np.zeros((16, 256), np.uint32), np.zeros((16, 256), np.uint8)
    new = dict[int, Table]()
    for number in range(entropy.RAW):
        if not frequency[number].any():
            continue
        name = number % 4 | (number & entropy.AC) << 2
        if name not in tables or np.any(frequency[number][tables[name].codes()[1] == 0]):
            new[name] = best_table(frequency[number])
        codes[number], lengths[number] = (tables | new)[name].codes()
    bits = int((frequency * lengths).sum() + ((entries >> 16) & 15).sum())
    restarts = int(frequency[entropy.RESTART].sum())
    out = np.empty(2 * (bits // 8 + 1) + 4 * restarts + 8, np.uint8)
    size = entropy.pack(entries, codes.reshape(-1), lengths.reshape(-1), out)
    return new, out[:size].tobytes()
