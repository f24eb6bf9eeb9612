"""The plug-in's requests ``batch`` and ``estimate``: many jobs with one set of options.

Reads the frames, makes a document of every job, and tells outcomes as they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gimp_bridge import wire
from gimp_bridge.errors import InputError, NoSelection, RemovalError
from gimp_bridge.language import _
from gimp_bridge.picture.alignment import ALIGNMENTS, Alignment, carry_over
from gimp_bridge.picture.mask import Mask
from gimp_bridge.settings import Settings
from gimp_bridge.worker.batch import Order, batch_client, run_batch
from gimp_bridge.worker.choice import uses_service
from gimp_bridge.worker.consent import agreed_service
from gimp_bridge.worker.engine_remover import EngineRemover
from gimp_bridge.worker.job import Job, parse_job
from gimp_bridge.worker.outcome import Outcome, count
from gimp_bridge.worker.pipe import Pipe
from gimp_bridge.worker.pipe_document import PipeDocument
from gimp_bridge.worker.removal import grow_selection, plan_windows
from gimp_bridge.worker.remover import RemoverKind
from gimp_bridge.worker.service_remover import ServiceRemover


def serve_batch(pipe: Pipe, frame: wire.Frame) -> None:
    """Run every job of the frame; ends in ``finished`` with the counts and the report."""
    settings = Settings.load()
    options = frame.fields["options"]
    options["service"] = agreed_service(options["service"], settings, pipe.ask)
    client = batch_client(options["service"], settings)

    def tell(number: int, outcome: Outcome) -> None:
        if not pipe.cancelled():
            pipe.send("outcome", {"job": number, **outcome._asdict()})

    orders = _orders(pipe, frame.fields, settings)
    result = run_batch(orders, client, tell, pipe.stopped.is_set)
    counts = {state: count(result.outcomes, state) for state in ("done", "skipped", "failed")}
    pipe.finish(result.reason, report=result.report, **counts)


def serve_estimate(pipe: Pipe, frame: wire.Frame) -> None:
    """Say of every job whether it can run and what it will take; nothing is sent to a service."""
    settings = Settings.load()
    paid = uses_service(frame.fields["options"]["service"], settings)
    kind = (ServiceRemover if paid else EngineRemover).kind
    for number, order in enumerate(_orders(pipe, frame.fields, settings)):
        pipe.send("estimated", {"job": number, "paid": paid, **_estimate(order, kind)})
    pipe.finish()


def _estimate(order: Order, kind: RemoverKind) -> dict[str, Any]:
    facts = {"problem": order.problem, "windows": 0, "scale": 1.0, "share": 0.0}
    if order.document is None or order.job is None:
        return facts
    try:
        grown = grow_selection(order.document, order.job)
        facts["share"] = np.count_nonzero(grown.coverage) / order.job.source.area
        windows = plan_windows(order.job, grown, kind)
    except RemovalError as error:
        return facts | {"problem": str(error)}
    scale = min(planned.scale for planned in windows)
    return facts | {"problem": "", "windows": len(windows), "scale": scale}


def _orders(pipe: Pipe, fields: Mapping[str, Any], settings: Settings) -> list[Order]:
    shared = _shared_selection(pipe, fields, settings)
    return [
        _order(pipe, number, {**job, "options": fields["options"]}, shared, settings)
        for number, job in enumerate(fields["jobs"])
    ]


def _order(
    pipe: Pipe,
    number: int,
    fields: Mapping[str, Any],
    shared: _Shared | None,
    settings: Settings,
) -> Order:
    name = str(fields["title"])
    if fields.get("earlier"):
        return Order(name, earlier=_outcome(name, fields["earlier"]))
    if fields.get("problem"):
        return Order(name, problem=fields["problem"])
    try:
        job = parse_job(shared.lend(fields) if shared else fields, settings)
    except InputError as error:
        return Order(name, problem=str(error))
    selected = (lambda: shared.carried_onto(job)) if shared else None
    return Order(name, PipeDocument(pipe, job, number, selected), job)


def _outcome(name: str, fields: Mapping[str, Any]) -> Outcome:
    """An outcome as it was told by an earlier batch."""
    known = {field: fields[field] for field in Outcome._fields if field in fields}
    return Outcome(**{**known, "name": name})


class _Shared:
    """One image's selection for all: read once, then carried over to each."""

    def __init__(self, selected: Mask, of: Job, alignment: Alignment) -> None:
        self._selected = selected
        self._of = of
        self._alignment = alignment

    def lend(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The job with a selection, which its own image need not have."""
        return {**fields, "selection": self._of.selection._asdict()}

    def carried_onto(self, job: Job) -> Mask:
        """The selection on the job's canvas; raises NoSelection where none of it lies there."""
        carried = carry_over(self._selected, self._of.canvas, job.canvas, self._alignment)
        if not carried.box.area:
            raise NoSelection(
                _(
                    "The selection of the chosen image does not lie on this one: "
                    "align it to another corner, or let it be scaled."
                )
            )
        return carried


def _shared_selection(pipe: Pipe, fields: Mapping[str, Any], settings: Settings) -> _Shared | None:
    number = fields.get("selection_of")
    if number is None:
        return None
    if fields["alignment"] not in ALIGNMENTS:
        raise InputError(
            _("{value!r} is not a {name}; choose one of {choices}.").format(
                value=fields["alignment"], name="alignment", choices=", ".join(ALIGNMENTS)
            )
        )
    if "selection" not in fields["jobs"][number]:
        raise InputError(_("The image whose selection was to be used for all is closed."))
    job = parse_job({**fields["jobs"][number], "options": fields["options"]}, settings)
    return _Shared(PipeDocument(pipe, job, number).selection(), job, fields["alignment"])
