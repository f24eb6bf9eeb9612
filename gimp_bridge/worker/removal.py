"""One removal from the selection to the patch: plan, read, check, remove, fit, hand over.

Knows the order of things and nothing of how a remover works or how GIMP is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gimp_bridge import wire
from gimp_bridge.language import N_, _
from gimp_bridge.picture import mask, patch, upload, window
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.parts import hull
from gimp_bridge.worker.host import Host, read
from gimp_bridge.worker.job import Job, Scene
from gimp_bridge.worker.piece import Fillable, Piece, Remover, Repair, Report
from gimp_bridge.worker.stages import stage

LAYER_NAME = N_("Object removed")
SAMPLE_TYPES: dict[str, type[np.generic]] = {
    "Y u8": np.uint8,
    "R'G'B' u8": np.uint8,
    "R'G'B'A u8": np.uint8,
    "R'G'B' u16": np.uint16,
    "R'G'B'A u16": np.uint16,
    "R'G'B' float": np.float32,
    "R'G'B'A float": np.float32,
}


Hold = Callable[[int], AbstractContextManager[None]]
"""Waits until there is memory for the windows: so many pixels, held until the block ends."""


class Sight(NamedTuple):
    """A window of the layer as a repair must fit into it.

    source : its pixels in full precision, (h, w, 3), or 4 with alpha
    seen : the same as 8-bit rgb without hidden colours, (h, w, 3)
    removal : what is to be removed, (h, w), 255 = remove
    """

    source: NDArray[Any]
    seen: NDArray[np.uint8]
    removal: NDArray[np.uint8]

    def survey(self, scene: Scene) -> patch.Surroundings:
        """What `fit_answer` needs to know that no answer is needed for."""
        return patch.survey(self.seen, self.removal, grain=scene.grain)


def remove_selected(
    link: Host,
    job: Job,
    remover: Remover,
    selected: mask.Mask,
    hold: Hold = lambda _: nullcontext(),
) -> str | None:
    """Run ``job``: asks for what it needs over ``link`` and has the layer inserted at the end.

    ``selected`` is what is selected, as it was read.  Returns what the person should know of the
    result, if anything.  Raises a RemovalError before anything in the image has changed.
    """
    prepared = grow_selection(job, selected)
    windows = plan_windows(job, prepared, remover)
    remover.confirm([planned.scale for planned in windows])
    with hold(sum(planned.box.area for planned in windows)):
        _repair_all(link, job, windows, prepared, remover)
    return remover.settle()


@stage("mask")
def read_selection(link: Host, job: Job) -> mask.Mask:
    """The selection that GIMP holds, within the job's bounds of it."""
    return selection_of(job, read(link, "selection", "Y u8", job.selection._asdict()))


def selection_of(job: Job, coverage: wire.Payload) -> mask.Mask:
    """The selection from its bytes, one for each pixel of the job's bounds of it."""
    box = job.selection
    return mask.Mask(box, np.frombuffer(coverage, np.uint8).reshape(box.height, box.width))


@stage("mask")
def grow_selection(job: Job, selected: mask.Mask) -> mask.Mask:
    """The job's mask: ``selected``, grown and feathered as the person chose."""
    return mask.prepare(
        selected.coverage,
        selected.box,
        job.source,
        grow_px=job.grow_px,
        feather_px=job.feather_px,
    )


def plan_windows(job: Job, prepared: mask.Mask, remover: Fillable) -> list[window.Window]:
    """The windows that ``remover`` is to fill."""
    return window.plan(prepared, job.source, job.extent, remover.limits, per_part=remover.per_part)


@stage("read")
def look_at(
    link: Host, scene: Scene, box: Box, removal: NDArray[np.uint8], *, srgb: bool
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


def read_pixels(link: Host, scene: Scene, box: Box) -> NDArray[Any]:
    """The source's pixels in ``box``, in the layer's own precision: (height, width, 3 or 4).

    Without alpha where the layer has none.  What the layer's own mask hides is as transparent
    here as it is in the image.
    """
    samples = _read(link, scene.sample, scene.read_format, box, own=scene.own_colours)
    pixels = samples.reshape(box.height, box.width, -1)
    if scene.sample == "layer" and scene.has_mask:
        shown = _read(link, "mask", "Y u8", box).reshape(box.height, box.width)
        pixels = upload.veil(pixels, shown)
    return pixels


@stage("insert")
def insert_layer(
    link: Host, scene: Scene, repairs: Sequence[Repair], name: str, *, to_rgb: bool = False
) -> None:
    """Have one layer of all ``repairs`` prepared and inserted.

    With ``to_rgb`` the image becomes an RGB image in the same step.
    """
    place = hull([each.box for each in repairs])._asdict()
    link.request("begin", {**place, "name": name, "to_rgb": to_rgb})
    form = {"format": scene.pixel_format, "own": scene.own_colours}
    for repair in repairs:
        place = {**repair.box._asdict(), **form}
        # One copy, not one of each part and another of both: a window may have 200 MB.
        parts = [np.ascontiguousarray(part).data for part in (repair.pixels, repair.coverage)]
        link.request("patch", place, b"".join(parts))
    link.request("insert", {"on_top": scene.sample == "visible"})


@stage("fit")
def fit_answer(
    link: Host,
    scene: Scene,
    sight: Sight,
    piece: Piece,
    answer: NDArray[np.uint8],
    *,
    srgb: bool,
    around: patch.Surroundings | None = None,
) -> Repair:
    """Make a repair of what a remover answered to ``piece``, in sRGB or the image's own colours.

    ``around``: the `Sight.survey`, where it was made already.
    """
    sent = piece.rgb
    if srgb and scene.own_colours:
        answer = _in_own_colours(link, answer)
        sent = upload.scale_picture(sight.seen, (answer.shape[1], answer.shape[0]))
    if sent.shape == sight.seen.shape:
        fitted = (around or sight.survey(scene)).fit(answer)
    else:
        fitted = patch.fit_reduced(
            sight.seen, sight.removal, sent, answer, piece.removal, grain=scene.grain
        )
    return Repair(piece.box, *patch.compose(sight.source, fitted, piece.coverage))


def reporter(link: Host) -> Report:
    """A function that shows a text and a fraction (0..1, None = unknown) as progress."""

    def report(text: str, fraction: float | None) -> None:
        link.send("progress", {"text": text, "fraction": fraction})

    return report


def _repair_all(
    link: Host,
    job: Job,
    windows: Sequence[window.Window],
    prepared: mask.Mask,
    remover: Remover,
) -> None:
    report = reporter(link)
    repairs: list[Repair] = []
    for planned in windows:
        repair = _repair(link, job, planned, prepared, remover, report)
        _carry_over(repairs, repair)
        repairs.append(repair)
    report(_("Blending"), None)
    insert_layer(link, job, repairs, _(LAYER_NAME), to_rgb=job.to_rgb)


def _repair(
    link: Host,
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
    with ThreadPoolExecutor(1) as aside:
        # The time is there while a service works; a reduced window is fitted as it was sent.
        whole = piece.rgb.shape == sight.seen.shape
        surveyed = aside.submit(sight.survey, job) if whole else None
        answer = remover.remove(piece, report)
    around = surveyed.result() if surveyed else None
    return fit_answer(link, job, sight, piece, answer, srgb=srgb, around=around)


def _read(link: Host, what: str, form: str, box: Box, *, own: bool = False) -> NDArray[Any]:
    return np.frombuffer(read(link, what, form, box._asdict(), own=own), SAMPLE_TYPES[form])


def _in_own_colours(link: Host, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
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
