"""Bringing home what was paid for and left behind: after a cancel, a kill, a restart."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gimp_bridge.errors import Cancelled, MaybeSent, RemovalError, SettingsError
from gimp_bridge.language import _
from gimp_bridge.service.answers import shown_id
from gimp_bridge.service.entry import Entry
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import never
from gimp_bridge.service.progress import Cancel, Report, silent
from gimp_bridge.service.single_flight import lost_earlier
from gimp_bridge.service.task import bring, stored_picture
from gimp_bridge.service.waiting import Check

if TYPE_CHECKING:
    from gimp_bridge.service.client import PicWish

log = logging.getLogger(__name__)


def finish(client: PicWish, journal: Journal, task_id: str, *, check: Check | None = None) -> bool:
    """Wait for a task although nobody waits for us, and store its result; whether it is stored.

    For the worker whose pipe was closed: what was paid for is fetched while it can be.
    """
    entry = journal.find_task(task_id)
    if entry is None:
        return False
    try:
        bring(client, journal, entry, None, check, silent, never)
    except RemovalError as error:
        log.warning("task %r could not be finished: %s", task_id, error)
        return False
    entry.release()
    return True


@dataclass(frozen=True)
class Recovered:
    """One entry of the journal brought back: either the picture or why there is none."""

    entry: Entry
    data: bytes | None
    problem: RemovalError | None = None

    def claim(self) -> None:
        """The picture is where it belongs: forget the entry."""
        self.entry.claim()


def recover(
    connect: Callable[[], PicWish],
    journal: Journal,
    *,
    check_of: Callable[[Entry], Check] | None = None,
    progress: Report = silent,
    cancel: Cancel = never,
) -> Iterator[Recovered]:
    """Bring back every unclaimed task, newest first.

    ``connect`` makes the client and is called only where something has to be fetched;
    ``check_of`` gives the check for an entry's picture, see ``run_task``.

    What is not claimed before the next one is asked for stays in the journal for its hour; only
    a request that may have been billed, and whose task is not known, is told once.  Entries that
    another process works on are left to it.  Raises only Cancelled.
    """
    journal.clean()
    for entry in journal.unclaimed():
        try:
            found = _recovered(connect, journal, entry, check_of, progress, cancel)
            yield found
            if isinstance(found.problem, MaybeSent):
                entry.claim()
        finally:
            entry.release()


def _recovered(
    connect: Callable[[], PicWish],
    journal: Journal,
    entry: Entry,
    check_of: Callable[[Entry], Check] | None,
    progress: Report,
    cancel: Cancel,
) -> Recovered:
    try:
        check = check_of(entry) if check_of else None
        if (data := stored_picture(entry, check)) is not None:
            return Recovered(entry, data)
        if entry.record.state == "sent":
            raise lost_earlier()
        client = connect()
        _refuse_elsewhere(client, entry)
        return Recovered(entry, bring(client, journal, entry, None, check, progress, cancel))
    except Cancelled:
        raise
    except RemovalError as error:
        return Recovered(entry, None, error)
    except OSError as error:
        text = _("What is kept of task {task_id} cannot be read: {reason}.").format(
            task_id=shown_id(entry.task_id or ""), reason=error.strerror or type(error).__name__
        )
        return Recovered(entry, None, RemovalError(text, task_id=entry.task_id))


def _refuse_elsewhere(client: PicWish, entry: Entry) -> None:
    """A task is asked for where it was sent to only: another host gets neither id nor key."""
    if entry.record.service != client.service:
        raise SettingsError(
            _(
                "Task {task_id} was sent to {service}, and the settings now name {other}: "
                "change the service back to fetch it."
            ).format(
                task_id=shown_id(entry.task_id or ""),
                service=entry.record.service,
                other=client.service,
            ),
            task_id=entry.task_id,
        )
