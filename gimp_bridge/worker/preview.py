"""What a run with these options would do, told before it is started: numbers and a small picture.

Reads in small portions, so that the dialog on the other end of the pipe never stands still.
Sends nothing to anybody and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge import wire
from gimp_bridge.errors import RemovalError
from gimp_bridge.picture import codec, mask, upload, window
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.parts import hull
from gimp_bridge.service import limits
from gimp_bridge.settings import Settings
from gimp_bridge.worker import libraries
from gimp_bridge.worker.choice import uses_service
from gimp_bridge.worker.engine_remover import EngineRemover, load_early, warning
from gimp_bridge.worker.job import Job, parse_job
from gimp_bridge.worker.pipe import Pipe
from gimp_bridge.worker.pipe_document import PipeDocument
from gimp_bridge.worker.removal import grow_selection, plan_windows
from gimp_bridge.worker.service_remover import ServiceRemover

BAND_PX = 1 << 18
"""Pixels encoded to estimate the upload; a window up to this size is encoded whole."""

MASK_COLOUR = np.array((235, 50, 40), np.float32)
MASK_OPACITY = 0.55

Facts = dict[str, Any]


def preview(pipe: Pipe, frame: wire.Frame) -> None:
    """Serve ``preview``: one frame ``preview`` with the facts, whatever they are.

    What would make the run fail is among the facts, as ``problem``; it is not raised.
    """
    across, down = frame.fields["thumbnail"]
    facts, picture = look(pipe, frame.fields["job"], (across, down))
    pipe.send("preview", facts, picture)
    pipe.finish()
    if facts.get("by") == "this-computer":
        load_early(pipe.cancelled)
    else:
        libraries.soon(libraries.CLIENT)  # now that there is time


def look(pipe: Pipe, fields: Mapping[str, Any], most: tuple[int, int]) -> tuple[Facts, bytes]:
    """The facts of a job and its picture: RGB bytes of at most ``most`` (width, height) px."""
    facts: Facts = {"problem": None, "tasks": 0, "thumbnail": None}
    picture = b""
    try:
        settings = Settings.load()
        job = parse_job(fields, settings)
        document = PipeDocument(pipe, job)
        prepared = grow_selection(document, job)
        facts["grow"] = job.grow_px
        region = prepared.box.pad(max(prepared.box[2:]) // 2).clamp(job.source)
        try:
            region = _plan(document, job, settings, prepared, facts)
        finally:
            shown, alpha = _glance(document, job, region, most)
            removed = _tint(shown, prepared.within(region))
            clear = (alpha < 255)[removed].any() or (job.has_mask and job.sample != "visible")
            facts["transparent"] = bool(clear)
            facts["thumbnail"] = {"width": shown.shape[1], "height": shown.shape[0]}
            picture = shown.tobytes()
    except RemovalError as error:
        facts["problem"] = {"code": error.code, "message": str(error)}
    return facts, picture


def _plan(
    document: PipeDocument, job: Job, settings: Settings, prepared: mask.Mask, facts: Facts
) -> Box:
    """Add to ``facts`` who would do what; returns the region that the windows lie in."""
    by_service = uses_service(job.service, settings)
    facts["by"] = "service" if by_service else "this-computer"
    if by_service:
        facts["host"] = settings.host
    planned = plan_windows(job, prepared, (ServiceRemover if by_service else EngineRemover).kind)
    facts["share"] = max(each.share for each in planned)
    facts["windows"] = [each.box[2:] for each in planned]
    facts["scale"] = min(each.scale for each in planned)
    facts["warning"] = "" if by_service else warning(facts["share"])
    if by_service:
        facts["tasks"] = len(planned)
        facts["upload_bytes"] = sum(_upload_bytes(document, each) for each in planned)
    return hull([each.box for each in planned])


def _upload_bytes(document: PipeDocument, planned: window.Window) -> int:
    """About how many bytes a window takes, from a band across its middle encoded as it would be."""
    box = planned.box
    rows = min(box.height, max(1, BAND_PX // box.width))
    band = Box(box.x, box.y + (box.height - rows) // 2, box.width, rows)
    rgb = upload.to_srgb8(document.pixels(band))
    rgb = upload.scale_picture(rgb, (planned.size[0], max(1, round(rows * planned.scale))))
    size = len(codec.encode_image(rgb, max_bytes=limits.MAX_UPLOAD_BYTES).data)
    return min(limits.MAX_UPLOAD_BYTES, int(size * planned.size[1] / rgb.shape[0]))


def _glance(
    document: PipeDocument, job: Job, region: Box, most: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A reduced picture of ``region`` and its alpha, not larger than ``most``.

    uint8 (height, width, 3), writable, and (height, width).
    """
    scale = min(1.0, most[0] / region.width, most[1] / region.height)
    across, down = max(1, int(region.width * scale)), max(1, int(region.height * scale))
    seen = document.glance(region, across, down)
    height, width = seen.shape[:2]
    picture = Image.fromarray(_on_checks(seen))
    part = None
    if job.sample == "visible":  # then the whole canvas came
        part = (
            region.x * width / job.canvas.width,
            region.y * height / job.canvas.height,
            region.right * width / job.canvas.width,
            region.bottom * height / job.canvas.height,
        )
    opaque = np.full((height, width), 255, np.uint8)
    alpha = seen[..., -1] if seen.shape[2] in (2, 4) else opaque
    size, smooth = (across, down), Image.Resampling.BILINEAR
    return (
        np.array(picture.resize(size, smooth, box=part), np.uint8),
        np.asarray(Image.fromarray(alpha).resize(size, smooth, box=part), np.uint8),
    )


def _on_checks(seen: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey or RGB, with or without alpha, as RGB over the checks that mean transparent."""
    height, width, channels = seen.shape
    colour = np.broadcast_to(seen[..., : 3 if channels > 2 else 1], (height, width, 3))
    if channels in (1, 3):
        opaque: NDArray[np.uint8] = colour.copy()
        return opaque
    rows, columns = np.indices((height, width)) // 8
    checks = np.where((rows + columns) % 2, 153, 102)[..., None]
    alpha = seen[..., -1:] / 255.0
    over: NDArray[np.uint8] = np.rint(colour * alpha + checks * (1 - alpha)).astype(np.uint8)
    return over


def _tint(shown: NDArray[np.uint8], coverage: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Lay the mask's colour over the small picture, wherever any pixel under it is removed.

    Returns where that is, bool (h, w).
    """
    removed = upload.scale_removal(coverage, (shown.shape[1], shown.shape[0])) > 0
    over = shown[removed] * (1 - MASK_OPACITY) + MASK_COLOUR * MASK_OPACITY
    shown[removed] = np.rint(over).astype(np.uint8)
    # A white rim, or a red mask could not be seen on a red object.
    shown[removed & ~_inner(removed)] = 255
    return np.asarray(removed)


def _inner(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where ``flags`` holds for the pixel and its four neighbours; beyond the edges it does."""
    around = np.pad(flags, 1, constant_values=True)
    beside = around[1:-1, :-2] & around[1:-1, 2:]
    return np.asarray(flags & beside & around[:-2, 1:-1] & around[2:, 1:-1])
