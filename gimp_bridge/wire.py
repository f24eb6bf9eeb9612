"""The pipe between the plug-in and the worker: frames of one JSON line and raw bytes.

Both ends import this module, so it is standard library only and runs on Python 3.10 - 3.14.
A frame is a header, one line of UTF-8 JSON with at least ``kind``, and, where the header says
``"payload": n``, n raw bytes.  The worker decides and asks; the plug-in answers.  Closing the
pipe is cancel.

From the plug-in:

    hello     protocol, version, languages  first frame; both ends must be of one version; the
                                            languages that the person reads, best first
    run       job                           one removal; the job is what ``worker.job`` reads
    preview   job, thumbnail                what that run would do; thumbnail = [across, down] px
    settings                                the settings, for a dialog
    save-settings  values                   keep these; a key is never among them
    store-key      values, payload          keep the key, UTF-8, for the service that values name
    forget-key     values                   remove that key
    test-key       values, payload          ask that service whether it takes the key (or the kept)
    consent        host, given              the person agreed to send pictures there, or no longer
    diagnostics                             what to tell those who help; no key, no names
    doctor    profile                       what is wrong with the installation in this profile
    data      payload                       the answer to ``read`` and ``convert``
              width, height, channels       besides, in the answer to ``glance``
    described image, layer, …               the answer to ``describe``; empty where it could not
                                            be repaired any more
    done                                    the answer to ``begin``, ``patch`` and ``insert``
    recover   job                           bring back paid results that did not arrive
    batch     jobs, options, selection_of, alignment    many removals at once, each a job without
                                            options, or with a ``problem`` that keeps it from
                                            running; selection_of is null, or the number of the
                                            job whose selection is carried over to all
    estimate  the same                      what that batch would take; sends nothing on
    stop                                    send no more of the batch; what is under way goes on
    answer    choice                        the answer to ``ask``: one of the choices, "" when
                                            the person backs out, null when nobody can be asked
    refused   message                       the answer when what was asked for failed

From the worker:

    hello     protocol, version
    read      what, format, own, x, y, width, height    pixels wanted, in image coordinates;
                                                    own: in the image's colours, not sRGB
    convert   format, width, height, payload        the same sRGB pixels in the image's colours
    glance    what, x, y, width, height, across, down   the same reduced to across × down px, or
                                                    all of the canvas where it is ``visible``
    progress  text, fraction                        what to show; fraction 0..1 or null
    ask       message, detail, choices              a question only a person can answer
    describe  what                                  what a job says of the image, as it is now
    begin     x, y, width, height, name, on_top, instead    prepare a layer of this place and size;
                                                    instead: a copy of what is repaired, which
                                                    takes its place; on_top: of all that is visible
    patch     x, y, width, height, format, own, payload     its pixels, then a mask byte a pixel
    insert    on_top, to_rgb                        put the prepared layer into the image;
                                                    to_rgb: with it the image becomes RGB
    preview   problem, by, host, tasks, windows, share, scale, upload_bytes, grow, transparent,
              thumbnail and its RGB bytes    grow: how many px the selection grows; transparent:
                                             whether anything that is removed is, in part
    settings  values, regions, host, key, overridden, log_folder, problems
    diagnostics  text
    doctor    text, broken                          the report; broken: how many things to mend
    finished  message                               the run is over; message may be null
    failed    code, message, retryable, task_id, of_service     the run is over and left nothing
                                                    behind; of_service: this computer needs nothing
                                                    of what is missing

In a batch and an estimate, what the worker sends names its ``job`` (a number from 0), and besides:

    estimated job, problem, windows, scale, share, paid     share of the source (0..1); problem
                                                    is "" where it can run
    outcome   job, name, state, message, code, task_id, retryable   state: done, skipped, failed
    finished  message, report, done, skipped, failed        message: why it ended early, or null
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NamedTuple

PROTOCOL = 1
MAX_HEADER_BYTES = 1 << 20
MAX_PAYLOAD_BYTES = 1 << 31

Fields = Mapping[str, Any] | None
"""What a frame's header says besides its kind."""

Payload = bytes | bytearray | memoryview


class BrokenFrame(Exception):
    """What came through the pipe is not a frame; the text says why."""


class Frame(NamedTuple):
    """One message: ``kind``, the header's other ``fields`` and the raw ``payload``."""

    kind: str
    fields: dict[str, Any]
    payload: bytes | bytearray = b""


def write_frame(
    stream: IO[bytes],
    kind: str,
    fields: Fields = None,
    payload: Payload = b"",
) -> None:
    """Write one frame and flush it; raises OSError when the other end is gone."""
    header: dict[str, Any] = {"kind": kind, **(fields or {})}
    size = memoryview(payload).nbytes
    if size:
        header["payload"] = size
    stream.write(json.dumps(header, separators=(",", ":"), allow_nan=False).encode() + b"\n")
    if size:
        stream.write(payload)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Frame | None:
    """Read the next frame; None at the end of the stream, BrokenFrame on anything else."""
    line = stream.readline(MAX_HEADER_BYTES + 1)
    if not line:
        return None
    if not line.endswith(b"\n"):
        raise BrokenFrame("the header line is cut off or longer than 1 MiB")
    kind, fields, size = _parse_header(line)
    return Frame(kind, fields, _read_exactly(stream, size) if size else b"")


def _parse_header(line: bytes) -> tuple[str, dict[str, Any], int]:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BrokenFrame("the header line is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("kind"), str):
        raise BrokenFrame("the header has no kind")
    kind = header.pop("kind")
    size = header.pop("payload", 0)
    if type(size) is not int or not 0 <= size <= MAX_PAYLOAD_BYTES:
        raise BrokenFrame("the payload's size is not a number of bytes up to 2 GiB")
    return kind, header, size


def _read_exactly(stream: IO[bytes], size: int) -> bytearray:
    payload = bytearray()
    # Grown piece by piece: an announced size must not allocate what never comes.
    while len(payload) < size:
        piece = stream.read(min(size - len(payload), 1 << 24))
        if not piece:
            raise BrokenFrame(f"the stream ended after {len(payload)} of {size} payload bytes")
        payload += piece
    return payload
