"""One removal from request to picture, with every step in the journal before the next is taken.

The order is the point: intent on disk, request, id on disk, polls, result on disk.  Whatever
stops this program in between, what was paid for is found again (see ``recovery``); and what was
paid for once is used before anything is paid for again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gimp_bridge.errors import (
    BadAnswer,
    Cancelled,
    KeyRefused,
    MaybeSent,
    RemovalError,
    ResultGone,
    TaskFailed,
)
from gimp_bridge.language import N_, _
from gimp_bridge.service.answers import Task
from gimp_bridge.service.entry import Entry
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.limits import RESULT_LIFE_S
from gimp_bridge.service.pace import never
from gimp_bridge.service.progress import Cancel, Report, silent
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.single_flight import alone_with, earlier, lost_earlier, writable
from gimp_bridge.service.waiting import Check, download, wait_for

if TYPE_CHECKING:
    from gimp_bridge.service.client import PicWish

log = logging.getLogger(__name__)

STILL_THERE = N_(
    "The task itself is kept: “Recover Last Result” can fetch it within the hour, at no new cost."
)
HOUR_OVER = N_("It keeps a task for one hour, which has passed.")


@dataclass(frozen=True)
class Paid:
    """A result that was paid for.  Call ``claim`` once it is where it belongs.

    data : the picture file as the service gave it
    entry : its place in the journal, with the caller's metadata and blobs
    again : it was already paid for by an earlier run
    """

    data: bytes
    entry: Entry
    again: bool = False

    @property
    def task_id(self) -> str | None:
        """The id to quote to the service's support."""
        return self.entry.task_id

    def claim(self) -> None:
        """The layer is in the image: the journal may forget the task."""
        self.entry.claim()

    def release(self) -> None:
        """Leave the result in the journal for a later recovery."""
        self.entry.release()


def run_task(
    client: PicWish,
    journal: Journal,
    request: RemovalRequest,
    *,
    metadata: Mapping[str, Any] | None = None,
    blobs: Mapping[str, bytes] | None = None,
    asked_at: float | None = None,
    check: Check | None = None,
    progress: Report = silent,
    cancel: Cancel = never,
) -> Paid:
    """Have the removal done, or find it done already, and return the picture.

    metadata, blobs : what a recovery needs to put the result in its place
    asked_at : when the person asked for it (``journal.now``), now unless given
    check : raises BadAnswer for a picture that cannot be used; it is then fetched anew

    Of all runs that ask for the same, and asked before its result was claimed, only one pays.

    An error whose ``task_id`` is set left the task in the journal, unless it is TaskFailed.
    Cancelled with a ``task_id``: the task is under way, see ``recovery.finish``.
    """
    asked_at = journal.now() if asked_at is None else asked_at
    fingerprint = request.fingerprint(client.service)
    timeouts = client.timeouts
    patience_s = timeouts.answer_s + timeouts.task_s + timeouts.download_s

    def begin() -> Entry:
        with writable(journal):
            return journal.begin(
                client.service,
                fingerprint,
                max_result_bytes=request.max_result_bytes,
                metadata=metadata,
                blobs=blobs,
            )

    with alone_with(journal, fingerprint, patience_s=patience_s, progress=progress, cancel=cancel):
        with writable(journal):
            journal.clean()
            entry = earlier(journal, fingerprint, begin, asked_at=asked_at, cancel=cancel)
        again, task = entry is not None, None
        if entry is None:
            entry = begin()
            task = _send(client, entry, request, progress, cancel)
        data = bring(client, journal, entry, task, check, progress, cancel)
        return Paid(data, entry, again)


def _send(
    client: PicWish, entry: Entry, request: RemovalRequest, progress: Report, cancel: Cancel
) -> Task:
    """Create the task and write its id down; an entry of which nothing can come is removed."""
    try:
        task = client.create(request, progress=progress, cancel=cancel)
        _write_down(entry, task)
    except MaybeSent:
        # Somebody who cancelled does not read the error: then the next run says it.
        if cancel():
            entry.release()
        else:
            entry.claim()
        raise
    except RemovalError:
        entry.remove()  # certainly not sent, or refused
        raise
    except BaseException:
        entry.release()  # Ctrl+C, or a fault of ours: nobody knows how far it got
        raise
    return task


def _write_down(entry: Entry, task: Task) -> None:
    try:
        entry.started(task.task_id)
    except OSError as error:
        # The disk filled up after the intent was written.  The task is paid: carry on in
        # memory, which nearly always gets it home.
        log.warning("task %r could not be written to the journal: %s", task.task_id, error)


def bring(
    client: PicWish,
    journal: Journal,
    entry: Entry,
    task: Task | None,
    check: Check | None,
    progress: Report,
    cancel: Cancel,
) -> bytes:
    """The entry's picture: from the disk, or waited for, downloaded and stored."""
    try:
        if entry.record.state == "sent" and task is None:
            raise lost_earlier()
        stored = stored_picture(entry, check)
        return stored or _fetch(client, journal, entry, task, check, progress, cancel)
    except TaskFailed:
        entry.remove()  # there is nothing to fetch, and nothing was billed
        raise
    except RemovalError as error:
        error.task_id = entry.task_id
        if isinstance(error, ResultGone) and journal.age_s(entry) > RESULT_LIFE_S:
            error.args = (f"{error} {_(HOUR_OVER)}",)
        elif not isinstance(error, Cancelled | MaybeSent):
            error.args = (f"{error} {_(STILL_THERE)}",)
            error.retryable = not isinstance(error, KeyRefused)
        entry.release()
        raise
    except BaseException:
        entry.release()
        raise


def stored_picture(entry: Entry, check: Check | None) -> bytes | None:
    """The picture from the disk; None when it is not there or of no use, and has to be fetched."""
    if entry.record.state != "stored":
        return None
    try:
        data = entry.result()
        if check:
            check(data)
    except (OSError, BadAnswer) as error:
        log.warning("the stored result of task %r cannot be used: %s", entry.task_id, error)
        return None
    return data


def _fetch(
    client: PicWish,
    journal: Journal,
    entry: Entry,
    task: Task | None,
    check: Check | None,
    progress: Report,
    cancel: Cancel,
) -> bytes:
    options: dict[str, Any] = {
        "max_bytes": entry.record.max_result_bytes,
        "age_s": journal.age_s(entry),
        "progress": progress,
        "cancel": cancel,
    }
    if task is None or not task.is_done:
        at_once = task is None  # an earlier task is done by now, most likely
        task = wait_for(client, entry.task_id or "", at_once=at_once, **options)
    data = download(client, task, check=check, **options)
    try:
        entry.store(data)
    except OSError as error:
        log.warning("the result of task %r could not be stored: %s", entry.task_id, error)
    return data
