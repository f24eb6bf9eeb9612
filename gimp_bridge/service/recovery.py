"""Bringing home what was paid for and left behind: after a cancel, a kill, a restart."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from gimp_bridge.errors import Cancelled, RemovalError, SettingsError
from gimp_bridge.language import _
from gimp_bridge.service.client import PicWish, Report, silent
from gimp_bridge.service.entry import Entry
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import never
from gimp_bridge.service.task import bring
from gimp_bridge.service.transport import Cancel
from gimp_bridge.service.waiting import Check

log = logging.getLogger(__name__)


def finish(client: PicWish, journal: Journal, task_id: str, *, check: Check | None = None) -> bool:
    """Wait for a task although nobody waits for us, and store its result; whether it is stored.

    For the worker whose pipe was closed: what was paid for is fetched while it can be.
    """
    entry = journal.find_task(task_id)
    if entry is None:
        return False
    try:
        bring(client, entry, None, check, silent, never)
    except RemovalError as error:
        log.warning("task %s could not be finished: %s", task_id, error)
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
        """The layer is in the image, or the problem was shown: forget the entry."""
        self.entry.claim()


def recover(
    client: PicWish,
    journal: Journal,
    *,
    check: Check | None = None,
    progress: Report = silent,
    cancel: Cancel = never,
) -> Iterator[Recovered]:
    """Bring back every unclaimed task, newest first.

    What is not claimed before the next one is asked for stays in the journal.  Entries that
    another process works on are left to it.  Raises only Cancelled.
    """
    journal.clean()
    for entry in journal.unclaimed():
        try:
            yield _recovered(client, entry, check, progress, cancel)
        finally:
            entry.release()


def _recovered(
    client: PicWish, entry: Entry, check: Check | None, progress: Report, cancel: Cancel
) -> Recovered:
    try:
        if entry.record.state == "running" and entry.record.service != client.service:
            raise SettingsError(
                _(
                    "Task {task_id} was sent to {service}, and the settings now name {other}: "
                    "change the service back to fetch it."
                ).format(task_id=entry.task_id, service=entry.record.service, other=client.service),
                task_id=entry.task_id,
            )
        return Recovered(entry, bring(client, entry, None, check, progress, cancel))
    except Cancelled:
        raise
    except RemovalError as error:
        return Recovered(entry, None, error)
