"""Reading the service's answers: bytes in, typed values or typed errors out; no network.

Written against what arrives rather than what is promised: numbers as strings, fields missing,
HTML from a proxy, base64 with and without ``data:``, an address although base64 was asked.
Whatever the bytes are, only errors of ``gimp_bridge.errors`` leave this module.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gimp_bridge.errors import (
    BadAnswer,
    KeyRefused,
    NoCredit,
    RequestRefused,
    ResultGone,
    ServiceFault,
    TaskFailed,
    TooManyRequests,
)
from gimp_bridge.language import N_, _
from gimp_bridge.service import limits

MESSAGE_LETTERS = 160
"""So much of the service's own message is shown to people."""

_TASK_ID_IN_RUINS = re.compile(
    rb'"task_id"\s*:\s*("(?:[^"\\]|\\.)+"|-?\d{1,40}(?=[\s,}]))', re.DOTALL
)
_NO_CREDIT = re.compile(r"\b(credits?|balance|insufficient|quota)\b|余额|额度", re.IGNORECASE)
_ABOUT_CREDIT = (400, 402, 403, 429)
"""Refusals whose message may say that the account is empty [seen: 400]."""
_DATA_URL = re.compile(r"data:[^,]{0,100},", re.IGNORECASE)
_PICTURE_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
)


@dataclass(frozen=True)
class Task:
    """One task as an answer describes it; what the answer leaves out is empty or None.

    ``state`` is one of the numbers in ``limits``; ``progress`` runs from 0 to 100; ``image`` is
    an address or base64 text, as it came; ``words`` is what the service says of a failure, short
    and on one line; times are epoch seconds of the service's clock.
    """

    task_id: str
    state: int | None = None
    progress: float | None = None
    image: str = ""
    words: str = ""
    created_at: float | None = None
    completed_at: float | None = None

    @property
    def is_done(self) -> bool:
        """Whether the result can be had."""
        return self.state == limits.DONE and bool(self.image)

    @property
    def has_failed(self) -> bool:
        """Whether the service gave the task up (then it is not billed)."""
        return self.state is not None and self.state < 0


@dataclass(frozen=True)
class Address:
    """Where the result of a task can be fetched; not yet checked."""

    url: str


def parse_task(body: bytes, redact: Callable[[str], str] = str) -> Task:
    """The task in the body of an answer; BadAnswer where there is none.

    ``redact`` hides the key in what the service says, which is shown to people.
    """
    whole = _parse_object(body)
    data = whole.get("data")
    if not isinstance(data, Mapping):
        raise BadAnswer(_("The service's answer does not describe a task."))
    return Task(
        task_id=_task_id(data.get("task_id")),
        state=_whole(data.get("state")),
        progress=_number(data.get("progress")),
        image=_text(data.get("image")),
        words=_words(redact, data.get("state_detail"), whole.get("message")),
        created_at=_number(data.get("created_at")),
        completed_at=_number(data.get("completed_at")),
    )


def created_task(body: bytes, redact: Callable[[str], str] = str) -> Task | None:
    """The task named in whatever answer to a create request; None where no id is in it.

    An id is looked for in anything, be it cut off or no JSON: it may be paid for.
    """
    with contextlib.suppress(BadAnswer):
        if (task := parse_task(body, redact)).task_id:
            return task
    for found in _TASK_ID_IN_RUINS.finditer(body):
        with contextlib.suppress(ValueError):
            text = found.group(1).decode("utf-8", errors="replace")
            if task_id := _task_id(json.loads(text, strict=False)):
                return Task(task_id)
    return None


def status_of(http_status: int, body: bytes) -> int:
    """The status that counts: the body's own where HTTP says 200 and the body names an error."""
    if http_status != 200:
        return http_status
    try:
        own = _whole(_parse_object(body).get("status"))
    except BadAnswer:
        return http_status
    return own if own is not None and 300 <= own < 600 else http_status


def is_refusal(status: int) -> bool:
    """Whether a status certainly says that a POST was not carried out.

    Not those that a proxy gives for a request it passed on (1xx, 408, 499 and others that are in
    no register), nor a conflict, which may be one with the same request passed on before, nor a
    redirect to what came of it (303).
    """
    registered = status in HTTPStatus._value2member_map_
    refused = 400 <= status < 500 and status not in (408, 409)
    return status in (301, 302, 307, 308) or (registered and refused)


def raise_for_status(
    status: int,
    body: bytes,
    *,
    task_id: str | None = None,
    redact: Callable[[str], str] = str,
) -> None:
    """Raise the typed error for any status but 200.

    ``redact`` hides the key in what the service says, which is shown to people.
    """
    if 200 <= status < 300:
        return
    words = message_in(body, redact)
    said = says(words)
    if task_id is None and (status == 402 or _is_about_credit(status, words)):
        raise NoCredit(
            _(
                "The account has no credit left ({status}), so nothing was removed or billed. Add "
                "some at {page}.{said}"
            ).format(status=status, page=limits.ACCOUNT_PAGE, said=said)
        )
    if status == 401:
        raise KeyRefused(
            _("The service refused the key (401): check the key in the settings.{said}").format(
                said=said
            ),
            task_id=task_id,
        )
    if status == 429:
        raise TooManyRequests(
            _(
                "The service is receiving more requests with this key than it allows (429): wait a "
                "minute, or lower the pace in the settings.{said}"
            ).format(said=said),
            task_id=task_id,
        )
    if status in (404, 410) and task_id is not None:
        raise ResultGone(
            _("The service does not know task {task_id} ({status}).").format(
                task_id=shown_id(task_id), status=status
            ),
            task_id=task_id,
        )
    if status >= 500:
        raise ServiceFault(
            _("The service had an internal error ({status}).{said}").format(
                status=status, said=said
            ),
            task_id=task_id,
        )
    if task_id is not None:
        text = _("The service gives no information about task {task_id} ({status}).")
        raise RequestRefused(
            text.format(task_id=shown_id(task_id), status=status) + said, task_id=task_id
        )
    raise RequestRefused(_refusal(status) + said)


TRY_AGAIN = N_(
    "The removal failed: {reason} (state {state}). It is not billed; trying again may help."
)
GIVE_UP = N_(
    "The removal failed: {reason} (state {state}). It is not billed; “This computer” can do it "
    "without the service."
)


def raise_for_failure(task: Task) -> None:
    """Raise TaskFailed when the task has ended with a negative state."""
    if not task.has_failed or task.state is None:
        return
    reason = _(limits.FAILURES.get(task.state, N_("the service gave no known reason")))
    again = task.state in limits.WORTH_ANOTHER_TRY
    raise TaskFailed(
        _(TRY_AGAIN if again else GIVE_UP).format(reason=reason, state=task.state)
        + says(task.words),
        state=task.state,
        retryable=again,
        task_id=task.task_id,
    )


def result_of(task: Task, *, max_bytes: int) -> bytes | Address:
    """The picture in the answer, or where to fetch it; BadAnswer when it is neither."""
    text = task.image.strip().replace("\\u0026", "&").replace("\\/", "/")
    if re.match(r"https?://", text, re.IGNORECASE):
        return Address(text)
    return checked_picture(_decode(text, max_bytes))


def checked_picture(data: bytes) -> bytes:
    """The same bytes when they begin like a picture file; BadAnswer otherwise."""
    if sniff(data) is None:
        raise BadAnswer(_("The service's result is not a picture."))
    return data


def sniff(data: bytes) -> str | None:
    """The kind of picture file the bytes begin like: png, jpeg, webp, bmp, tiff; else None."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for start, kind in _PICTURE_STARTS if data.startswith(start)), None)


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """``Retry-After`` in seconds, from a number or a date; None when it is neither."""
    value = headers.get("Retry-After", "")
    seconds = _number(value)
    if seconds is None:
        # Late, see ``progress``: this header is seldom a date.
        from urllib3.exceptions import InvalidHeader
        from urllib3.util.retry import Retry

        try:
            seconds = float(Retry().parse_retry_after(value))
        except (InvalidHeader, ValueError, OverflowError):
            return None
    return seconds if seconds >= 0 else None


def _decode(text: str, max_bytes: int) -> bytes:
    if len(text) > max_bytes * 1.4 + 200:
        raise BadAnswer(_("The service's result is larger than it can be."))
    prefix = _DATA_URL.match(text)
    encoded = "".join(text[prefix.end() if prefix else 0 :].split())
    encoded = encoded.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadAnswer(_("The service's result is neither a picture nor an address.")) from error


def _parse_object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise BadAnswer(_("The service's answer is empty."))
    try:
        parsed = json.loads(body.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        page = body.lstrip()[:1] == b"<"
        raise BadAnswer(
            _(
                "The service's answer is a web page, not data: a proxy or a sign-in page may stand "
                "between this computer and the service."
            )
            if page
            else _("The service's answer is damaged.")
        ) from error
    if not isinstance(parsed, dict):
        raise BadAnswer(_("The service's answer is not of the promised form."))
    return parsed


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return _(
            "The service's address answers with a redirect ({status}), which is not followed "
            "with a key: check the service address in the settings."
        ).format(status=status)
    if status == 404:
        return _("The service does not know this address (404): check it in the settings.")
    if status == 413:
        return _("The picture is too large for the service (413): send a smaller part of it.")
    return _("The service refused the request ({status}), so nothing was billed.").format(
        status=status
    )


def message_in(body: bytes, redact: Callable[[str], str]) -> str:
    """The service's own words in an answer, short and on one line; "" where it has none."""
    try:
        return _words(redact, _parse_object(body).get("message"))
    except BadAnswer:
        return ""


def says(words: str) -> str:
    """``words`` as a sentence to append, marked as the service's; "" for none."""
    return " " + _('Message from the service: "{words}"').format(words=words) if words else ""


def shown_id(task_id: str) -> str:
    """A task's id for a sentence: it may be any text."""
    return _shown(task_id, MESSAGE_LETTERS)


def _words(redact: Callable[[str], str], *texts: object) -> str:
    """What ``texts`` say besides that all is well."""
    said = [_text(text) for text in texts]
    told = "; ".join(text for text in said if text.strip().lower() not in ("", "ok", "success"))
    # Redacted as it reads and before it is cut, or half a key could be left.
    return _shown(redact(told), MESSAGE_LETTERS)


def _is_about_credit(status: int, words: str) -> bool:
    """A *quota* above which a request is too many (429) is no credit."""
    found = _NO_CREDIT.search(words)
    rate = status == 429 and found is not None and found[0].lower() == "quota"
    return found is not None and status in _ABOUT_CREDIT and not rate


def _shown(text: str, letters: int) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * letters])
    return " ".join(printable.split())[:letters]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _task_id(value: object) -> str:
    """Any text that is not empty [doc: string]; a number in its place counts, too."""
    return str(value) if type(value) is int else _text(value)


def _number(value: object) -> float | None:
    """A finite number from a number or its text; None from anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)
