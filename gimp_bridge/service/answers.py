"""Reading the service's answers: bytes in, typed values or typed errors out; no network.

Written against what arrives rather than what is promised: numbers as strings, fields missing,
HTML from a proxy, base64 with and without ``data:``, an address although base64 was asked.
Whatever the bytes are, only errors of ``gimp_bridge.errors`` leave this module.  What a status
means is in ``statuses``.
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
from typing import Any

from gimp_bridge.errors import BadAnswer
from gimp_bridge.language import _
from gimp_bridge.service import limits

MESSAGE_LETTERS = 160
"""So much of the service's own message is shown to people."""

_TASK_ID_IN_RUINS = re.compile(
    rb'"task_id"\s*:\s*("(?:[^"\\]|\\.)+"|-?\d{1,40}(?=[\s,}]))', re.DOTALL
)
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
    answer = parse_object(body)
    data = answer.get("data")
    if not isinstance(data, Mapping):
        raise BadAnswer(_("The service's answer does not describe a task."))
    return Task(
        task_id=_task_id(data.get("task_id")),
        state=whole(data.get("state")),
        progress=number(data.get("progress")),
        image=_text(data.get("image")),
        words=_words(redact, data.get("state_detail"), answer.get("message")),
        created_at=number(data.get("created_at")),
        completed_at=number(data.get("completed_at")),
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


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; BadAnswer, which says what came instead."""
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


def message_in(body: bytes, redact: Callable[[str], str]) -> str:
    """The service's own words in an answer, short and on one line; "" where it has none."""
    try:
        return _words(redact, parse_object(body).get("message"))
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


def _shown(text: str, letters: int) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * letters])
    return " ".join(printable.split())[:letters]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _task_id(value: object) -> str:
    """Any text that is not empty [doc: string]; a number in its place counts, too."""
    return str(value) if type(value) is int else _text(value)


def number(value: object) -> float | None:
    """A finite number from a number or its text; None from anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: object) -> int | None:
    """The same, cut to a whole number."""
    found = number(value)
    return None if found is None else int(found)
