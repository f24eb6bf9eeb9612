"""What the service's statuses and failed tasks mean: typed errors with a sentence each; no network.

Whether a POST was carried out, and so whether it may be billed, is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus

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
from gimp_bridge.service.answers import (
    Task,
    message_in,
    number,
    parse_object,
    says,
    shown_id,
    whole,
)

_NO_CREDIT = re.compile(r"\b(credits?|balance|insufficient|quota)\b|余额|额度", re.IGNORECASE)
_ABOUT_CREDIT = (400, 402, 403, 429)
"""Refusals whose message may say that the account is empty [seen: 400]."""


def status_of(http_status: int, body: bytes) -> int:
    """The status that counts: the body's own where HTTP says 200 and the body names an error."""
    if http_status != 200:
        return http_status
    try:
        own = whole(parse_object(body).get("status"))
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


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """``Retry-After`` in seconds, from a number or a date; None when it is neither."""
    value = headers.get("Retry-After", "")
    seconds = number(value)
    if seconds is None:
        # Late, see ``progress``: this header is seldom a date.
        from urllib3.exceptions import InvalidHeader
        from urllib3.util.retry import Retry

        try:
            seconds = float(Retry().parse_retry_after(value))
        except (InvalidHeader, ValueError, OverflowError):
            return None
    return seconds if seconds >= 0 else None


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


def _is_about_credit(status: int, words: str) -> bool:
    """A *quota* above which a request is too many (429) is no credit."""
    found = _NO_CREDIT.search(words)
    rate = status == 429 and found is not None and found[0].lower() == "quota"
    return found is not None and status in _ABOUT_CREDIT and not rate
