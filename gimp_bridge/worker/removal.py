"""One removal from the selection to the patch: plan, read, check, remove, fit, hand over.

Knows the order of things and nothing of how a remover works or how GIMP is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.errors import EngineError
from gimp_bridge.picture import compose, mask, upload, window
from gimp_bridge.picture.geometry import Box
from gimp_bridge.worker.job import Job
from gimp_bridge.worker.link import Link

LAYER_NAME = "Object removed"
SAMPLE_TYPES = {"R'G'B'A u8": np.uint8, "R'G'B'A u16": np.uint16, "R'G'B'A float": np.float32}

Report = Callable[[str, float | None], None]


class Remover(Protocol):
    """Who fills the hole: the service or the embedded engine."""

    limits: window.Limits
    per_part: bool

    def remove(
        self, rgb: NDArray[np.uint8], hole: NDArray[np.uint8], place: Box, report: Report
    ) -> NDArray[np.uint8]:
        """The picture ``rgb`` (H, W, 3) with ``hole`` (H, W; 255 = remove) filled."""

    def settle(self) -> None:
        """The layer is in the image: what was paid for has arrived."""


def remove_object(link: Link, job: Job, remover: Remover) -> None:
    """Run ``job``: asks for what it needs over ``link`` and has the layer inserted at the end.

    Raises a RemovalError before anything in the image has changed.
    """
    report = reporter(link)
    report("Reading", None)
    prepared = read_mask(link, job)
    windows = window.plan(
        prepared, job.source, job.extent, remover.limits, per_part=remover.per_part
    )
    repairs = [_repair(link, job, each, prepared, remover, report) for each in windows]
    report("Blending", None)
    link.request("begin", {**union([each.box for each in windows])._asdict(), "name": LAYER_NAME})
    for each, payload in zip(windows, repairs, strict=True):
        link.request("patch", {**each.box._asdict(), "format": job.pixel_format}, payload)
    link.request("insert")
    remover.settle()


def read_mask(link: Link, job: Job) -> mask.Mask:
    """The grown and feathered mask of the job, from the selection that GIMP holds."""
    frame = link.request(
        "read", {"what": "selection", "format": "Y u8", **job.selection._asdict()}, answer="data"
    )
    coverage = np.frombuffer(frame.payload, np.uint8)
    shape = (job.selection.height, job.selection.width)
    return mask.prepare(
        coverage.reshape(shape),
        job.selection,
        job.source,
        grow_px=job.grow_px,
        feather_px=job.feather_px,
    )


def union(boxes: list[Box]) -> Box:
    """The smallest box around all ``boxes``."""
    return Box.from_corners(
        min(box.x for box in boxes),
        min(box.y for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def reporter(link: Link) -> Report:
    """A function that shows a text and a fraction (0..1, None = unknown) as progress."""

    def report(text: str, fraction: float | None) -> None:
        link.send("progress", {"text": text, "fraction": fraction})

    return report


def _repair(
    link: Link,
    job: Job,
    planned: window.Window,
    prepared: mask.Mask,
    remover: Remover,
    report: Report,
) -> bytes:
    """The payload of one ``patch`` frame: the rows of pixels, then the rows of the mask."""
    source = _read_pixels(link, job, planned.box)
    hole = mask.binarise(prepared.within(planned.box))
    sent, sent_hole = upload.prepare(source, hole, planned.size)
    answer = remover.remove(sent, sent_hole, planned.box, report)
    if answer.shape != sent.shape:
        raise EngineError("The result is not of the size that was asked for.")
    pixels, coverage = compose.compose(source, sent, answer, planned, hole)
    return pixels.tobytes() + coverage.tobytes()


def _read_pixels(link: Link, job: Job, box: Box) -> NDArray[np.generic]:
    frame = link.request(
        "read", {"what": job.sample, "format": job.pixel_format, **box._asdict()}, answer="data"
    )
    samples = np.frombuffer(frame.payload, SAMPLE_TYPES[job.pixel_format])
    return samples.reshape(box.height, box.width, 4)
