"""The inner loops of JPEG's Huffman coding, both ways, compiled by numba.

ITU-T T.81, sections F and G.  Coefficients lie flat, 64 for each block, in zigzag order.  A scan's
blocks come in the order of the file: ``order`` (number of the block) and ``component`` (which of
the scan's).  Reading takes bits without stuffing; writing makes *entries* first, one for each
symbol, so that they can be counted before their codes are chosen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

AC, RAW, RESTART = 4, 8, 9
"""Tables of an entry: 0-3 for DC, 4-7 for AC, bits without a symbol, a restart marker."""
_LONGEST_RUN = 0x7FFF
_MOST_CORRECTIONS = 937
"""Of libjpeg's jcphuff.c, whose choices we repeat: MAX_CORR_BITS - DCTSIZE2 + 1."""
_DECODE = (
    "void(uint8[::1], int64[::1], int32[::1], uint8[::1], int64, uint16[:,::1], uint16[:,::1],"
    " int64, int64, int64, int16[::1])"
)
_ENCODE = (
    "int64(int16[::1], int32[::1], uint8[::1], int64, uint8[::1], uint8[::1],"
    " int64, int64, int64, boolean, uint32[::1])"
)


@njit("int64(uint8[::1], int64)", nogil=True, cache=True)
def _peek(data: Any, pos: int) -> int:
    """The next 16 bits; ``data`` ends in four bytes that are not read."""
    p = pos >> 3
    if p + 4 > len(data):
        raise ValueError("the scan ends early")
    three = (np.int64(data[p]) << 16) | (np.int64(data[p + 1]) << 8) | np.int64(data[p + 2])
    return int((three >> (8 - (pos & 7))) & 0xFFFF)


@njit("int64(int64, int64)", nogil=True, cache=True)
def _extend(bits: int, size: int) -> int:
    """The signed value of ``size`` bits (F.2.2.1)."""
    return bits if size == 0 or bits >> (size - 1) else bits - (1 << size) + 1


@njit(_DECODE, nogil=True, cache=True)
def decode_first(
    data: Any,
    starts: Any,
    order: Any,
    component: Any,
    interval: int,
    dc: Any,
    ac: Any,
    first: int,
    last: int,
    low: int,
    coefficients: Any,
) -> None:
    """Read coefficients ``first`` to ``last``, shifted left by ``low``, of each block.

    A sequential scan, or a progressive one that brings its bits for the first time.  ``starts``:
    where the data begins after each restart; ``interval``: blocks between them; ``dc``, ``ac``:
    for each component by 16 bits ``length << 8 | symbol``.
    """
    previous = np.zeros(4, np.int64)
    pos = run = 0
    for i in range(len(order)):
        if i % interval == 0:
            pos = starts[i // interval] * 8
            previous[:] = 0
            run = 0
        c, b, k = component[i], np.int64(order[i]) * 64, first
        if first == 0:
            code = dc[c, _peek(data, pos)]
            pos += code >> 8
            size = np.int64(code & 255)
            if code == 0 or size > 15:
                raise ValueError("no such code")
            previous[c] += _extend(_peek(data, pos) >> (16 - size), size)
            pos += size
            coefficients[b] = previous[c] << low
            k = 1
        if run > 0:
            run -= 1
            continue
        while k <= last:
            code = ac[c, _peek(data, pos)]
            if code == 0:
                raise ValueError("no such code")
            pos += code >> 8
            zeros, size = np.int64(code & 255) >> 4, np.int64(code & 15)
            if size == 0 and zeros < 15:
                run = (1 << zeros) - 1 + (_peek(data, pos) >> (16 - zeros))
                pos += zeros
                break
            k += zeros
            if size > 0:
                if k > last:
                    raise ValueError("too many coefficients")
                coefficients[b + k] = _extend(_peek(data, pos) >> (16 - size), size) << low
                pos += size
            k += 1


@njit(_DECODE, nogil=True, cache=True)
def decode_refinement(
    data: Any,
    starts: Any,
    order: Any,
    component: Any,
    interval: int,
    _dc: Any,
    ac: Any,
    first: int,
    last: int,
    low: int,
    coefficients: Any,
) -> None:
    """Read the next bit, of the value ``1 << low``, of what earlier scans brought (G.1.2.3)."""
    one = np.int16(1 << low)
    pos = run = 0
    for i in range(len(order)):
        if i % interval == 0:
            pos = starts[i // interval] * 8
            run = 0
        c, b, k = component[i], np.int64(order[i]) * 64, first
        if first == 0:
            if _peek(data, pos) >> 15:
                coefficients[b] |= one
            pos += 1
            continue
        while k <= last:
            zeros, value = np.int64(64), np.int16(0)  # within a run, all that is left
            if run == 0:
                code = ac[c, _peek(data, pos)]
                if code == 0:
                    raise ValueError("no such code")
                pos += code >> 8
                zeros = np.int64(code & 255) >> 4
                if code & 15:
                    value = one if _peek(data, pos) >> 15 else -one
                    pos += 1
                elif zeros < 15:
                    run = (1 << zeros) + (_peek(data, pos) >> (16 - zeros))
                    pos += zeros
                    zeros = 64
            while k <= last:
                old = coefficients[b + k]
                if old != 0:
                    if _peek(data, pos) >> 15 and (abs(old) & one) == 0:
                        coefficients[b + k] += one if old > 0 else -one
                    pos += 1
                elif zeros == 0:
                    if value:
                        coefficients[b + k] = value
                    k += 1
                    break
                else:
                    zeros -= 1
                k += 1
            if run > 0:
                break
        if run > 0:
            run -= 1


@njit("int64(uint32[::1], int64, int64, int64, int64, int64)", nogil=True, cache=True)
def _add(entries: Any, count: int, table: int, symbol: int, size: int, value: int) -> int:
    """Append a symbol of ``table`` and the ``size`` bits of ``value`` that follow it."""
    bits = value & ((1 << size) - 1)
    entries[count] = np.uint32((table << 28) | (symbol << 20) | (size << 16) | bits)
    return count + 1


@njit("int64(uint32[::1], int64, int64, int64)", nogil=True, cache=True)
def _end_run(entries: Any, count: int, table: int, run: int) -> int:
    """Append the symbol for ``run`` blocks that end here, if any."""
    if run == 0:
        return count
    size = 0
    while run >> (size + 1):
        size += 1
    return _add(entries, count, table, size << 4, size, run)


@njit("int64(uint32[::1], int64, uint8[::1], int64, int64)", nogil=True, cache=True)
def _corrections(entries: Any, count: int, bits: Any, start: int, stop: int) -> int:
    for i in range(start, stop):
        count = _add(entries, count, RAW, 0, 1, bits[i])
    return count


@njit("int64(int64)", nogil=True, cache=True)
def _size(value: int) -> int:
    size = 0
    while value:
        size += 1
        value >>= 1
    return size


@njit(_ENCODE, nogil=True, cache=True)
def encode_first(
    coefficients: Any,
    order: Any,
    component: Any,
    interval: int,
    dc: Any,
    ac: Any,
    first: int,
    last: int,
    low: int,
    progressive: bool,
    entries: Any,
) -> int:
    """The entries of what ``decode_first`` reads; returns how many.

    ``dc``, ``ac``: the number of each component's table.
    """
    previous = np.zeros(4, np.int64)
    count = run = run_table = 0
    for i in range(len(order)):
        if i % interval == 0:
            count = _end_run(entries, count, run_table, run)
            run = 0
            previous[:] = 0
            if i:
                count = _add(entries, count, RESTART, 0, 0, 0)
        c, b = component[i], np.int64(order[i]) * 64
        run_table = AC + ac[c]
        if first == 0:
            value = np.int64(coefficients[b]) >> low
            difference = value - previous[c]
            previous[c] = value
            size = _size(abs(difference))
            count = _add(entries, count, dc[c], size, size, difference - (difference < 0))
        zeros = 0
        for k in range(max(first, 1), last + 1):
            value = np.int64(coefficients[b + k])
            magnitude = abs(value) >> low
            if magnitude == 0:
                zeros += 1
                continue
            count = _end_run(entries, count, run_table, run)
            run = 0
            while zeros > 15:
                count = _add(entries, count, run_table, 0xF0, 0, 0)
                zeros -= 16
            size = _size(magnitude)
            bits = magnitude if value > 0 else ~magnitude
            count = _add(entries, count, run_table, (zeros << 4) | size, size, bits)
            zeros = 0
        if zeros:
            run += 1
            if not progressive or run == _LONGEST_RUN:
                count = _end_run(entries, count, run_table, run)
                run = 0
    return _end_run(entries, count, run_table, run)


@njit(_ENCODE, nogil=True, cache=True)
def encode_refinement(
    coefficients: Any,
    order: Any,
    component: Any,
    interval: int,
    _dc: Any,
    ac: Any,
    first: int,
    last: int,
    low: int,
    _progressive: bool,
    entries: Any,
) -> int:
    """The entries of what ``decode_refinement`` reads; returns how many."""
    bits = np.zeros(1024, np.uint8)  # corrections: ``waiting`` of the run, then the block's
    count = run = waiting = run_table = 0
    for i in range(len(order)):
        if i and i % interval == 0:
            count = _end_run(entries, count, run_table, run)
            count = _corrections(entries, count, bits, 0, waiting)
            run = waiting = 0
            count = _add(entries, count, RESTART, 0, 0, 0)
        c, b = component[i], np.int64(order[i]) * 64
        run_table = AC + ac[c]
        if first == 0:
            count = _add(entries, count, RAW, 0, 1, (np.int64(coefficients[b]) >> low) & 1)
            continue
        end = first - 1
        for k in range(first, last + 1):
            if abs(np.int64(coefficients[b + k])) >> low == 1:
                end = k
        zeros, start = 0, waiting
        stop = start
        for k in range(first, last + 1):
            value = np.int64(coefficients[b + k])
            magnitude = abs(value) >> low
            if magnitude == 0:
                zeros += 1
                continue
            while zeros > 15 and k <= end:
                count = _end_run(entries, count, run_table, run)
                count = _corrections(entries, count, bits, 0, waiting)
                count = _add(entries, count, run_table, 0xF0, 0, 0)
                count = _corrections(entries, count, bits, start, stop)
                run = waiting = start = stop = 0
                zeros -= 16
            if magnitude > 1:
                bits[stop] = magnitude & 1
                stop += 1
                continue
            count = _end_run(entries, count, run_table, run)
            count = _corrections(entries, count, bits, 0, waiting)
            count = _add(entries, count, run_table, (zeros << 4) | 1, 1, np.int64(value > 0))
            count = _corrections(entries, count, bits, start, stop)
            run = waiting = start = stop = zeros = 0
        if zeros or stop > start:
            run += 1
            waiting = stop
            if run == _LONGEST_RUN or waiting > _MOST_CORRECTIONS:
                count = _end_run(entries, count, run_table, run)
                count = _corrections(entries, count, bits, 0, waiting)
                run = waiting = 0
    count = _end_run(entries, count, run_table, run)
    return _corrections(entries, count, bits, 0, waiting)


@njit("int64(uint32[::1], uint32[::1], uint8[::1], uint8[::1])", nogil=True, cache=True)
def pack(entries: Any, codes: Any, lengths: Any, out: Any) -> int:
    """Write ``entries`` into ``out`` with stuffing and restart markers; returns the bytes.

    ``codes`` and ``lengths`` by ``table << 8 | symbol``.
    """
    size = restarts = 0
    held = np.int64(0)
    free = 8  # bits of the byte under way
    for i in range(len(entries) + 1):
        restart = i < len(entries) and entries[i] >> 28 == RESTART
        if i == len(entries) or restart:
            bits, length = (1 << (free & 7)) - 1, free & 7  # the rest of the byte is ones
        else:
            key, more = entries[i] >> 20, np.int64(entries[i] >> 16) & 15
            bits = (np.int64(codes[key]) << more) | np.int64(entries[i] & 0xFFFF)
            length = np.int64(lengths[key]) + more
        while length >= free:
            length -= free
            byte = (held << free) | (bits >> length)
            bits &= (1 << length) - 1
            out[size] = byte
            size += 1
            if byte == 255:
                out[size] = 0
                size += 1
            held, free = np.int64(0), 8
        held = (held << length) | bits
        free -= length
        if restart:
            out[size], out[size + 1] = 255, 0xD0 + restarts % 8
            size += 2
            restarts += 1
    return size
