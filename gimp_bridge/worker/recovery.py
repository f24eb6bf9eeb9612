"""Brings paid results that never arrived into the image they belong to.

The journal knows the window and the mask; the pixels around are read anew from the image.  Where
the image has changed since, the layer shows the result as it came, and the person is told.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.errors import Cancelled, InputError, NothingToRecover, RemovalError, WireError
from gimp_bridge.folders import journal_folder
from gimp_bridge.language import N_, _
from gimp_bridge.picture import codec, upload
from gimp_bridge.picture.answer_check import fault_of
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import binarise
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.connect import connect as make_client
from gimp_bridge.service.entry import Entry
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import pause
from gimp_bridge.service.progress import in_words
from gimp_bridge.service.recovery import Recovered, recover
from gimp_bridge.service.waiting import Check
from gimp_bridge.settings import Settings
from gimp_bridge.worker.document import Repair
from gimp_bridge.worker.job import Sample, Scene, parse_scene
from gimp_bridge.worker.pipe import Pipe
from gimp_bridge.worker.pipe_document import PipeDocument
from gimp_bridge.worker.removal import fit_answer, insert, read_crop, repaired_alpha
from gimp_bridge.worker.remover import Crop
from gimp_bridge.worker.sending import pixels_digest
from gimp_bridge.worker.service_remover import (
    COVERAGE_BLOB,
    REMOVAL_BLOB,
)

log = logging.getLogger(__name__)

LAYER_NAME = N_("Object removed (recovered)")
NOTHING = N_("There is nothing to recover: every result paid for in the last hour has arrived.")
FINISHING = N_("Waiting for a run that is being finished")
STILL_FINISHING = N_("A run is still being finished in the background; try again in a moment.")
FINISHING_S = 60.0
RESIZED = N_(
    "A result is kept for “{name}” when it had {width} × {height} px: undo what changed its size, "
    "then recover."
)
CHANGED = N_("The image has changed since it was sent, so the layer shows the result as it came.")
NO_REPAIR = N_("The service's answer is no repair of what was sent; the layer shows it as it came.")
DAMAGED = N_(
    "What is kept of task {task_id} is damaged, so it cannot be put in its place: "
    "“gimp-object-removal recover” writes its picture to a file."
)
NOT_OF_GIMP = N_(
    "A result of the command line is kept too: “gimp-object-removal recover” writes it to a file."
)


@dataclass
class Round:
    """What a round of recovery so_far: notes for the person, other images' names, layers."""

    notes: list[str]
    elsewhere: list[str]
    inserted: int


def recover_into(pipe: Pipe, fields: Mapping[str, Any]) -> str | None:
    """Insert every unclaimed result of the image that ``fields`` describe, each as a layer.

    Returns what the person should know.  Raises InputError when there is nothing for this image.
    """
    settings = Settings.load()
    scene = parse_scene(fields, "layer", settings)
    journal, connect = Journal(journal_folder()), functools.cache(lambda: make_client(settings))
    until = time.monotonic() + FINISHING_S
    while True:
        so_far = _recover_all(pipe, scene, connect, journal)
        if so_far.inserted:
            return " ".join(dict.fromkeys(so_far.notes)) or None
        if not journal.others_at_work():
            raise _why_not(so_far)
        if time.monotonic() > until:
            raise InputError(_(STILL_FINISHING))
        # A run that was cancelled a moment ago is seen to its end by its own worker.
        PipeDocument(pipe, scene).tell(_(FINISHING))
        pause(0.2, pipe.cancelled)


def _recover_all(
    pipe: Pipe, scene: Scene, connect: Callable[[], PicWish], journal: Journal
) -> Round:
    document = PipeDocument(pipe, scene)
    so_far = Round([], [], 0)
    for found in recover(
        connect,
        journal,
        check_of=_check_of,
        progress=lambda progress: document.tell(*in_words(progress)),
        cancel=pipe.cancelled,
    ):
        if found.data is None:
            so_far.notes.append(str(found.problem))
        elif "image" not in found.entry.metadata:
            so_far.notes.append(_(NOT_OF_GIMP))
        elif (name := str(found.entry.metadata["image"])) != scene.name:
            so_far.elsewhere.append(name)
        elif (canvas := Box(*found.entry.metadata.get("canvas", scene.canvas))) != scene.canvas:
            size = {"width": canvas.width, "height": canvas.height}
            so_far.notes.append(_(RESIZED).format(name=name, **size))
        else:
            _insert_one(pipe, scene, found, so_far)
    return so_far


def _insert_one(pipe: Pipe, scene: Scene, found: Recovered, so_far: Round) -> None:
    """Insert one result; where that fails the others still get their turn."""
    try:
        so_far.notes.extend(_insert(pipe, scene, found))
    except (Cancelled, WireError):
        raise
    except RemovalError as error:
        log.info("task %s: %s", found.entry.task_id, error)
        so_far.notes.append(str(error))
    else:
        found.claim()
        so_far.inserted += 1


def _why_not(so_far: Round) -> InputError:
    notes = list(dict.fromkeys(so_far.notes))
    kind = InputError if notes else NothingToRecover
    if so_far.elsewhere:
        names = ", ".join(f"“{name}”" for name in dict.fromkeys(so_far.elsewhere))
        text = _("The results to recover belong to {names}: open it, then recover there.")
        notes.append(text.format(names=names))
    return kind(" ".join(notes) or _(NOTHING))


class _Kept(NamedTuple):
    """What an entry tells of its place: the removal sent, the window and its mask."""

    removal: NDArray[np.uint8]
    window: Box
    coverage: NDArray[np.uint8]
    sample: Sample
    pixels: str

    @property
    def size(self) -> tuple[int, int]:
        """The window's (width, height)."""
        return self.window.width, self.window.height


def _kept(entry: Entry) -> _Kept:
    """Read all of it; raises InputError where something of it is damaged."""
    known = entry.metadata
    try:
        window = Box(*known["window"])
        coverage = codec.decode_mask(entry.blob(COVERAGE_BLOB))
        if coverage.shape != (window.height, window.width):
            raise ValueError("the mask is not that of the window")
        removal = codec.decode_mask(entry.blob(REMOVAL_BLOB))
        return _Kept(removal, window, coverage, known["sample"], known["pixels"])
    except (OSError, SyntaxError, ValueError, TypeError, KeyError) as error:
        log.warning("task %s: %s", entry.task_id, type(error).__name__)
        raise InputError(_(DAMAGED).format(task_id=entry.task_id)) from error


def _check_of(entry: Entry) -> Check:
    """The check that the picture has the size of what was sent; any where that is not known."""

    def check(data: bytes) -> None:
        try:
            removal = codec.decode_mask(entry.blob(REMOVAL_BLOB))
        except (OSError, SyntaxError, ValueError):
            return  # a task of the command line, or a damaged entry, which is told later
        height, width = removal.shape
        codec.decode_answer(data, width=width, height=height)

    return check


def _insert(pipe: Pipe, scene: Scene, found: Recovered) -> list[str]:
    kept = _kept(found.entry)
    scene = replace(scene, sample=kept.sample)
    height, width = kept.removal.shape
    answer = codec.decode_answer(found.data or b"", width=width, height=height)
    document = PipeDocument(pipe, scene)
    if scene.sample == "auto":  # the scene is that of the layer alone
        scene = replace(document.now(), grain=scene.grain)
        document = PipeDocument(pipe, scene)
    crop, note = _crop(document, scene, kept), CHANGED
    if crop is not None and fault_of(crop.sent_rgb, answer, kept.removal):
        crop, note = None, NO_REPAIR
    if crop is not None:
        alpha = repaired_alpha(document, crop)
        repair = fit_answer(document, scene, crop, answer, srgb=True, alpha=alpha)
        insert(document, scene, [crop], [repair], _(LAYER_NAME))
        return []
    plain = replace(scene, precision="u8", base="rgb", own_colours=False)
    answer = upload.scale_picture(answer, kept.size)
    as_it_came = Repair(kept.window, upload.with_alpha(answer), kept.coverage)
    PipeDocument(pipe, plain).insert([as_it_came], _(LAYER_NAME))
    return [_(note)]


def _crop(document: PipeDocument, scene: Scene, kept: _Kept) -> Crop | None:
    """The window that was sent; None when the image holds other pixels there now."""
    if kept.window.clamp(scene.source) != kept.window:
        return None
    removal = binarise(upload.scale_picture(kept.removal, kept.size))
    sent_size = (kept.removal.shape[1], kept.removal.shape[0])
    crop = read_crop(document, scene, kept.window, kept.coverage, removal, sent_size, srgb=True)
    if pixels_digest(crop.sent_rgb) != kept.pixels:
        return None
    return replace(crop, sent_removal=kept.removal)
