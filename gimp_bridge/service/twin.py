"""Of several runs that ask for the very same, one pays; the others use what it paid for.

To look for another run and to note the own intent is one step, under the journal's lock: two
processes that begin at the same moment cannot both find nothing.  Nothing is sent from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from gimp_bridge.errors import AlreadyDone, MaybeSent, SettingsError, TaskUnfinished
from gimp_bridge.language import _
from gimp_bridge.service.entry import Entry
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import pause
from gimp_bridge.service.progress import Cancel, Progress, Report

LOOK_AGAIN_S = 0.2
STORED_S = 0.05
"""From a result that another run holds until a copy of it is taken: where nobody waits for that
run any more it lets go at once, and its entry is used itself."""


def own_or_twin(
    journal: Journal,
    fingerprint: str,
    begin: Callable[[], Entry],
    *,
    patience_s: float,
    progress: Report,
    cancel: Cancel,
) -> Entry:
    """The entry to go on with: that of an earlier run, or else the one that ``begin`` makes.

    Only ``begin``'s is in the state *sent*: then, and only then, the request may be sent.  Waits
    for a run that has the same under way.  Raises AlreadyDone where that run ended and left
    nothing, TaskUnfinished where it does not end within ``patience_s``, MaybeSent where an
    earlier one died while it was sending, SettingsError where the journal cannot be written.
    """
    until = time.monotonic() + patience_s
    seen = _Seen()
    while True:
        seen = _look(journal, fingerprint, begin, seen.state)
        if seen.entry is not None:
            return seen.entry
        if time.monotonic() > until:
            raise TaskUnfinished(
                _(
                    "Another run is still busy with the very same removal, so nothing was sent: "
                    "end it, or change the selection a little."
                )
            )
        progress(Progress("processing"))
        pause(STORED_S if seen.state == "stored" else LOOK_AGAIN_S, cancel)


def lost_earlier() -> MaybeSent:
    """The error for an intent whose run died before it knew the task."""
    return MaybeSent(
        _(
            "An earlier attempt to remove the same was stopped while it was being sent: it may "
            "have been done and billed. Nothing was sent now. Run it again if you want to pay for "
            "it anew."
        )
    )


class _Seen(NamedTuple):
    """The entry to go on with, or else how far another run has come, see `Journal.state_of`."""

    entry: Entry | None = None
    state: str | None = None


def _look(
    journal: Journal, fingerprint: str, begin: Callable[[], Entry], before: str | None
) -> _Seen:
    """Look once; ``before``: how far another run had come at the last look."""
    try:
        with journal.alone() as alone:
            return _decide(journal, fingerprint, begin, before) if alone else _Seen(None, before)
    except OSError as error:
        raise SettingsError(
            _(
                "The journal of paid tasks cannot be written ({reason}), so nothing was sent: "
                "make room or allow writing in {folder}."
            ).format(reason=error.strerror or error, folder=journal.folder)
        ) from error


def _decide(
    journal: Journal, fingerprint: str, begin: Callable[[], Entry], before: str | None
) -> _Seen:
    if twin := journal.find(fingerprint):
        return _Seen(_used_or_reported(twin))
    state = journal.state_of(fingerprint)
    if state is None and before in (None, "unreadable"):
        return _Seen(begin())
    if state is None:
        raise AlreadyDone(
            _(
                "Another run has just ended with the very same removal, so nothing was sent. Run "
                "it again if you want to pay for it once more."
            )
        )
    if state == before == "stored" and (found := journal.stored(fingerprint)):
        return _Seen(_copied(begin(), *found))
    return _Seen(None, state)


def _used_or_reported(entry: Entry) -> Entry:
    if entry.record.state != "sent":
        return entry
    entry.remove()
    raise lost_earlier()


def _copied(entry: Entry, task_id: str, data: bytes) -> Entry:
    """``entry`` with the result of another run's task: it has its own place to go to."""
    try:
        entry.started(task_id)
        entry.store(data)
    except BaseException:
        entry.remove()
        raise
    return entry
