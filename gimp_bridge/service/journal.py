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
from typing import Any

# filelock: one call for flock and its Windows counterpart, freed by the system on a kill.
from filelock import FileLock, Timeout

from gimp_bridge.private_files import make_private_folder
from gimp_bridge.service.entry import (
    RESULT,
    CorruptEntry,
    Entry,
    Record,
    is_held,
    new_entry,
    open_entry,
    read_record,
)
from gimp_bridge.service.limits import RESULT_LIFE_S

log = logging.getLogger(__name__)

KEPT_S = RESULT_LIFE_S + 300.0
"""Entries are removed after this: the service's hour begins when the upload has ended, not when
the entry was made, and clocks differ."""

LOCK = "lock"
ALONE_S = 0.5
"""To look and to begin an entry takes 10 - 50 ms."""

Clock = Callable[[], float]


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
            if record.fingerprint == fingerprint and (entry := self._open(folder)) is not None:
                return entry
        return None

    def find_task(self, task_id: str) -> Entry | None:
        """The unclaimed entry of a task, locked."""
        for record, folder in self._records():
            if record.task_id == task_id and (entry := self._open(folder)) is not None:
                return entry
        return None

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Let no other process begin an entry within the block; False where one is just at it.

        Raises OSError when the journal cannot be written.
        """
        make_private_folder(self.folder)
        lock = FileLock(self.folder / LOCK, mode=0o600)
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=ALONE_S, poll_interval=0.01)
        try:
            yield lock.is_locked
        finally:
            lock.release()

    def state_of(self, fingerprint: str) -> str | None:
        """The state of the newest entry for the same request, be it in other hands; None = none.

        "unreadable" where an entry that others hold cannot be read: Windows has moments for it.
        """
        state = None
        for folder in self._folders():
            try:
                record = read_record(folder)
            except FileNotFoundError:
                continue
            except CorruptEntry:
                state = "unreadable" if is_held(folder) else state
                continue
            if record.fingerprint == fingerprint and record.state != "claimed":
                return record.state
        return state

    def stored(self, fingerprint: str) -> tuple[str, bytes] | None:
        """Task id and result of the newest such entry that is *stored*, be it in other hands."""
        for record, folder in self._records():
            same = record.fingerprint == fingerprint and record.state == "stored"
            with contextlib.suppress(OSError):  # it may be gone by now
                if same and record.task_id:
                    return record.task_id, (folder / RESULT).read_bytes()
        return None

    def clean(self) -> None:
        """Remove what is older than an hour, and the debris of unfinished removals."""
        for folder in self._folders():
            with contextlib.suppress(OSError):
                self._clean_one(folder)

    def _clean_one(self, folder: Path) -> None:
        try:
            entry = open_entry(folder)
        except CorruptEntry:
            entry = None
        if entry is None:
            self._clean_debris(folder)
        elif entry.record.state == "claimed" or self._age(entry) > KEPT_S:
            log.info("journal: task %s removed", entry.task_id)
            entry.remove()
        else:
            entry.release()

    def _clean_debris(self, folder: Path) -> None:
        """Remove a folder without a usable record, once nobody can still be writing it."""
        try:
            read_record(folder)
        except (CorruptEntry, FileNotFoundError):
            if abs(self._clock() - folder.stat().st_mtime) > KEPT_S:
                shutil.rmtree(folder, ignore_errors=True)

    def _age(self, entry: Entry) -> float:
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

    def _open(self, folder: Path) -> Entry | None:
        try:
            entry = open_entry(folder)
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
            return sorted((path for path in self.folder.iterdir() if path.is_dir()), reverse=True)
        except FileNotFoundError:
            return []
