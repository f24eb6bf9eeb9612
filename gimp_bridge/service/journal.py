"""The journal of paid tasks: what must not be lost within the hour that a result lives.

A folder of entries (see ``entry``), safe for several processes at once.  It never talks to the
service.  Entries older than the hour are removed; one that cannot be read never blocks others.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

# filelock: one call for flock and its Windows counterpart, freed by the system on a kill.
from filelock import FileLock

from gimp_bridge.private_files import make_private_folder
from gimp_bridge.service.entry import (
    REQUESTS,
    RESULT,
    CorruptEntry,
    End,
    Entry,
    Record,
    new_entry,
    open_entry,
    read_end,
    read_record,
)
from gimp_bridge.service.limits import RESULT_LIFE_S

log = logging.getLogger(__name__)

KEPT_S = RESULT_LIFE_S + 300.0
"""Entries are removed after this: the service's hour begins when the upload has ended, not when
the entry was made, and clocks differ."""

BRIEFLY_S = 0.05
"""Who only looks at an entry, to clean the journal, holds it for 1 ms."""

CLOCK_STEP_S = 10.0
"""By so much the clock may be corrected during a run; no machine starts anew in that time."""

Clock = Callable[[], float]


class Known(NamedTuple):
    """What is known of the task of another run: its id, and its result where it is on the disk.

    Without an id the request is being sent or, where that has ``ended``, may have been billed.
    """

    task_id: str | None
    result: bytes | None
    ended: bool


class Journal:
    """All entries of this user.  ``clock`` and ``uptime`` give seconds; tests move them."""

    def __init__(
        self, folder: Path, *, clock: Clock = time.time, uptime: Clock = time.monotonic
    ) -> None:
        self.folder = folder
        self._clock = clock
        self._uptime = uptime

    def begin(
        self,
        service: str,
        fingerprint: str,
        *,
        max_result_bytes: int,
        metadata: Mapping[str, Any] | None = None,
        blobs: Mapping[str, bytes] | None = None,
    ) -> Entry:
        """Write down the intent to send a task; the entry is locked by the caller.

        Raises OSError when the disk does not take it: then nothing must be sent.
        """
        folder = self.folder / f"{int(self._clock() * 1000):014d}-{uuid.uuid4().hex[:12]}"
        make_private_folder(self.folder)
        make_private_folder(folder)
        record = Record(
            state="sent",
            service=service,
            fingerprint=fingerprint,
            max_result_bytes=max_result_bytes,
            created_at=self._clock(),
            uptime_at=self._uptime(),
            metadata=dict(metadata or {}),
        )
        return new_entry(folder, record, blobs or {})

    def unclaimed(self) -> Iterator[Entry]:
        """Every entry that nobody works on, newest first, each locked until released."""
        for folder in self._folders():
            entry = self._open(folder)
            if entry is not None:
                yield entry

    def others_at_work(self) -> bool:
        """Whether another process holds an entry: most likely it finishes a cancelled run."""
        for _, folder in self._records():
            entry = self._open(folder)
            if entry is None and folder.exists():
                return True
            if entry is not None:
                entry.release()
        return False

    def find(self, fingerprint: str) -> Entry | None:
        """The newest unclaimed entry for the same request, locked; None when there is none."""
        for record, folder in self._records():
            if record.fingerprint == fingerprint and (entry := self._open(folder, BRIEFLY_S)):
                return entry
        return None

    def find_task(self, task_id: str) -> Entry | None:
        """The unclaimed entry of a task, locked."""
        for record, folder in self._records():
            if record.task_id == task_id and (entry := self._open(folder)) is not None:
                return entry
        return None

    def lock_of(self, fingerprint: str) -> FileLock:
        """The lock that lets one run at a time ask for this, not yet taken.

        Raises OSError when the journal cannot be written.
        """
        make_private_folder(self.folder)
        make_private_folder(self.folder / REQUESTS)
        path = self.folder / REQUESTS / f"{fingerprint}.lock"
        path.touch(mode=0o600)  # what is in use is never old enough to be cleaned away
        return FileLock(path, thread_local=False, mode=0o600)

    def known(self, fingerprint: str, since: float) -> Known | None:
        """The task of the same request that is in other hands or was claimed after ``since``.

        ``since`` is a moment of ``now``.
        """
        for record, folder in self._records():
            if record.fingerprint == fingerprint:
                return Known(record.task_id, _result(folder), ended=False)
        end = read_end(self.folder, fingerprint)
        return Known(end.task_id, None, ended=True) if end and self._is_after(end, since) else None

    def records(self) -> list[Record]:
        """What is known of every task that is not claimed, be it in other hands; newest first."""
        return [record for record, _ in self._records()]

    def now(self) -> float:
        """This moment, by the clock that all processes share until the next start."""
        return self._uptime()

    def clean(self) -> None:
        """Remove what is older than an hour, and the debris of unfinished removals."""
        for folder in self._folders():
            with contextlib.suppress(OSError):
                self._clean_one(folder)
        for note in (self.folder / REQUESTS).glob("*"):
            with contextlib.suppress(OSError):
                if self._is_old(note):
                    note.unlink()

    def _clean_one(self, folder: Path) -> None:
        try:
            entry = open_entry(folder)
        except CorruptEntry:
            entry = None
        if entry is None:
            self._clean_debris(folder)
        elif entry.record.state == "claimed" or self.age_s(entry) > KEPT_S:
            log.info("journal: task %r removed", entry.task_id)
            entry.remove()
        else:
            entry.release()

    def _clean_debris(self, folder: Path) -> None:
        """Remove a folder without a usable record, once nobody can still be writing it."""
        try:
            read_record(folder)
        except (CorruptEntry, FileNotFoundError):
            if self._is_old(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _is_after(self, end: End, since: float) -> bool:
        """Whether it ended after ``since``, and not before the machine was started anew."""
        asked_s_ago, ended_s_ago = self._uptime() - since, self._clock() - end.at
        return end.uptime_at >= since and ended_s_ago < asked_s_ago + CLOCK_STEP_S

    def _is_old(self, path: Path) -> bool:
        return abs(self._clock() - path.stat().st_mtime) > KEPT_S

    def age_s(self, entry: Entry) -> float:
        """Seconds since the entry was made, by whichever clock says less.

        A wall clock that jumped ahead must not throw away a task just paid for, and the time
        since start is not comparable after a restart.  Where both run backwards (the clock was
        set back and the machine restarted) the entry counts as made now.
        """
        record = entry.record
        ages = (self._clock() - record.created_at, self._uptime() - record.uptime_at)
        plausible = [age for age in ages if age >= 0]
        if plausible:
            return min(plausible)
        values = {**vars(record), "created_at": self._clock(), "uptime_at": self._uptime()}
        entry.write(Record(**values))
        return 0.0

    def _open(self, folder: Path, patience_s: float = 0.0) -> Entry | None:
        try:
            entry = open_entry(folder, patience_s=patience_s)
        except CorruptEntry as error:
            log.warning("journal: an entry cannot be read: %s", error)
            return None
        if entry is not None and entry.record.state == "claimed":
            entry.remove()
            return None
        return entry

    def _records(self) -> Iterator[tuple[Record, Path]]:
        for folder in self._folders():
            with contextlib.suppress(CorruptEntry, FileNotFoundError):
                record = read_record(folder)
                if record.state != "claimed":
                    yield record, folder

    def _folders(self) -> list[Path]:
        try:
            found = sorted(self.folder.iterdir(), reverse=True)
        except FileNotFoundError:
            return []
        return [path for path in found if path.is_dir() and path.name != REQUESTS]


def _result(folder: Path) -> bytes | None:
    try:
        return (folder / RESULT).read_bytes()
    except OSError:
        return None
