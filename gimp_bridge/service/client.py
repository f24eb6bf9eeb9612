"""The client of the PicWish object removal service, and of any server of the same API.

One ``PicWish`` may be shared by all threads: its pace then holds for all of them.  It spends
money, so a create request is repeated only when it certainly did not reach the service or was
refused by it; everything in doubt is ``MaybeSent``.  It writes nothing to disk: see ``journal``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal
from urllib.parse import quote, urlsplit

from gimp_bridge.errors import (
    BadAnswer,
    KeyMissing,
    MaybeSent,
    NotReached,
    ResultGone,
    SettingsError,
    TooManyRequests,
)
from gimp_bridge.language import N_, _
from gimp_bridge.secret import Secret
from gimp_bridge.service import answers, limits, statuses
from gimp_bridge.service.address import checked_address, host_of, is_loopback
from gimp_bridge.service.answers import Task
from gimp_bridge.service.limits import ANSWER_BYTES
from gimp_bridge.service.pace import Pace, never, pause
from gimp_bridge.service.progress import Cancel, Progress, Report, silent
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.transport import (
    Answer,
    Broken,
    Timeouts,
    Transport,
)

log = logging.getLogger(__name__)

CREATE_TRIES = 3
"""So often a create request that certainly did not arrive is sent."""

NO_SUCH_TASK = "00000000-0000-4000-8000-000000000000"
"""Asking for it costs nothing: the service answers 401 to a wrong key and 404 to a right one."""

MAYBE_BILLED = N_(
    "The removal may have been done and billed all the same, so it was not sent again. "
    "Check your account before you repeat it."
)


class PicWish:
    """Create, query, wait for and download removals.

    ``cancel`` is called from several threads and must be quick and not raise.  ``progress`` is
    called from the caller's thread only, about 20 times a second at most.
    """

    def __init__(
        self,
        base_url: str,
        key: Secret | str | None,
        *,
        pace: Pace | None = None,
        timeouts: Timeouts | None = None,
        proxy: str | None = None,
    ) -> None:
        """``base_url``: https, or http on this machine, else AddressRefused.

        A path in it takes the place of the documented one: where the tasks are created.

        ``key`` may be missing only for a server on this machine (else KeyMissing); ``proxy`` is
        None for the system's proxies, "" for none, else the address of one.
        """
        self.base_url = checked_address(base_url)
        origin, self._path = split_path(self.base_url)
        self.key = key if isinstance(key, Secret) else Secret(key or "")
        _check_key(self.key, self.base_url)
        self.timeouts = timeouts or Timeouts()
        self.pace = pace or Pace()
        self.expected_s = 1.0
        """How long a task is expected to take; learnt from those that were waited for."""
        self.sooner = 0.9
        """After a task found done at the first poll, the next is expected in this much of the
        time.  Among many tasks at once a poll too early costs the turn of another: then nearly 1.
        """
        self._transport = Transport(
            origin, self.key, pace=self.pace, timeouts=self.timeouts, proxy=proxy
        )

    def __repr__(self) -> str:
        return f"PicWish({self.base_url!r})"

    @property
    def service(self) -> str:
        """``host`` or ``host:port``, with the API's path where it is not the documented one.

        Tasks are filed under it.
        """
        host = host_of(self.base_url)
        return host if self._path == limits.TASKS_PATH else host + self._path

    def create(
        self, request: RemovalRequest, *, progress: Report = silent, cancel: Cancel = never
    ) -> Task:
        """Create a task and return it with its id; with ``sync`` usually done.

        Raises Cancelled (nothing created), NotReached, KeyRefused, RequestRefused and
        TooManyRequests (nothing created either), TaskFailed (``sync``), and MaybeSent when
        the service may have created a task that we know nothing of.
        """
        body, content_type = request.encode()
        max_bytes = ANSWER_BYTES + (_base64_bytes(request) if request.sync else 0)

        def watch(sent: int, total: int | None) -> None:
            if not sent:
                progress(Progress("waiting"))
                return
            complete = total is not None and sent >= total
            stage: Literal["processing", "uploading"] = "processing" if complete else "uploading"
            progress(Progress(stage, None if complete else sent / (total or 1), sent, total))

        def post() -> Answer:
            return self._transport.post(
                self._path, body, content_type,
                max_bytes=max_bytes, cancel=cancel, watch=watch,
            )  # fmt: skip

        started = time.monotonic()
        task = self._refusals_waited_out(lambda: self._arrived(post, cancel))
        log.info("task %r created in %.2f s", task.task_id, time.monotonic() - started)
        statuses.raise_for_failure(task)
        return task

    def query(self, task_id: str, *, cancel: Cancel = never, max_bytes: int = ANSWER_BYTES) -> Task:
        """What has become of a task, asked once.

        ``max_bytes`` bounds the answer, which holds the picture itself for BASE64.  Raises
        NotReached when no whole answer came (asking costs nothing, so asking again is safe), and
        the error of any status but 200; a failed task is returned, not raised.
        """
        path = f"{self._path}/{_as_path_segment(task_id)}"
        try:
            answer = self._transport.get(path, max_bytes=max_bytes, cancel=cancel)
        except Broken as broken:
            raise NotReached(
                _("{service} did not respond: {reason}.").format(
                    service=self.service, reason=broken
                ),
                task_id=task_id,
            ) from None
        self._check_status(answer, task_id)
        try:
            task = answers.parse_task(answer.body, self.key.redact)
        except BadAnswer as error:
            raise BadAnswer(str(error), task_id=task_id) from None
        if task.task_id not in ("", task_id):
            raise BadAnswer(_("The service answered about another task."), task_id=task_id)
        return replace(task, task_id=task_id)

    def check(self, *, cancel: Cancel = never) -> None:
        """Whether service and key answer, at no cost: asks about a task that does not exist.

        Returns when the key was accepted; raises NotReached, KeyRefused or another ServiceError.
        """
        try:
            self.query(NO_SUCH_TASK, cancel=cancel)
        except ResultGone:
            return

    def fetch(
        self, url: str, *, max_bytes: int, progress: Report = silent, cancel: Cancel = never
    ) -> Answer:
        """GET a result's address once, without the key; NotReached when no whole answer came."""

        def watch(done: int, total: int | None) -> None:
            progress(Progress("downloading", done / total if total else None, done, total))

        try:
            return self._transport.download(url, max_bytes=max_bytes, cancel=cancel, watch=watch)
        except Broken as broken:
            raise NotReached(
                _("The result could not be downloaded: {reason}.").format(reason=broken)
            ) from None

    def _arrived(self, post: Callable[[], Answer], cancel: Cancel) -> Answer:
        """POST until it arrives; repeats only what certainly did not."""
        for attempt in range(CREATE_TRIES):
            try:
                return post()
            except Broken as broken:
                if broken.attempt.began:
                    return self._salvaged(broken)
                if attempt == CREATE_TRIES - 1:
                    raise NotReached(self._unreachable(broken)) from None
                log.info("not reached: %s", broken)
                pause(self.timeouts.retry_s * 2**attempt, cancel)
        raise AssertionError("the loop always ends by itself")

    def _salvaged(self, broken: Broken) -> Answer:
        """What an exchange that broke off after its first byte still tells."""
        attempt = broken.attempt
        body = bytes(attempt.body)
        if attempt.status not in (None, 200) or answers.created_task(body):
            return Answer(attempt.status or 200, {}, body)
        if attempt.complete_at is None:
            # RFC 9112, 8: a server must take a message short of its Content-Length as
            # incomplete. It is not sent again by itself all the same.
            raise NotReached(
                _(
                    "The upload to {service} broke off: {reason}. Without the rest nothing can "
                    "have been done or billed; try again."
                ).format(service=self.service, reason=broken)
            )
        raise MaybeSent(
            _(
                "The picture was being sent to {service} when it failed: {reason}. {maybe_billed}"
            ).format(service=self.service, reason=broken, maybe_billed=_(MAYBE_BILLED))
        ) from None

    def _refusals_waited_out(self, post: Callable[[], Answer]) -> Task:
        """The task that a POST made, sent again while the service refuses it with 429.

        An id is kept whatever the status; without one, only what is certainly a refusal is
        called one, and all else is MaybeSent.
        """
        patience_until = time.monotonic() + self.timeouts.refused_s
        while True:
            answer = post()
            if task := answers.created_task(answer.body, self.key.redact):
                return task
            status = statuses.status_of(answer.status, answer.body)
            if not statuses.is_refusal(status):
                raise MaybeSent(self._unclear(status, answer.body))
            try:
                self._check_status(answer, None)
            except TooManyRequests:
                if time.monotonic() + self.pace.held_back_s() > patience_until:
                    raise

    def _unclear(self, status: int, body: bytes) -> str:
        """What a person reads where it is not known whether there is a task."""
        if 200 <= status < 300:
            text = _("{service} took the picture but its answer names no task. {maybe_billed}")
        elif status >= 500:
            text = _("The service had an internal error ({status}). {maybe_billed}")
        else:
            text = _(
                "{service} answered with {status}, which does not say what became of the "
                "picture. {maybe_billed}"
            )
        told = text.format(service=self.service, status=status, maybe_billed=_(MAYBE_BILLED))
        return told + answers.says(answers.message_in(body, self.key.redact))

    def _check_status(self, answer: Answer, task_id: str | None) -> None:
        status = statuses.status_of(answer.status, answer.body)
        if status == 429:
            asked = statuses.seconds_to_wait(answer.headers)
            used = self.pace.push_back(1.0 if asked is None else asked)
            log.info("429: all requests wait %.1f s", used)
        statuses.raise_for_status(status, answer.body, task_id=task_id, redact=self.key.redact)

    def _unreachable(self, broken: Broken) -> str:
        return _(
            "{service} could not be reached: {reason}. Nothing was sent; check the network and try "
            "again."
        ).format(service=self.service, reason=broken)


def _as_path_segment(task_id: str) -> str:
    """An id as one segment of a path; it may be any text, even "..", see ``Transport.get``."""
    return quote(task_id, safe="", errors="surrogatepass").replace(".", "%2E")


def split_path(base_url: str) -> tuple[str, str]:
    """Scheme and host of a service, and the path of its tasks: the address's own if it has one."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/") or limits.TASKS_PATH


def _base64_bytes(request: RemovalRequest) -> int:
    return request.max_result_bytes * 4 // 3


def _check_key(key: Secret, base_url: str) -> None:
    if not key and not is_loopback(base_url):
        raise KeyMissing(
            _(
                "{host} needs a key, and none is set: enter yours in the settings, or choose "
                "the service “This computer”."
            ).format(host=host_of(base_url))
        )
    if key and not key.is_sendable():
        raise SettingsError(
            _(
                "The key holds characters that no key has (blanks or letters outside ASCII): copy "
                "it once more into the settings."
            )
        )
