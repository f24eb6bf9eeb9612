"""The pipe's frames under arbitrary bytes: a frame, the end, or BrokenFrame; nothing else."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_bridge import wire
from gimp_bridge.wire import BrokenFrame, Frame, read_frame, write_frame

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip
FIELDS = st.dictionaries(
    st.text().filter(lambda name: name not in ("kind", "payload")), VALUES, max_size=5
)


def drain(raw: bytes) -> list[Frame] | str:
    stream, frames = io.BytesIO(raw), []
    try:
        while frame := read_frame(stream):
            frames.append(frame)
    except BrokenFrame as broken:
        return str(broken)
    return frames


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_frames_or_broken(raw):
    assert isinstance(drain(raw), list | str)


@given(st.lists(st.tuples(st.text(), FIELDS, st.binary(max_size=60)), max_size=4))
def test_what_is_written_is_read(messages):
    stream = io.BytesIO()
    for kind, fields, payload in messages:
        write_frame(stream, kind, fields, payload)
    assert drain(stream.getvalue()) == [Frame(*message) for message in messages]


@given(kind=st.text(), fields=FIELDS, payload=st.binary(max_size=60), data=st.data())
def test_a_stream_cut_anywhere_is_broken_or_at_its_end(kind, fields, payload, data):
    stream = io.BytesIO()
    write_frame(stream, kind, fields, payload)
    raw = stream.getvalue()
    cut = data.draw(st.integers(0, len(raw) - 1))
    assert drain(raw[:cut]) == [] if cut == 0 else isinstance(drain(raw[:cut]), str)


@given(header=VALUES, size=VALUES)
def test_arbitrary_json_headers_are_frames_or_broken(header, size):
    drain(json.dumps(header).encode() + b"\n")
    drain(json.dumps({"kind": "data", "payload": size}).encode() + b"\n")


@pytest.mark.parametrize("size", [-1, 1.5, True, "3", None, [1], wire.MAX_PAYLOAD_BYTES + 1])
def test_a_size_that_is_none_is_refused_before_anything_is_read(size):
    with pytest.raises(BrokenFrame, match="size"):
        read_frame(io.BytesIO(json.dumps({"kind": "data", "payload": size}).encode() + b"\n"))


def test_a_payload_of_more_than_16_mib_arrives_whole_and_in_order():
    """It is read in pieces of 16 MiB; a window of 2048 × 2048 px is as much."""
    payload = bytes(range(251)) * 70_000  # 17,570,000 bytes, no two pieces alike
    stream = io.BytesIO()
    write_frame(stream, "data", {"width": 3}, payload)
    write_frame(stream, "done")
    assert drain(stream.getvalue()) == [Frame("data", {"width": 3}, payload), Frame("done", {})]


def test_an_announced_gigabyte_that_does_not_come_is_not_allocated():
    raw = b'{"kind":"data","payload":2000000000}\nfew'
    assert drain(raw) == "the stream ended after 3 of 2000000000 payload bytes"
