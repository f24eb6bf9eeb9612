"""From a task's id to its picture: polling and download, patient with every passing fault.

Asking and downloading cost nothing, so everything here may be repeated: what fails once is tried
again until the deadline, and an address that does not work is asked for anew.  A service may not
know a young task yet, nor its store the result: until ``timeouts.task_s`` after its creation no
refusal to tell of it is believed.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from gimp_bridge.errors import (
    AddressRefused,
    BadAnswer,
    KeyRefused,
    NotReached,
    RequestRefused,
    ResultGone,
    ServiceError,
    ServiceFault,
    TaskUnfinished,
    TooManyRequests,
)
from gimp_bridge.language import _
from gimp_bridge.service import answers, limits, statuses
from gimp_bridge.service.answers import Address, Task
from gimp_bridge.service.limits import ANSWER_BYTES
from gimp_bridge.service.pace import never, pause
from gimp_bridge.service.progress import Cancel, Progress, Report, silent

if TYPE_CHECKING:
    from gimp_bridge.service.client import PicWish

log = logging.getLogger(__name__)

SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.4, 3.0
"""Between two polls; the documentation advises about one a second."""

SOON_S = 3.0
"""Most tasks take 1 - 2 s [doc]: until then polls follow each other as fast as the pace lets them,
which at 2 a second is 0.26 s from the end of a task to its poll, on average."""

PATIENCE = 3
"""So many refusals in a row, or so many failed downloads, are believed."""

Check = Callable[[bytes], None]
"""Raises BadAnswer for a result that is no usable picture; it is then fetched again."""

_PASSING = (NotReached, ServiceFault, TooManyRequests, BadAnswer)
_REFUSING = (KeyRefused, RequestRefused, ResultGone)
_WAITING_STATES = (limits.QUEUED, 3)


def wait_for(
    client: PicWish,
    task_id: str,
    *,
    max_bytes: int,
    age_s: float = 0.0,
    at_once: bool = False,
    progress: Report = silent,
    cancel: Cancel = never,
) -> Task:
    """Poll until the task is done; ``max_bytes`` is the largest its picture can be.

    ``age_s``: for how long there has been the task; ``at_once``: ask before any wait.  Raises
    TaskFailed, TaskUnfinished after ``timeouts.task_s``, ResultGone, KeyRefused, RequestRefused,
    BadAnswer, Cancelled; all but the first leave the task as it is.
    """
    return _Wait(client, task_id, max_bytes, age_s, progress, cancel).until_done(at_once=at_once)


class _Wait:
    """One wait: what was heard so far and when to ask next."""

    def __init__(
        self,
        client: PicWish,
        task_id: str,
        max_bytes: int,
        age_s: float,
        progress: Report,
        cancel: Cancel,
    ) -> None:
        self._client, self._task_id = client, task_id
        self._answer_bytes = ANSWER_BYTES + max_bytes * 4 // 3
        self._progress, self._cancel = progress, cancel
        self._started = time.monotonic()
        self._young_until = _young_until(client, age_s)
        self._polls = 0
        self._long_waits = 0
        self._refusals = 0
        self._last_fault: ServiceError | None = None

    def until_done(self, *, at_once: bool) -> Task:
        wait_s = 0.0 if at_once else self._client.expected_s
        while True:
            pause(wait_s, self._cancel)
            task = self._ask()
            if task is not None and task.is_done:
                if not at_once:
                    self._learn()
                return task
            self._check_deadline()
            wait_s = self._next_wait_s()

    def _next_wait_s(self) -> float:
        """Short at first, unless that takes turns from other tasks; then longer and longer."""
        soon = time.monotonic() - self._started < SOON_S
        if not soon or self._client.pace.is_wanted():
            self._long_waits += 1
        return min(SHORTEST_WAIT_S * 1.5**self._long_waits, LONGEST_WAIT_S)

    def _ask(self) -> Task | None:
        self._polls += 1
        try:
            task = self._client.query(
                self._task_id, cancel=self._cancel, max_bytes=self._answer_bytes
            )
            if task.state == limits.DONE and not task.image:
                raise RequestRefused(_("The service calls the task done but gives no result."))
        except _REFUSING as error:
            self._refused(error)
            return None
        except _PASSING as error:
            log.info("poll failed: %s", error)
            self._last_fault = error
            return None
        self._refusals = 0
        statuses.raise_for_failure(task)
        self._progress(_stage(task))
        return task

    def _refused(self, error: ServiceError) -> None:
        log.info("poll refused: %s", error)
        self._refusals += 1
        self._last_fault = error
        young = time.monotonic() < self._young_until and not isinstance(error, KeyRefused)
        if self._refusals >= PATIENCE and not young:
            error.task_id = self._task_id
            raise error

    def _check_deadline(self) -> None:
        patience_s = self._client.timeouts.task_s
        if time.monotonic() - self._started <= patience_s:
            return
        why = f" {self._last_fault}" if self._last_fault else ""
        raise TaskUnfinished(
            _("The service has not finished within {patience_s:g} seconds.{why}").format(
                patience_s=patience_s, why=why
            ),
            task_id=self._task_id,
        )

    def _learn(self) -> None:
        """Next time ask when this task was found done, or a little earlier if it was at once."""
        if self._polls == 1:
            expected = self._client.expected_s * self._client.sooner
        else:
            expected = time.monotonic() - self._started
        self._client.expected_s = min(max(expected, SHORTEST_WAIT_S), LONGEST_WAIT_S)


def download(
    client: PicWish,
    task: Task,
    *,
    max_bytes: int,
    age_s: float = 0.0,
    check: Check | None = None,
    progress: Report = silent,
    cancel: Cancel = never,
) -> bytes:
    """The picture file of a done task, at most ``max_bytes`` long.

    Tries three times, and longer where the store does not know the result of a young task yet,
    each time from a newly asked address.  Raises ResultGone, BadAnswer (also from ``check``),
    NotReached, ServiceFault or Cancelled.
    """
    young_until = _young_until(client, age_s)
    for tries in itertools.count(1):
        try:
            data = _result(client, task, max_bytes, progress, cancel)
            (check or _anything)(data)
            return data
        except (*_PASSING, ResultGone) as error:
            log.info("download failed: %s", error)
            young = isinstance(error, ResultGone) and time.monotonic() < young_until
            if tries >= PATIENCE and not young:
                error.task_id = task.task_id
                raise
        pause(min(client.timeouts.retry_s * 2 ** min(tries - 1, 9), LONGEST_WAIT_S), cancel)
        task = _asked_again(client, task, max_bytes, cancel)
    raise AssertionError("the loop always ends by itself")


def _result(client: PicWish, task: Task, max_bytes: int, progress: Report, cancel: Cancel) -> bytes:
    result = answers.result_of(task, max_bytes=max_bytes)
    if not isinstance(result, Address):
        return result
    try:
        answer = client.fetch(result.url, max_bytes=max_bytes, progress=progress, cancel=cancel)
    except AddressRefused as error:
        raise BadAnswer(
            _("The service's result cannot be fetched: {error}").format(error=error)
        ) from None
    if answer.status in (401, 403, 404, 410):
        raise ResultGone(
            _("The result is not at its address ({status}).").format(status=answer.status)
        )
    if answer.status != 200:
        raise ServiceFault(
            _("The store of the results had an internal error ({status}).").format(
                status=answer.status
            )
        )
    return answers.checked_picture(answer.body)


def _young_until(client: PicWish, age_s: float) -> float:
    """The moment (monotonic) until which what is not known of a task may still come."""
    return time.monotonic() + client.timeouts.task_s - age_s


def _asked_again(client: PicWish, task: Task, max_bytes: int, cancel: Cancel) -> Task:
    """The task with a new address; as it was when that cannot be had."""
    try:
        anew = client.query(
            task.task_id, cancel=cancel, max_bytes=ANSWER_BYTES + max_bytes * 4 // 3
        )
    except ServiceError as error:
        log.info("no new address: %s", error)
        return task
    return anew if anew.is_done else task


def _stage(task: Task) -> Progress:
    waiting = task.state in _WAITING_STATES
    known = task.progress is not None and 0 < task.progress <= 100
    return Progress(
        "queued" if waiting else "processing",
        (task.progress or 0) / 100 if known and not waiting else None,
    )


def _anything(_: bytes) -> None:
    """The check of those who check later."""
