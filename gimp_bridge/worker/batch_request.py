"""The plug-in's requests ``batch`` and ``survey``: many jobs with one set of options.

Reads the frames, gives every job its own end of the pipe, and tells outcomes as they come.
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
from gimp_bridge.picture.window import Window
from gimp_bridge.settings import Settings
from gimp_bridge.worker.batch import Order, batch_client, run_batch
from gimp_bridge.worker.consent import service_with_consent
from gimp_bridge.worker.job import Job, parse_job
from gimp_bridge.worker.job_link import JobLink
from gimp_bridge.worker.link import Link
from gimp_bridge.worker.outcome import Outcome, count
from gimp_bridge.worker.removal import grow_selection, plan_windows, read_selection
from gimp_bridge.worker.removers import connected, remover_for


def serve_batch(link: Link, frame: wire.Frame) -> None:
    """Run every job of the frame; ends in ``finished`` with the counts and the report."""
    service = service_with_consent(link, frame.fields["options"]["service"])
    settings = Settings.load()
    client = batch_client(service, settings)
    orders = _orders(link, frame.fields, settings)

    def tell(number: int, outcome: Outcome) -> None:
        if not link.cancelled():
            link.send("outcome", {"job": number, **outcome._asdict()})

    result = run_batch(orders, client, tell, link.stopped.is_set)
    counts = {state: count(result.outcomes, state) for state in ("done", "skipped", "failed")}
    link.send("finished", {"message": result.reason, "report": result.report, **counts})


def serve_survey(link: Link, frame: wire.Frame) -> None:
    """Say of every job whether it can run and what it will take; nothing is sent to a service."""
    settings = Settings.load()
    client = batch_client(frame.fields["options"]["service"], settings)
    for number, order in enumerate(_orders(link, frame.fields, settings)):
        facts = _survey(order, client)
        link.send("surveyed", {"job": number, "paid": client is not None, **facts})
    link.send("finished", {"message": None})


def _survey(order: Order, client: Any) -> dict[str, Any]:
    if order.job is None or order.host is None or order.selected is None:
        return {"problem": order.problem, "windows": 0, "scale": 1.0, "share": 0.0}
    share = 0.0
    try:
        with remover_for(order.job, connected(client), order.host) as remover:
            grown = grow_selection(order.job, order.selected())
            share = np.count_nonzero(grown.coverage) / order.job.source.area
            windows = plan_windows(order.job, grown, remover)
    except RemovalError as error:
        return {"problem": str(error), "windows": 0, "scale": 1.0, "share": share}
    return {"problem": "", "windows": len(windows), "scale": _scale(windows), "share": share}


def _scale(windows: list[Window]) -> float:
    return min(window.scale for window in windows)


def _orders(link: Link, fields: Mapping[str, Any], settings: Settings) -> list[Order]:
    jobs, options = fields["jobs"], fields["options"]
    shared = _shared_selection(link, fields, settings)
    return [
        _order(JobLink(link, n), {**job, "options": options}, shared, settings)
        for n, job in enumerate(jobs)
    ]


def _order(
    host: JobLink, fields: Mapping[str, Any], shared: _Shared | None, settings: Settings
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
    if shared is None:
        return Order(name, host, job, lambda: read_selection(host, job))
    return Order(name, host, job, lambda: shared.carried_onto(job))


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


def _shared_selection(link: Link, fields: Mapping[str, Any], settings: Settings) -> _Shared | None:
    number = fields.get("selection_of")
    if number is None:
        return None
    if fields["alignment"] not in ALIGNMENTS:
        raise InputError(
            _("{value!r} is no {name}; it is one of {choices}.").format(
                value=fields["alignment"], name="alignment", choices=", ".join(ALIGNMENTS)
            )
        )
    if "selection" not in fields["jobs"][number]:
        raise InputError(_("The image whose selection was to be used for all is closed."))
    job = parse_job({**fields["jobs"][number], "options": fields["options"]}, settings)
    selected = read_selection(JobLink(link, number), job)
    return _Shared(selected, job, fields["alignment"])
