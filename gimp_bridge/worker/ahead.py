"""Has GIMP read the pixels that a removal will most likely want, while it is still getting ready.

The removal asks as ever: what lies within what was read ahead is answered from there, anything
else by GIMP.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from gimp_bridge import wire
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.window import Limits, likely
from gimp_bridge.worker.host import Host, read
from gimp_bridge.worker.job import Job

MOST_PX = 1 << 24
"""Larger windows are not read ahead: one in vain would keep GIMP busy for more than 0.3 s."""

MARGIN_PX = 16
"""How far off the window may be thought: a soft edge may end some pixels before its bounds, and
sides are rounded up to blocks of 8."""


@contextlib.contextmanager
def reading_ahead(host: Host, job: Job) -> Iterator[Host]:
    """``host``, asked already for the window that ``job`` will most likely want.

    What was asked for has been answered when the block is left, wanted or not.
    """
    box = _likely(job)
    if box is None:
        yield host
        return
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as aside:
        place, own = box._asdict(), job.own_colours
        coming = aside.submit(read, host, job.sample, job.read_format, place, own=own)
        yield _ReadAhead(host, job, box, coming)


def _likely(job: Job) -> Box | None:
    """What is worth being read ahead, if anything."""
    if job.extent != "auto":
        return None
    reach_px = math.ceil(job.grow_px + job.feather_px)
    window = likely(job.selection, reach_px, job.source, Limits())
    box = window.pad(MARGIN_PX).clamp(job.source) if window else None
    return box if box and box.area <= MOST_PX else None


class _ReadAhead(Host):
    """A host that has been asked for one rectangle of the source, and answers from it once."""

    def __init__(self, host: Host, job: Job, box: Box, coming: Future[wire.Payload]) -> None:
        self._host = host
        self._box = box
        self._wish = {"what": job.sample, "format": job.read_format, "own": job.own_colours}
        self._coming: Future[wire.Payload] | None = coming

    def cancelled(self) -> bool:
        """Whether nobody waits for the result any more."""
        return self._host.cancelled()

    def send(self, kind: str, fields: wire.Fields = None, payload: wire.Payload = b"") -> None:
        """Tell the host."""
        self._host.send(kind, fields, payload)

    def ask(self, message: str, choices: list[str]) -> str | None:
        """Let the host ask the person."""
        return self._host.ask(message, choices)

    def request(
        self,
        kind: str,
        fields: wire.Fields = None,
        payload: wire.Payload = b"",
        *,
        answer: str = "done",
    ) -> wire.Frame:
        """Answer from what was read ahead, or let the host answer."""
        if self._coming and kind == "read" and fields and self._holds(fields):
            held, self._coming = self._coming.result(), None
            return wire.Frame(answer, {}, _part(held, self._box, _box(fields)))
        return self._host.request(kind, fields, payload, answer=answer)

    def _holds(self, wish: Mapping[str, object]) -> bool:
        box = _box(wish)
        alike = all(wish[name] == value for name, value in self._wish.items())
        return alike and box.clamp(self._box) == box


def _box(wish: Mapping[str, object]) -> Box:
    return Box(*(int(str(wish[name])) for name in Box._fields))


def _part(pixels: wire.Payload, box: Box, part: Box) -> bytes:
    """The bytes of ``part`` among those of ``box``."""
    rows = np.frombuffer(pixels, np.uint8).reshape(box.height, box.width, -1)
    return rows[part.relative_to(box).slices()].tobytes()
