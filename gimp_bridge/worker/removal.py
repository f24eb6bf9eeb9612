"""One removal from the selection to the patch: plan, read, check, remove, fit, hand over.

Knows the order of things and nothing of how a remover works or how GIMP is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture import mask, patch, upload, window
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.parts import hull
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
        self, rgb: NDArray[np.uint8], removal: NDArray[np.uint8], place: Box, report: Report
    ) -> NDArray[np.uint8]:
        """The picture ``rgb`` (H, W, 3) with the hole filled; ``removal`` (H, W) is 255 there."""

    def settle(self) -> None:
        """The layer is in the image: what was paid for has arrived."""


class Repair(NamedTuple):
    """What one window contributes to the layer: its pixels (H, W, 4) and its mask (H, W)."""

    box: Box
    pixels: NDArray[Any]
    coverage: NDArray[np.uint8]


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
    repairs: list[Repair] = []
    for planned in windows:
        repair = _repair(link, job, planned, prepared, remover, report)
        _carry_over(repairs, repair)
        repairs.append(repair)
    report("Blending", None)
    link.request("begin", {**hull([each.box for each in windows])._asdict(), "name": LAYER_NAME})
    for repair in repairs:
        place = {**repair.box._asdict(), "format": job.pixel_format}
        link.request("patch", place, repair.pixels.tobytes() + repair.coverage.tobytes())
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
) -> Repair:
    source = read_pixels(link, job, planned.box)
    seen = upload.to_srgb8(source)
    removal = mask.binarise(prepared.within(planned.box))
    answer = remover.remove(
        upload.scale_picture(seen, planned.size),
        upload.scale_removal(removal, planned.size),
        planned.box,
        report,
    )
    answer = upload.scale_picture(answer, (planned.box.width, planned.box.height))
    fitted = patch.fit(seen, answer, removal)
    return Repair(planned.box, *patch.compose(source, fitted, planned.mask.within(planned.box)))


def _carry_over(earlier: list[Repair], repair: Repair) -> None:
    """Where windows overlap, what an earlier one repaired stays; the later is written last."""
    for before in earlier:
        shared = before.box.clamp(repair.box)
        if not shared.area:
            continue
        old, new = (shared.relative_to(box).slices() for box in (before.box, repair.box))
        repaired = before.coverage[old] > 0
        repair.pixels[new][repaired] = before.pixels[old][repaired]
        repair.coverage[new][repaired] = before.coverage[old][repaired]


def read_pixels(link: Link, job: Job, box: Box) -> NDArray[Any]:
    """The source's pixels in ``box``, (height, width, 4), in the precision of the job."""
    frame = link.request(
        "read", {"what": job.sample, "format": job.pixel_format, **box._asdict()}, answer="data"
    )
    samples = np.frombuffer(frame.payload, SAMPLE_TYPES[job.pixel_format])
    return samples.reshape(box.height, box.width, 4)
