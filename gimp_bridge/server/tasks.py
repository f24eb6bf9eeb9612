"""The tasks of the local server: a few threads that fill, and what became of each for an hour."""

from __future__ import annotations

import io
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from PIL import Image

from gimp_bridge.errors import Cancelled
from gimp_bridge.server.form import Form, Pixels, Unusable, decode
from gimp_bridge.service import limits

log = logging.getLogger(__name__)

DONE, QUEUED, PROCESSING = limits.DONE, limits.QUEUED, 4
FAILED, TIMED_OUT = -1, -8


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


@dataclass
class Job:
    """One task; ``state`` as in the interface, ``result`` an encoded picture when done.

    What was uploaded, up to 40 MB, is not kept: a task lives for an hour.
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
    ended: threading.Event = field(default_factory=threading.Event)


class Tasks:
    """All tasks of the last hour; ``clock`` tells epoch seconds."""

    def __init__(
        self,
        fill: Fill,
        fetch: Callable[[str], bytes],
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

    def add(self, form: Form) -> Job:
        """Take a task; Refused when its pictures break a limit."""
        job = Job(form.return_type, created_at=self._clock())
        try:
            pixels = decode(form, self._fetch)
        except Unusable as error:
            self._end(job, error.state, str(error))
        else:
            future: Future[Any] = self._pool.submit(self._run, job, *pixels)
            future.add_done_callback(lambda _: job.ended.set())
        with self._lock:
            self._forget_old()
            self._jobs[job.task_id] = job
        return job

    def find(self, task_id: str) -> Job | None:
        """The task, unless it is unknown or over an hour old."""
        with self._lock:
            self._forget_old()
            return self._jobs.get(task_id)

    def close(self) -> None:
        """Start nothing more; what runs is left to its end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, job: Job, image: Pixels, mask: Pixels) -> None:
        job.processed_at, job.state = self._clock(), PROCESSING
        started = time.monotonic()

        def overdue() -> bool:
            return time.monotonic() - started > limits.TASK_CUT_S

        def report(fraction: float) -> None:
            job.progress = min(99, int(fraction * 100))

        try:
            filled = self._fill(image, mask, seed=0, progress=report, cancel=overdue)
            self._wait_out(started)
            job.result = self._encode(filled)
        except Cancelled:
            self._end(job, TIMED_OUT, "over 30 seconds")
        except Exception as error:
            log.exception("task %s failed", job.task_id)
            self._end(job, FAILED, type(error).__name__)
        else:
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
        job.state = state  # last: who sees it sees the rest
        job.ended.set()

    def _forget_old(self) -> None:
        oldest = self._clock() - limits.RESULT_LIFE_S
        for task_id in [i for i, job in self._jobs.items() if job.created_at < oldest]:
            del self._jobs[task_id]
