"""One removal from the selection to the patch: plan, read, check, remove, fit, hand over.

Knows the order of things and nothing of how a remover works or how GIMP is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture import mask, patch, upload, window
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.parts import hull
from gimp_bridge.worker.host import Host
from gimp_bridge.worker.job import Job, Scene
from gimp_bridge.worker.piece import Fillable, Piece, Remover, Repair, Report

LAYER_NAME = "Object removed"
SAMPLE_TYPES: dict[str, type[np.generic]] = {
    "Y u8": np.uint8,
    "R'G'B'A u8": np.uint8,
    "R'G'B'A u16": np.uint16,
    "R'G'B'A float": np.float32,
}


Hold = Callable[[int], AbstractContextManager[None]]
"""Waits until there is memory for the windows: so many pixels, held until the block ends."""


def remove_object(link: Host, job: Job, remover: Remover) -> str | None:
    """Run ``job``: asks for what it needs over ``link`` and has the layer inserted at the end.

    Returns what the person should know of the result, if anything.  Raises a RemovalError before
    anything in the image has changed.
    """
    reporter(link)("Reading", None)
    return remove_selected(link, job, remover, read_selection(link, job))


def remove_selected(
    link: Host,
    job: Job,
    remover: Remover,
    selected: mask.Mask,
    hold: Hold = lambda _: nullcontext(),
) -> str | None:
    """Remove what is ``selected``, a selection already read; else as ``remove_object``."""
    prepared = grow_selection(job, selected)
    windows = plan_windows(job, prepared, remover)
    remover.confirm([planned.scale for planned in windows])
    with hold(sum(planned.box.area for planned in windows)):
        _repair_all(link, job, windows, prepared, remover)
    return remover.settle()


def read_selection(link: Host, job: Job) -> mask.Mask:
    """The selection that GIMP holds, within the job's bounds of it."""
    coverage = _read(link, "selection", "Y u8", job.selection)
    return mask.Mask(job.selection, coverage.reshape(job.selection.height, job.selection.width))


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


def read_pixels(link: Host, scene: Scene, box: Box) -> NDArray[Any]:
    """The source's pixels in ``box``: (height, width, 4) in the layer's own precision.

    What the layer's own mask hides is as transparent here as it is in the image.
    """
    samples = _read(link, scene.sample, scene.pixel_format, box)
    pixels = samples.reshape(box.height, box.width, 4)
    if scene.sample == "layer" and scene.has_mask:
        shown = _read(link, "mask", "Y u8", box).reshape(box.height, box.width)
        pixels = upload.veil(pixels, shown)
    return pixels


def _read(link: Host, what: str, form: str, box: Box) -> NDArray[Any]:
    wish = {"what": what, "format": form, **box._asdict()}
    return np.frombuffer(link.request("read", wish, answer="data").payload, SAMPLE_TYPES[form])


def insert_layer(link: Host, scene: Scene, repairs: Sequence[Repair], name: str) -> None:
    """Have one layer of all ``repairs`` prepared and inserted."""
    link.request("begin", {**hull([each.box for each in repairs])._asdict(), "name": name})
    for repair in repairs:
        place = {**repair.box._asdict(), "format": scene.pixel_format}
        link.request("patch", place, repair.pixels.tobytes() + repair.coverage.tobytes())
    link.request("insert", {"on_top": scene.sample == "visible"})


def fit_answer(
    source: NDArray[Any],
    seen: NDArray[np.uint8],
    answer: NDArray[np.uint8],
    removal: NDArray[np.uint8],
    piece: Piece,
) -> Repair:
    """Make a repair of ``source`` (h, w, 4) from what a remover answered for ``piece``.

    ``seen`` (h, w, 3) and ``removal`` (h, w; 255 = was removed) are what was sent, in the
    source's own size.
    """
    answer = upload.scale_picture(answer, (piece.box.width, piece.box.height))
    fitted = patch.fit(seen, answer, removal)
    return Repair(piece.box, *patch.compose(source, fitted, piece.coverage))


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
    report("Blending", None)
    insert_layer(link, job, repairs, LAYER_NAME)


def _repair(
    link: Host,
    job: Job,
    planned: window.Window,
    prepared: mask.Mask,
    remover: Remover,
    report: Report,
) -> Repair:
    source = read_pixels(link, job, planned.box)
    removal = mask.binarise(prepared.within(planned.box))
    seen = upload.to_srgb8(source, removal)
    piece = Piece(
        upload.scale_picture(seen, planned.size),
        upload.scale_removal(removal, planned.size),
        planned.box,
        planned.mask.within(planned.box),
    )
    return fit_answer(source, seen, remover.remove(piece, report), removal, piece)


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
