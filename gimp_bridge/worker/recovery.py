"""Brings paid results that never arrived into the image they belong to.

The journal knows the window and the mask; the pixels around are read anew from the image.  Where
the image has changed since, the layer shows the result as it came, and the person is told.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.errors import InputError, UnsupportedLayer
from gimp_bridge.language import N_, _
from gimp_bridge.picture import codec, upload
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import binarise
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import pause
from gimp_bridge.service.recovery import Recovered, recover
from gimp_bridge.settings import Settings, journal_folder
from gimp_bridge.worker.job import Scene, parse_scene
from gimp_bridge.worker.link import Link
from gimp_bridge.worker.piece import Piece, Repair
from gimp_bridge.worker.removal import fit_answer, insert_layer, look_at, reporter
from gimp_bridge.worker.sending import cut
from gimp_bridge.worker.service_remover import (
    COVERAGE_BLOB,
    REMOVAL_BLOB,
    in_words,
    pixels_digest,
)

LAYER_NAME = N_("Object removed (recovered)")
NOTHING = N_("There is nothing to recover: every result paid for in the last hour has arrived.")
FINISHING = N_("Waiting for a run that is being finished")
STILL_FINISHING = N_("A run is still being finished in the background; try again in a moment.")
FINISHING_S = 60.0
CHANGED = N_("The image has changed since it was sent, so the layer shows the result as it came.")


@dataclass
class Outcome:
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
    client, journal = settings.client(), Journal(journal_folder())
    until = time.monotonic() + FINISHING_S
    while True:
        outcome = _recover_all(link, scene, client, journal)
        if outcome.inserted:
            return " ".join(dict.fromkeys(outcome.notes)) or None
        if not journal.others_at_work():
            raise InputError(_why_not(outcome))
        if time.monotonic() > until:
            raise InputError(_(STILL_FINISHING))
        # A run that was cancelled a moment ago is seen to its end by its own worker.
        reporter(link)(_(FINISHING), None)
        pause(0.2, link.cancelled)


def _recover_all(link: Link, scene: Scene, client: PicWish, journal: Journal) -> Outcome:
    report = reporter(link)
    outcome = Outcome([], [], 0)
    for found in recover(
        client,
        journal,
        progress=lambda progress: report(*in_words(progress)),
        cancel=link.cancelled,
    ):
        if found.data is None:
            outcome.notes.append(str(found.problem))
        elif not _belongs(found, scene):
            outcome.elsewhere.append(str(found.entry.metadata.get("image")))
        else:
            outcome.notes.extend(_insert(link, scene, found))
            found.claim()
            outcome.inserted += 1
    return outcome


def _belongs(found: Recovered, scene: Scene) -> bool:
    known = found.entry.metadata
    return known.get("canvas") == list(scene.canvas) and known.get("image") == scene.name


def _why_not(outcome: Outcome) -> str:
    if outcome.elsewhere:
        names = ", ".join(f"“{name}”" for name in dict.fromkeys(outcome.elsewhere))
        text = _("The results to recover belong to {names}: open it, then recover there.")
        return text.format(names=names)
    return " ".join(dict.fromkeys(outcome.notes)) or _(NOTHING)


def _insert(link: Link, scene: Scene, found: Recovered) -> list[str]:
    known = found.entry.metadata
    scene = replace(scene, sample=known["sample"])
    box = Box(*known["window"])
    sent = Box(*known.get("sent", known["window"]))
    removal = codec.decode_mask(found.entry.blob(REMOVAL_BLOB))
    coverage = codec.decode_mask(found.entry.blob(COVERAGE_BLOB))
    height, width = removal.shape
    answer = codec.decode_answer(found.data or b"", width=width, height=height)
    piece = Piece(cut(answer, sent, box), cut(removal, sent, box), box, coverage)
    repair = _fitted(link, scene, piece, known["pixels"])
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
