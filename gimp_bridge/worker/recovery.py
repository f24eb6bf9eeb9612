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

from gimp_bridge.errors import Cancelled, InputError, RemovalError, UnsupportedLayer, WireError
from gimp_bridge.folders import journal_folder
from gimp_bridge.language import N_, _
from gimp_bridge.picture import codec, upload
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import binarise
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.connect import connect as make_client
from gimp_bridge.service.entry import Entry
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import pause
from gimp_bridge.service.recovery import Recovered, recover
from gimp_bridge.service.waiting import Check
from gimp_bridge.settings import Settings
from gimp_bridge.worker.job import Sample, Scene, parse_scene
from gimp_bridge.worker.link import Link
from gimp_bridge.worker.piece import Piece, Repair
from gimp_bridge.worker.removal import fit_answer, insert_layer, look_at, reporter
from gimp_bridge.worker.sending import pixels_digest
from gimp_bridge.worker.service_remover import (
    COVERAGE_BLOB,
    REMOVAL_BLOB,
    in_words,
)

log = logging.getLogger(__name__)

LAYER_NAME = N_("Object removed (recovered)")
NOTHING = N_("There is nothing to recover: every result paid for in the last hour has arrived.")
FINISHING = N_("Waiting for a run that is being finished")
STILL_FINISHING = N_("A run is still being finished in the background; try again in a moment.")
FINISHING_S = 60.0
CHANGED = N_("The image has changed since it was sent, so the layer shows the result as it came.")


DAMAGED = N_(
    "What is kept of task {task_id} is damaged, so it cannot be put in its place: "
    "“gimp-object-removal recover” writes its picture to a file."
)
NOT_OF_GIMP = N_(
    "A result of the command line is kept too: “gimp-object-removal recover” writes it to a file."
)


@dataclass
class Round:
    """What a round of recovery brought: notes for the person, other images' names, layers."""

    notes: list[str]
    elsewhere: list[str]
    inserted: int


def recover_into(link: Link, fields: Mapping[str, Any]) -> str | None:
    """Insert every unclaimed result of the image that ``fields`` describe, each as a layer.

    Returns what the person should know.  Raises InputError when there is nothing for this image.
    """
    settings = Settings.load()
    scene = replace(parse_scene(fields, "layer"), grain=settings.grain)
    journal, connect = Journal(journal_folder()), functools.cache(lambda: make_client(settings))
    until = time.monotonic() + FINISHING_S
    while True:
        brought = _recover_all(link, scene, connect, journal)
        if brought.inserted:
            return " ".join(dict.fromkeys(brought.notes)) or None
        if not journal.others_at_work():
            raise InputError(_why_not(brought))
        if time.monotonic() > until:
            raise InputError(_(STILL_FINISHING))
        # A run that was cancelled a moment ago is seen to its end by its own worker.
        reporter(link)(_(FINISHING), None)
        pause(0.2, link.cancelled)


def _recover_all(
    link: Link, scene: Scene, connect: Callable[[], PicWish], journal: Journal
) -> Round:
    report = reporter(link)
    brought = Round([], [], 0)
    for found in recover(
        connect,
        journal,
        check_of=_check_of,
        progress=lambda progress: report(*in_words(progress)),
        cancel=link.cancelled,
    ):
        if found.data is None:
            brought.notes.append(str(found.problem))
        elif "image" not in found.entry.metadata:
            brought.notes.append(_(NOT_OF_GIMP))
        elif not _belongs(found, scene):
            brought.elsewhere.append(str(found.entry.metadata["image"]))
        else:
            _bring_in(link, scene, found, brought)
    return brought


def _bring_in(link: Link, scene: Scene, found: Recovered, brought: Round) -> None:
    """Insert one result; where that fails the others still get their turn."""
    try:
        brought.notes.extend(_insert(link, scene, found))
    except (Cancelled, WireError):
        raise
    except RemovalError as error:
        log.info("task %s: %s", found.entry.task_id, error)
        brought.notes.append(str(error))
    else:
        found.claim()
        brought.inserted += 1


def _belongs(found: Recovered, scene: Scene) -> bool:
    known = found.entry.metadata
    return known.get("canvas") == list(scene.canvas) and known.get("image") == scene.name


def _why_not(brought: Round) -> str:
    if brought.elsewhere:
        names = ", ".join(f"“{name}”" for name in dict.fromkeys(brought.elsewhere))
        text = _("The results to recover belong to {names}: open it, then recover there.")
        return text.format(names=names)
    return " ".join(dict.fromkeys(brought.notes)) or _(NOTHING)


class _Kept(NamedTuple):
    """What an entry tells of its place: the removal sent, the window and its mask."""

    removal: NDArray[np.uint8]
    window: Box
    coverage: NDArray[np.uint8]
    sample: Sample
    pixels: str


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


def _insert(link: Link, scene: Scene, found: Recovered) -> list[str]:
    kept = _kept(found.entry)
    scene = replace(scene, sample=kept.sample)
    height, width = kept.removal.shape
    answer = codec.decode_answer(found.data or b"", width=width, height=height)
    piece = Piece(answer, kept.removal, kept.window, kept.coverage)
    repair = _fitted(link, scene, piece, kept.pixels)
    if repair is not None:
        insert_layer(link, scene, [repair], _(LAYER_NAME))
        return []
    plain = replace(scene, precision="u8", base="rgb", own_colours=False)
    insert_layer(link, plain, [_as_it_came(piece)], _(LAYER_NAME))
    return [_(CHANGED)]


def _fitted(link: Link, scene: Scene, piece: Piece, digest: str) -> Repair | None:
    """The repair of the pixels that were sent; None when the image holds others now."""
    if piece.box.clamp(scene.source) != piece.box:
        return None
    size = (piece.box.width, piece.box.height)
    removal = binarise(upload.scale_picture(piece.removal, size))
    try:
        sight, to_send = look_at(link, scene, piece.box, removal, srgb=True)
    except UnsupportedLayer:
        return None
    height, width = piece.removal.shape
    sent = upload.scale_picture(to_send, (width, height))
    if pixels_digest(sent) != digest:
        return None
    return fit_answer(link, scene, sight, piece._replace(rgb=sent), piece.rgb, srgb=True)


def _as_it_came(piece: Piece) -> Repair:
    answer = upload.scale_picture(piece.rgb, (piece.box.width, piece.box.height))
    opaque: NDArray[np.uint8] = np.full((*answer.shape[:2], 1), 255, np.uint8)
    return Repair(piece.box, np.concatenate([answer, opaque], axis=2), piece.coverage)
