"""One removal from the selection to the patch: plan, read, check, remove, fit, hand over.

Knows the order of things and nothing of how a remover works or how GIMP is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.language import N_, _
from gimp_bridge.picture import mask, patch, upload, window
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.parts import hull
from gimp_bridge.worker.job import Job, Scene
from gimp_bridge.worker.link import Link
from gimp_bridge.worker.piece import Piece, Remover, Repair, Report
from gimp_bridge.worker.stages import stage

LAYER_NAME = N_("Object removed")
SAMPLE_TYPES: dict[str, type[np.generic]] = {
    "Y u8": np.uint8,
    "R'G'B'A u8": np.uint8,
    "R'G'B'A u16": np.uint16,
    "R'G'B'A float": np.float32,
}


class Sight(NamedTuple):
    """A window of the layer as a repair must fit into it.

    source : its pixels in full precision, (h, w, 4)
    seen : the same as 8-bit rgb without hidden colours, (h, w, 3)
    removal : what is to be removed, (h, w), 255 = remove
    """

    source: NDArray[Any]
    seen: NDArray[np.uint8]
    removal: NDArray[np.uint8]


def remove_object(link: Link, job: Job, remover: Remover) -> str | None:
    """Run ``job``: asks for what it needs over ``link`` and has the layer inserted at the end.

    Returns what the person should know of the result, if anything.  Raises a RemovalError before
    anything in the image has changed.
    """
    report = reporter(link)
    report(_("Reading"), None)
    prepared = read_mask(link, job)
    windows = window.plan(
        prepared, job.source, job.extent, remover.limits, per_part=remover.per_part
    )
    remover.confirm([planned.scale for planned in windows])
    repairs: list[Repair] = []
    for planned in windows:
        repair = _repair(link, job, planned, prepared, remover, report)
        _carry_over(repairs, repair)
        repairs.append(repair)
    report(_("Blending"), None)
    insert_layer(link, job, repairs, _(LAYER_NAME))
    return remover.settle()


@stage("mask")
def read_mask(link: Link, job: Job) -> mask.Mask:
    """The grown and feathered mask of the job, from the selection that GIMP holds."""
    coverage = _read(link, "selection", "Y u8", job.selection)
    return mask.prepare(
        coverage.reshape(job.selection.height, job.selection.width),
        job.selection,
        job.source,
        grow_px=job.grow_px,
        feather_px=job.feather_px,
    )


@stage("read")
def look_at(
    link: Link, scene: Scene, box: Box, removal: NDArray[np.uint8], *, srgb: bool
) -> tuple[Sight, NDArray[np.uint8]]:
    """The window ``box`` as it is in the layer, and the 8-bit picture (h, w, 3) of it to send.

    With ``srgb`` that picture is sRGB, else in the image's own colours.
    """
    source = read_pixels(link, scene, box)
    seen = upload.to_srgb8(source, removal)
    to_send = seen
    if srgb and scene.own_colours:
        to_send = upload.to_srgb8(
            read_pixels(link, replace(scene, own_colours=False), box), removal
        )
    return Sight(source, seen, removal), to_send


def read_pixels(link: Link, scene: Scene, box: Box) -> NDArray[Any]:
    """The source's pixels in ``box``: (height, width, 4) in the layer's own precision.

    What the layer's own mask hides is as transparent here as it is in the image.
    """
    samples = _read(link, scene.sample, scene.pixel_format, box, own=scene.own_colours)
    pixels = samples.reshape(box.height, box.width, 4)
    if scene.sample == "layer" and scene.has_mask:
        shown = _read(link, "mask", "Y u8", box).reshape(box.height, box.width)
        pixels = upload.veil(pixels, shown)
    return pixels


@stage("insert")
def insert_layer(link: Link, scene: Scene, repairs: Sequence[Repair], name: str) -> None:
    """Have one layer of all ``repairs`` prepared and inserted."""
    link.request("begin", {**hull([each.box for each in repairs])._asdict(), "name": name})
    form = {"format": scene.pixel_format, "own": scene.own_colours}
    for repair in repairs:
        place = {**repair.box._asdict(), **form}
        link.request("patch", place, repair.pixels.tobytes() + repair.coverage.tobytes())
    link.request("insert", {"on_top": scene.sample == "visible"})


@stage("fit")
def fit_answer(
    link: Link, scene: Scene, sight: Sight, piece: Piece, answer: NDArray[np.uint8], *, srgb: bool
) -> Repair:
    """Make a repair of what a remover answered, in sRGB or in the image's own colours."""
    answer = upload.scale_picture(answer, (piece.box.width, piece.box.height))
    if srgb and scene.own_colours:
        answer = _in_own_colours(link, answer)
    fitted = patch.fit(sight.seen, answer, sight.removal)
    return Repair(piece.box, *patch.compose(sight.source, fitted, piece.coverage))


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
    removal = mask.binarise(prepared.within(planned.box))
    srgb = remover.wants_srgb
    sight, to_send = look_at(link, job, planned.box, removal, srgb=srgb)
    piece = Piece(
        upload.scale_picture(to_send, planned.size),
        upload.scale_removal(removal, planned.size),
        planned.box,
        planned.mask.within(planned.box),
    )
    return fit_answer(link, job, sight, piece, remover.remove(piece, report), srgb=srgb)


def _read(link: Link, what: str, form: str, box: Box, *, own: bool = False) -> NDArray[Any]:
    wish = {"what": what, "format": form, "own": own, **box._asdict()}
    return np.frombuffer(link.request("read", wish, answer="data").payload, SAMPLE_TYPES[form])


def _in_own_colours(link: Link, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    opaque = np.full((height, width, 4), 255, np.uint8)
    opaque[..., :3] = rgb
    wish = {"format": "R'G'B'A u8", "width": width, "height": height}
    data = link.request("convert", wish, opaque.tobytes(), answer="data").payload
    return np.frombuffer(data, np.uint8).reshape(height, width, 4)[..., :3]


def _carry_over(earlier: Sequence[Repair], repair: Repair) -> None:
    """Where windows overlap, what an earlier one repaired stays; the later is written last."""
    for before in earlier:
        shared = before.box.clamp(repair.box)
        if not shared.area:
            continue
        old, new = (shared.relative_to(box).slices() for box in (before.box, repair.box))
        repaired = before.coverage[old] > 0
        repair.pixels[new][repaired] = before.pixels[old][repaired]
        repair.coverage[new][repaired] = before.coverage[old][repaired]
