"""Huffman tables of JPEG files: read, written, and made to fit what is to be coded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_LONGEST = 16


class Table(NamedTuple):
    """How many codes there are of each length 1..16, and their ``symbols`` in that order."""

    counts: bytes
    symbols: bytes

    def codes(self) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """The code and its length for each of 256 symbols; length 0 where there is none."""
        codes, lengths = np.zeros(256, np.uint32), np.zeros(256, np.uint8)
        code = place = 0
        for length, count in enumerate(self.counts, 1):
            for symbol in self.symbols[place : place + count]:
                codes[symbol], lengths[symbol] = code, length
                code += 1
            place += count
            code <<= 1
        return codes, lengths

    def lookup(self) -> NDArray[np.uint16]:
        """By the next 16 bits: ``length << 8 | symbol``, or 0 where no code begins so."""
        codes, lengths = self.codes()
        out = np.zeros(1 << _LONGEST, np.uint16)
        for symbol in self.symbols:
            free = _LONGEST - int(lengths[symbol])
            start = int(codes[symbol]) << free
            out[start : start + (1 << free)] = (int(lengths[symbol]) << 8) | symbol
        return out

    def segment(self, name: int) -> bytes:
        """The DHT segment that defines it; ``name``: 0-3 for DC, 0x10-0x13 for AC."""
        size = 3 + len(self.counts) + len(self.symbols)
        return b"\xff\xc4" + size.to_bytes(2, "big") + bytes([name]) + self.counts + self.symbols


def read_tables(payload: bytes) -> dict[int, Table]:
    """The tables of a DHT segment by name."""
    tables, at = {}, 0
    while at < len(payload):
        name, counts = payload[at], payload[at + 1 : at + 1 + _LONGEST]
        end = at + 1 + _LONGEST + sum(counts)
        tables[name] = Table(counts, payload[at + 1 + _LONGEST : end])
        at = end
    return tables


def best_table(frequency: NDArray[np.int64]) -> Table:
    """The table with the shortest codes for symbols of these 256 frequencies (K.2 of T.81)."""
    lengths = _code_lengths([*map(int, frequency), 1])  # the last keeps a code of ones free
    counts = [lengths.count(length) for length in range(max(lengths) + 1)]
    for length in range(len(counts) - 1, _LONGEST, -1):  # figure K.3
        while counts[length]:
            shorter = length - 2
            while not counts[shorter]:
                shorter -= 1
            counts[length] -= 2
            counts[length - 1] += 1
            counts[shorter + 1] += 2
            counts[shorter] -= 1
    counts = (counts + [0] * _LONGEST)[: _LONGEST + 1]
    last = max(length for length, count in enumerate(counts) if count and length)
    counts[last] -= 1
    used = [symbol for symbol in range(256) if lengths[symbol]]
    return Table(bytes(counts[1:]), bytes(sorted(used, key=lambda symbol: lengths[symbol])))


def _code_lengths(frequency: list[int]) -> list[int]:
    """Huffman's: the two rarest trees become one until one is left; ties take the later symbol."""
    trees = [(count, -symbol, [symbol]) for symbol, count in enumerate(frequency) if count]
    lengths = [0] * len(frequency)
    while len(trees) > 1:
        trees.sort(reverse=True)
        (rarest, name, leaves), (second, _name, others) = trees.pop(), trees.pop()
        for symbol in leaves + others:
            lengths[symbol] += 1
        trees.append((rarest + second, name, leaves + others))
    return lengths
