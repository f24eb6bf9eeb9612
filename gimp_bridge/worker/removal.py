"""One removal from the selection to the repair: plan, read, check, remove, fit, hand over.

Knows the order of things and nothing of how a remover works or how the document is asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.errors import EditedMeanwhile, InputError
from gimp_bridge.language import N_, _
from gimp_bridge.picture import alpha, mask, patch, upload, window
from gimp_bridge.picture.geometry import Box
from gimp_bridge.worker import libraries
from gimp_bridge.worker.changes import follow
from gimp_bridge.worker.document import Document, Repair
from gimp_bridge.worker.job import AUTOMATIC, Job, Scene
from gimp_bridge.worker.logs import stage
from gimp_bridge.worker.remover import Crop, Remover, RemoverKind

LAYER_NAME = N_("Object removed")
AGAIN = N_("Try again.")

COVERED = N_(
    "Layers above cover all that is selected, so the result would not be seen. Choose “All visible "
    "layers” as the source, or hide those layers."
)
NOTHING_SEEN = N_(
    "There is nothing to remove: the layer is transparent where it is selected. Choose another "
    "layer, or “All visible layers” as the source."
)

AHEAD_MOST_PX = 1 << 24
"""Larger windows are not read ahead: one in vain would keep GIMP busy for more than 0.3 s."""

AHEAD_MARGIN_PX = 16
"""How far off the window may be thought: a soft edge may end some pixels before its bounds, and
sides are rounded up to blocks of 8."""

Hold = Callable[[int], AbstractContextManager[None]]
"""Waits until there is memory for the windows: so many pixels, held until the block ends."""


def remove_selected(
    document: Document, job: Job, remover: Remover, hold: Hold = lambda _: nullcontext()
) -> str | None:
    """Run ``job``: the repair is in ``document`` at the end.

    Returns what the person should know of the result, if anything.  Raises a RemovalError before
    anything in the document has changed.
    """
    prepared = grow_selection(document, job)
    windows = plan_windows(job, prepared, remover.kind)
    remover.confirm([planned.scale for planned in windows])
    with hold(sum(planned.box.area for planned in windows)):
        crops: list[Crop] = []
        repairs: list[Repair] = []
        for planned in windows:
            crop, repair = _repair(document, job, planned, prepared, remover)
            _keep_earlier(repairs, repair)
            crops.append(crop)
            repairs.append(repair)
        if not any(repair.coverage.any() for repair in repairs):
            raise InputError(_(NOTHING_SEEN))
        document.tell(_("Blending"))
        try:
            note = insert(document, job, crops, repairs, _(LAYER_NAME))
        except EditedMeanwhile as edited:
            if remover.unclaimed:
                raise
            raise EditedMeanwhile(f"{edited} {_(AGAIN)}") from edited
    return " ".join(filter(None, [remover.claim(), note])) or None


@stage("mask")
def grow_selection(document: Document, job: Job) -> mask.Mask:
    """The job's mask: the selection, grown and feathered as the person chose.

    Raises InputError where nothing of it would be seen.
    """
    selected = document.selection()
    if job.is_covered and (document.cover(selected.box)[selected.coverage > 0] == 255).all():
        raise InputError(_(COVERED))
    automatic = job.grow_px == AUTOMATIC
    return mask.prepare(
        selected.coverage,
        selected.box,
        job.source,
        grow_px=mask.default_grow_px(mask.trim(selected).box, job.source)
        if automatic
        else job.grow_px,
        feather_px=job.feather_px,
    )


def plan_windows(job: Job, prepared: mask.Mask, kind: RemoverKind) -> list[window.Window]:
    """The windows that a remover of this ``kind`` is to fill."""
    return window.plan(prepared, job.source, job.extent, kind.limits, per_part=kind.per_part)


def likely_window(job: Job) -> Box | None:
    """What of the source the job will most likely read, where that is worth reading ahead."""
    if job.extent != "auto":
        return None
    reach_px = math.ceil(job.grow_px + job.feather_px)
    box = window.likely(job.selection, reach_px, job.source, window.Limits())
    box = box.pad(AHEAD_MARGIN_PX).clamp(job.source) if box else None
    return box if box and box.area <= AHEAD_MOST_PX else None


def read_crop(
    document: Document,
    scene: Scene,
    box: Box,
    coverage: NDArray[np.uint8],
    removal: NDArray[np.uint8],
    size: tuple[int, int],
    *,
    srgb: bool,
) -> Crop:
    """Read the window ``box``, to be sent in this ``size`` (width, height)."""
    source = document.pixels(box)
    seen = to_send = upload.to_srgb8(source, removal)
    if srgb and scene.own_colours:
        to_send = upload.to_srgb8(document.pixels(box, srgb=True), removal)
    sent = upload.scale_picture(to_send, size), upload.scale_removal(removal, size)
    return Crop(box, coverage, source, seen, removal, *sent)


@stage("fit")
def fit_answer(
    document: Document,
    scene: Scene,
    crop: Crop,
    answer: NDArray[np.uint8],
    *,
    srgb: bool,
    around: patch.Surroundings | None = None,
    alpha: NDArray[Any] | None = None,
) -> Repair:
    """Make a repair of what a remover answered to ``crop``, in sRGB or the picture's own colours.

    ``around``: the crop's surroundings, where they were measured already.  ``alpha``: what
    ``repaired_alpha`` has found.
    """
    sent = crop.sent_rgb
    if srgb and scene.own_colours:
        answer = document.in_own_colours(answer)
        sent = upload.scale_picture(crop.seen, (answer.shape[1], answer.shape[0]))
    if crop.is_scaled:
        fitted = patch.fit_reduced(
            crop.seen, crop.removal, sent, answer, crop.sent_removal, grain=scene.grain
        )
    else:
        fitted = (around or _surroundings(crop, scene)).fit(answer)
    return Repair(crop.box, *patch.compose(crop.source, fitted, crop.coverage, alpha))


def repaired_alpha(document: Document, crop: Crop) -> NDArray[Any] | None:
    """The alpha (h, w) that the window shall have; None where there nothing is transparent."""
    if alpha.is_opaque(crop.source, crop.removal):
        return None
    libraries.wait()  # the engine's own will be imported on this thread
    from gimp_bridge.worker.engine_remover import continue_grey

    return alpha.repair_alpha(
        crop.source,
        crop.removal,
        lambda picture, removal: continue_grey(picture, removal, document.cancelled),
    )


def insert(
    document: Document,
    scene: Scene,
    crops: Sequence[Crop],
    repairs: Sequence[Repair],
    name: str,
) -> str | None:
    """Put the repairs of ``crops`` where their pixels are now; raises EditedMeanwhile.

    On top of the source, or, where that cannot be seen as it is meant, in a copy instead of it.
    """
    pairs = list(zip(crops, repairs, strict=True))
    instead = scene.is_frame or any(
        alpha.needs_copy(crop.source, repair.pixels, repair.coverage) for crop, repair in pairs
    )
    if instead:
        repairs = [
            Repair(
                repair.box,
                alpha.mix(upload.with_alpha(crop.source), repair.pixels, repair.coverage),
                mask.binarise(repair.coverage),
            )
            for crop, repair in pairs
        ]
    return document.insert(follow(document, scene, crops, repairs), name, instead=instead)


def _surroundings(crop: Crop, scene: Scene) -> patch.Surroundings:
    return patch.measure_surroundings(crop.seen, crop.removal, grain=scene.grain)


def _repair(
    document: Document,
    job: Job,
    planned: window.Window,
    prepared: mask.Mask,
    remover: Remover,
) -> tuple[Crop, Repair]:
    crop = read_crop(
        document,
        job,
        planned.box,
        planned.mask.within(planned.box),
        mask.binarise(prepared.within(planned.box)),
        planned.size,
        srgb=remover.kind.wants_srgb,
    )
    transparency = repaired_alpha(document, crop)
    if transparency is not None and not upload.as_uint8(transparency[crop.coverage > 0]).any():
        # Nothing is to be seen there: nothing is to be removed by anybody, and nothing paid.
        shown, pixels = crop.coverage > 0, upload.with_alpha(crop.source)
        changes = upload.as_uint8(pixels[..., 3][shown]).any()
        np.copyto(pixels[..., 3], transparency, where=shown)
        return crop, Repair(crop.box, pixels, crop.coverage * np.uint8(changes))
    with ThreadPoolExecutor(1) as aside:
        # The time is there while a service works; a reduced window is fitted as it was sent.
        measuring = None if crop.is_scaled else aside.submit(_surroundings, crop, job)
        answer = remover.remove(crop, document.tell)
    around = measuring.result() if measuring else None
    return crop, fit_answer(
        document,
        job,
        crop,
        answer,
        srgb=remover.kind.wants_srgb,
        around=around,
        alpha=transparency,
    )


def _keep_earlier(earlier: Sequence[Repair], repair: Repair) -> None:
    """Where windows overlap, what an earlier one repaired stays; the later is written last."""
    for before in earlier:
        shared = before.box.clamp(repair.box)
        if not shared.area:
            continue
        old, new = (shared.relative_to(box).slices() for box in (before.box, repair.box))
        repaired = before.coverage[old] > 0
        repair.pixels[new][repaired] = before.pixels[old][repaired]
        repair.coverage[new][repaired] = before.coverage[old][repaired]
