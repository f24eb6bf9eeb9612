"""One paid task on disk: a folder with a record, the blobs given to it, and the result.

An entry goes through states, each on disk before the next step is taken: *sent* (an intent,
before the request), *running* (there is a note of the task's id), *stored* (there is its
result); *claimed* where the layer is in the image and the record cannot be deleted.  Intent and
id survive a power cut.  The result survives a kill: after a power cut the service still has it,
for as long as the entry is kept.  Whoever works on an entry holds its lock, which the system
takes back when the process dies.

Of a claimed entry only the id stays for the hour, in a file named by the fingerprint: who asked
for the same before it was claimed uses that task instead of paying.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

# filelock: one call for flock and its Windows counterpart, freed by the system on a kill.
from filelock import FileLock, Timeout

from gimp_bridge.private_files import sync_folder, write_new, write_private

RECORD = "record.json"
RESULT = "result"
TASK_ID = "task-id"
LOCK = "lock"
REQUESTS = "requests"
"""The journal's folder of what is known of requests, by their fingerprints."""

NOTE_LETTERS = 256
"""The note of an id is this long from the start, so that a full disk has room for it."""

STATES = ("sent", "running", "stored", "claimed")

_BLOB_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class CorruptEntry(Exception):
    """The record cannot be used; the text says why."""


@dataclass(frozen=True)
class Record:
    """What is known of a task.

    service : the host it was sent to
    fingerprint : SHA-256 of what was sent, see ``RemovalRequest.fingerprint``
    max_result_bytes : the largest its result can be
    created_at : epoch seconds; uptime_at : the same moment in seconds since the machine started
    metadata : the caller's own notes, JSON
    """

    state: str
    service: str
    fingerprint: str
    max_result_bytes: int
    created_at: float
    uptime_at: float
    task_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


class End(NamedTuple):
    """When a task was claimed, in seconds of both clocks, and its id; None = may be billed."""

    at: float
    uptime_at: float
    task_id: str | None


class Entry:
    """A record with its folder."""

    def __init__(self, folder: Path, record: Record, lock: FileLock) -> None:
        self.folder = folder
        self.record = record
        self._lock = lock

    @property
    def task_id(self) -> str | None:
        """The service's id of the task; None while only the intent is known."""
        return self.record.task_id

    @property
    def metadata(self) -> dict[str, Any]:
        """The caller's notes."""
        return self.record.metadata

    def write(self, record: Record) -> None:
        """Replace the record."""
        write_private(self.folder / RECORD, json.dumps(asdict(record)).encode())
        self.record = record

    def started(self, task_id: str) -> None:
        """The service named the task: from here on it can be recovered."""
        self.record = replace(self.record, state="running", task_id=task_id)
        # The file is there and blank: to fill it takes 0.1 ms, in which the id of a paid task
        # hangs in the air, and to bring it to the disk is one wait and not four.
        note = os.open(self.folder / TASK_ID, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(note, "w", encoding="ascii") as file:
            file.write(json.dumps(task_id).ljust(NOTE_LETTERS))
            file.flush()
            os.fsync(file.fileno())

    def store(self, data: bytes) -> None:
        """Keep the result; it no longer depends on the service."""
        if self.task_id and not _noted_id(self.folder):
            self.started(self.task_id)  # the disk may have room by now
        write_private(self.folder / RESULT, data, at_once=False)
        self.record = replace(self.record, state="stored")

    def result(self) -> bytes:
        """The stored picture file; OSError when there is none."""
        return (self.folder / RESULT).read_bytes()

    def blob(self, name: str) -> bytes:
        """A blob given to the journal; OSError when there is none."""
        return (self.folder / _blob_file(name)).read_bytes()

    def claim(self) -> None:
        """The result has arrived where it belongs, or the person knows: forget all but the id.

        Nobody waits for the disk: what a power cut brings back is offered again, at no cost.
        """
        with contextlib.suppress(OSError):
            _note_end(self)
        try:
            (self.folder / RECORD).unlink()
        except OSError:
            with contextlib.suppress(OSError):
                self.write(replace(self.record, state="claimed"))
        self._discard()

    def remove(self) -> None:
        """Delete the folder.  The record goes first: without it the rest is only debris."""
        with contextlib.suppress(OSError):
            (self.folder / RECORD).unlink()
        with contextlib.suppress(OSError):
            sync_folder(self.folder)
        self._discard()

    def _discard(self) -> None:
        self.release()  # Windows does not delete a file that is open
        shutil.rmtree(self.folder, ignore_errors=True)

    def release(self) -> None:
        """Let others work on the entry; it stays on disk."""
        self._lock.release(force=True)


def new_entry(folder: Path, record: Record, blobs: Mapping[str, bytes]) -> Entry:
    """Write an entry into a folder just made, locked and on the disk when this returns.

    ``blobs``: what to keep beside the record, by lower-case words.  Raises OSError.
    """
    lock = _lock(folder)
    lock.acquire()
    entry = Entry(folder, record, lock)
    try:
        for name, data in blobs.items():
            write_new(folder / _blob_file(name), data)
        write_new(folder / TASK_ID, b" " * NOTE_LETTERS)
        entry.write(record)  # and with it the names of all of them
        sync_folder(folder.parent)
    except BaseException:
        entry.remove()
        raise
    return entry


def open_entry(folder: Path, *, patience_s: float = 0.0) -> Entry | None:
    """The entry, locked; None when somebody else works on it or it is gone.

    Raises CorruptEntry.
    """
    if not (folder / RECORD).exists():
        return None
    lock = _lock(folder)
    try:
        lock.acquire(timeout=patience_s, poll_interval=0.01)
    except (Timeout, OSError):
        return None
    try:
        return Entry(folder, read_record(folder), lock)
    except FileNotFoundError:
        # It was there a moment ago: somebody removed it, and our lock file may have kept the
        # folder from going too.
        lock.release(force=True)
        shutil.rmtree(folder, ignore_errors=True)
        return None
    except BaseException:
        lock.release(force=True)
        raise


def read_record(folder: Path) -> Record:
    """The record as it is now, locked or not.  Raises FileNotFoundError and CorruptEntry."""
    try:
        values = json.loads((folder / RECORD).read_bytes())
        record = Record(**values)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise CorruptEntry(f"{folder.name}: {type(error).__name__}") from error
    if not _is_sound(record):
        raise CorruptEntry(f"{folder.name}: a value has the wrong type")
    return _as_far_as_it_came(record, folder)


def _as_far_as_it_came(record: Record, folder: Path) -> Record:
    """``record`` with the id and the state that the files beside it tell."""
    if record.state == "sent":
        if not (task_id := _noted_id(folder)):
            return record
        record = replace(record, state="running", task_id=task_id)
    if record.state == "running" and (folder / RESULT).exists():
        return replace(record, state="stored")
    return record


def _noted_id(folder: Path) -> str:
    """The task's id as far as it is noted; "" where it is not, or only a part of it."""
    try:
        return str(json.loads((folder / TASK_ID).read_bytes()))
    except (OSError, ValueError):
        return ""


def read_end(journal: Path, fingerprint: str) -> End | None:
    """The end of the last task of a request; None where there is no note of it."""
    try:
        end = End(*json.loads(_end_file(journal, fingerprint).read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    sound = all(isinstance(moment, float) for moment in (end.at, end.uptime_at))
    return end if sound and isinstance(end.task_id, str | None) else None


def _note_end(entry: Entry) -> None:
    end = End(time.time(), time.monotonic(), entry.task_id)
    file = _end_file(entry.folder.parent, entry.record.fingerprint)
    write_private(file, json.dumps(end).encode(), at_once=False)


def _end_file(journal: Path, fingerprint: str) -> Path:
    return journal / REQUESTS / f"{fingerprint}.ended"


def _is_sound(record: Record) -> bool:
    texts = (record.state, record.service, record.fingerprint)
    times = (record.created_at, record.uptime_at)
    return (
        all(isinstance(text, str) for text in texts)
        and record.state in STATES
        and all(isinstance(t, int | float) and math.isfinite(t) for t in times)
        and type(record.max_result_bytes) is int
        and isinstance(record.metadata, dict)
        and (record.task_id is None) == (record.state == "sent")
        and isinstance(record.task_id, str | None)
    )


def _lock(folder: Path) -> FileLock:
    # The task may be claimed by another thread than the one that ran it.
    return FileLock(folder / LOCK, thread_local=False, mode=0o600)


def _blob_file(name: str) -> str:
    if not _BLOB_NAME.fullmatch(name):
        raise ValueError(f"not a name for a blob: {name!r}")
    return f"{name}.blob"
