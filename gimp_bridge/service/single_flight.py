"""Of several runs that ask for the very same at once one pays; the others use its task.

Each request has a lock, by its fingerprint.  A run holds it from its look into the journal until
its result is there, and the system takes it back from a killed one.  So whoever has the lock
finds all that was asked before it: a task left behind, a task whose result another run is just
inserting, or the id of one that was claimed since this run asked.  Nothing is sent from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# filelock: one call for flock and its Windows counterpart, freed by the system on a kill.
from filelock import FileLock, Timeout

from gimp_bridge.errors import MaybeSent, SettingsError, TaskUnfinished
from gimp_bridge.language import _
from gimp_bridge.service.entry import Entry
from gimp_bridge.service.journal import Journal, Known
from gimp_bridge.service.pace import pause
from gimp_bridge.service.progress import Cancel, Progress, Report

LOOK_AGAIN_S = 0.1


@contextmanager
def alone_with(
    journal: Journal, fingerprint: str, *, patience_s: float, progress: Report, cancel: Cancel
) -> Iterator[None]:
    """Be the only run that asks for this; waits for another one that does.

    Raises TaskUnfinished where that one does not end within ``patience_s``, Cancelled, and
    SettingsError where the journal cannot be written.
    """
    until = time.monotonic() + patience_s
    with writable(journal):
        lock = journal.lock_of(fingerprint)
    while not _taken(journal, lock):
        if time.monotonic() > until:
            raise TaskUnfinished(
                _(
                    "Another run is still busy with the very same removal, so nothing was sent: "
                    "end it, or change the selection a little."
                )
            )
        progress(Progress("waiting"))
        pause(LOOK_AGAIN_S, cancel)
    try:
        yield
    finally:
        lock.release(force=True)


def earlier(
    journal: Journal,
    fingerprint: str,
    begin: Callable[[], Entry],
    *,
    asked_at: float,
    cancel: Cancel,
) -> Entry | None:
    """The entry of a task that there is already; None: the request may be sent.

    To be called within ``alone_with``.  A task that another run has in hands, or claimed since
    ``asked_at``, gets a second entry from ``begin``.  Raises MaybeSent where an earlier request
    may have been billed.
    """
    while True:
        if entry := journal.find(fingerprint):
            return _used_or_told(entry)
        known = journal.known(fingerprint, asked_at)
        if known is None:
            return None
        if known.task_id:
            return _shared(begin(), known.task_id, known)
        if known.ended:
            raise lost_earlier()
        pause(LOOK_AGAIN_S, cancel)  # a recovery is just looking at it


@contextmanager
def writable(journal: Journal) -> Iterator[None]:
    """Within it, what the disk refuses is a SettingsError that names the journal."""
    try:
        yield
    except (OSError, NotImplementedError) as error:
        raise SettingsError(
            _(
                "The journal of paid tasks cannot be written ({reason}), so nothing was sent: "
                "make room or allow writing in {folder}."
            ).format(reason=getattr(error, "strerror", None) or error, folder=journal.folder)
        ) from error


def lost_earlier() -> MaybeSent:
    """The error for an intent whose run ended before it knew the task."""
    return MaybeSent(
        _(
            "An earlier attempt to remove the same was stopped while it was being sent: it may "
            "have been done and billed. Nothing was sent now. Run it again if you want to pay for "
            "it again."
        )
    )


def _taken(journal: Journal, lock: FileLock) -> bool:
    with writable(journal):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
    return True


def _used_or_told(entry: Entry) -> Entry:
    if entry.record.state != "sent":
        return entry
    entry.claim()
    raise lost_earlier()


def _shared(entry: Entry, task_id: str, known: Known) -> Entry:
    """``entry`` for the task of another run: the result has a second place to go to."""
    try:
        entry.started(task_id)
        if known.result is not None:
            entry.store(known.result)
    except BaseException:
        entry.remove()
        raise
    return entry
