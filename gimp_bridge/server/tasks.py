"""The tasks of the local server: a few threads that fill, and what became of each for an hour.

What is held in memory is bounded: uploads wait as the files they came as, one large picture is
decoded at a time, and of results the oldest go first when there are too many.
"""

from __future__ import annotations

import functools
import io
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from PIL import Image

from gimp_bridge.errors import Cancelled
from gimp_bridge.server.form import FAILED, Form, Pixels, Refused, Unusable
from gimp_bridge.service import limits

log = logging.getLogger(__name__)

DONE, QUEUED, PREPARING, PROCESSING = limits.DONE, limits.QUEUED, 2, 4
TIMED_OUT = -8

WAITING_TASKS = 64
WAITING_BYTES = 128 << 20
"""Tasks that are not done yet, and their uploads; above either, creating is refused with 429."""

KEPT_TASKS = 5000
KEPT_BYTES = 256 << 20
"""Tasks that have ended, and their results; above either, the oldest are forgotten."""

LARGE_PX = 1 << 22
"""Pictures with more pixels are filled one by one, beside the others: each takes up to half a
gigabyte, and seconds."""

FETCHES = 8
"""Addresses fetched at once."""


class Fill(Protocol):
    """What fills the hole: ``gimp_bridge.engine.fill`` or a stand-in of a test."""

    def __call__(
        self,
        image: Pixels,
        mask: Pixels,
        *,
        seed: int,
        progress: Callable[[float], None],
        cancel: Callable[[], bool],
    ) -> Pixels:
        """Return the image with the masked pixels (non-zero) filled."""


class Fetch(Protocol):
    """What gets the picture at an address: ``fetching.Fetcher``."""

    def __call__(self, url: str, *, for_here: bool) -> bytes:
        """Return the file; ``for_here`` for a client on this machine.  Raises Unusable."""


@dataclass
class Job:
    """One task; ``state`` as in the interface, ``result`` an encoded picture when done.

    ``held_bytes`` is what was uploaded, and, once that is done and gone, the result.
    """

    return_type: int
    created_at: float
    task_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: int = QUEUED
    detail: str = ""
    progress: int = 0
    processed_at: float = 0.0
    completed_at: float = 0.0
    result: bytes = b""
    held_bytes: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


class Tasks:
    """All tasks of the last hour; ``clock`` tells epoch seconds."""

    def __init__(
        self,
        fill: Fill,
        fetch: Fetch,
        *,
        clock: Callable[[], float],
        task_seconds: float,
        workers: int,
        answer_format: str,
    ) -> None:
        self._fill = fill
        self._fetch = fetch
        self._clock = clock
        self._task_seconds = task_seconds
        self._format = answer_format
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="removal")
        self._fetching = ThreadPoolExecutor(FETCHES, thread_name_prefix="fetch")
        self._one_by_one = ThreadPoolExecutor(1, thread_name_prefix="large")
        self._checking = threading.Lock()

    def add(self, form: Form) -> Job:
        """Take a task; Refused 400 when its pictures break a limit, 429 when too much waits."""
        self._admit(form)
        job = Job(form.return_type, created_at=self._clock(), held_bytes=form.size_bytes)
        try:
            if not form.has_addresses:
                self._check(form)
        except Unusable as error:
            self._end(job, error.state, str(error))
        self._admit(form, job)
        if form.has_addresses:
            self._submit(self._fetching, job, self._prepare, form)
        elif not job.ended.is_set():
            self._submit_checked(job, form)
        return job

    def _admit(self, form: Form, job: Job | None = None) -> None:
        """Add the job, if there is one; Refused 429 where there is no room for it."""
        with self._lock:
            self._forget_old()
            waiting = [job for job in self._jobs.values() if not job.ended.is_set()]
            held_bytes = sum(job.held_bytes for job in waiting) + form.size_bytes
            if len(waiting) >= WAITING_TASKS or held_bytes > WAITING_BYTES:
                raise Refused(429, "too many tasks are waiting")
            if job is not None:
                self._jobs[job.task_id] = job

    def _check(self, form: Form) -> None:
        with self._checking:  # a mask takes up to 64 MB while it is looked at
            form.check()

    def find(self, task_id: str) -> Job | None:
        """The task, unless it is unknown or over an hour old."""
        with self._lock:
            self._forget_old()
            return self._jobs.get(task_id)

    def close(self) -> None:
        """Start nothing more; what runs is left to its end."""
        for pool in (self._fetching, self._pool, self._one_by_one):
            pool.shutdown(wait=False, cancel_futures=True)

    def _submit_checked(self, job: Job, form: Form) -> None:
        width, height = form.size
        pool = self._one_by_one if width * height > LARGE_PX else self._pool
        self._submit(pool, job, self._run, form)

    def _submit(
        self, pool: ThreadPoolExecutor, job: Job, work: Callable[[Job, Form], None], form: Form
    ) -> None:
        """Let ``work`` be done; what refuses or stops it ends the job."""

        def attempt(form: Form) -> None:
            try:
                work(job, form)
            except Unusable as error:
                self._end(job, error.state, str(error))
            except Refused as error:
                self._end(job, FAILED, str(error))
            except Cancelled:
                self._end(job, TIMED_OUT, "over 30 seconds")
            except Exception as error:
                log.exception("task %s failed", job.task_id)
                self._end(job, FAILED, type(error).__name__)

        try:
            pool.submit(attempt, form).add_done_callback(
                lambda future: job.ended.set() if future.cancelled() else None
            )
        except RuntimeError:  # closed meanwhile
            job.ended.set()

    def _prepare(self, job: Job, form: Form) -> None:
        job.processed_at, job.state = self._clock(), PREPARING
        form = form.fetched(functools.partial(self._fetch, for_here=form.for_here))
        self._check(form)
        self._submit_checked(job, form)

    def _run(self, job: Job, form: Form) -> None:
        job.processed_at, job.state = self._clock(), PROCESSING
        started = time.monotonic()

        def overdue() -> bool:
            return time.monotonic() - started > limits.TASK_CUT_S

        def report(fraction: float) -> None:
            job.progress = min(99, int(fraction * 100))

        image, mask = form.decode()
        filled = self._fill(image, mask, seed=0, progress=report, cancel=overdue)
        self._wait_out(started)
        job.result = self._encode(filled)
        self._end(job, DONE, "")

    def _wait_out(self, started: float) -> None:
        """Let a task last ``task_seconds``, as the real service's do."""
        left = self._task_seconds - (time.monotonic() - started)
        if left > 0:
            time.sleep(left)

    def _encode(self, pixels: Pixels) -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, self._format, quality=92)
        return file.getvalue()

    def _end(self, job: Job, state: int, detail: str) -> None:
        job.completed_at, job.detail = self._clock(), detail
        job.progress = 100 if state == DONE else job.progress
        job.held_bytes = len(job.result)
        job.state = state  # last: who sees it sees the rest
        job.ended.set()
        with self._lock:
            self._forget_most()

    def _forget_old(self) -> None:
        oldest = self._clock() - limits.RESULT_LIFE_S
        for task_id in [i for i, job in self._jobs.items() if job.created_at < oldest]:
            del self._jobs[task_id]

    def _forget_most(self) -> None:
        kept = [job for job in self._jobs.values() if job.ended.is_set()]
        held_bytes = sum(job.held_bytes for job in kept)
        while len(kept) > KEPT_TASKS or held_bytes > KEPT_BYTES:
            oldest = kept.pop(0)
            held_bytes -= oldest.held_bytes
            del self._jobs[oldest.task_id]
