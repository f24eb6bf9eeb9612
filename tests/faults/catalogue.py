"""Every fault: how the service misbehaves and what must come of it.

``ends`` is "picture" or the error's name; ``posts`` how often the client began to send the
create request; ``tasks`` how many tasks the service has made, each of which it may bill.
"""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gimp_bridge.service.request import ReturnType
from tests.faults import reactions as a
from tests.faults import special as r
from tests.faults.hostile import Forever, Script
from tests.service_peer import png, quadrants

PICTURE = "picture"


@dataclass
class Fault:
    """One row.  ``options`` change the request, ``client`` the client, ``local`` this machine."""

    name: str
    ends: str
    posts: int
    tasks: int
    script: Callable[[], Script] = Script
    options: dict[str, Any] = field(default_factory=dict)
    client: dict[str, Any] = field(default_factory=dict)
    local: str = ""
    lost: str = "no"
    patience: dict[str, float] = field(default_factory=dict)


def create(name: str, ends: str, tasks: int, *reactions: Any, posts: int = 1, **more: Any) -> Fault:
    """A fault of the create request."""
    return Fault(name, ends, posts, tasks, lambda: Script(create=_queue(reactions)), **more)


def query(name: str, ends: str, *reactions: Any, **more: Any) -> Fault:
    """A fault of the polls; the task exists."""
    return Fault(name, ends, 1, 1, lambda: Script(query=_queue(reactions)), **more)


def result(name: str, ends: str, *reactions: Any, **more: Any) -> Fault:
    """A fault of the download; the task exists and is done."""
    return Fault(name, ends, 1, 1, lambda: Script(result=_queue(reactions)), **more)


def _queue(reactions: tuple[Any, ...]) -> list[Any]:
    if len(reactions) == 1 and isinstance(reactions[0], Forever):
        return reactions[0]
    return a.sequence(*reactions)


GZIP = {"Content-Encoding": "gzip"}
GZIPPED = gzip.compress(b"\0" * 200_000_000, 1)
HTML = b"<html><body>Please sign in to the hotel's network</body></html>"
NOWHERE = {"address": "https://object-removal.invalid", "proxy": ""}
IMPATIENT = {"task_s": 0.7}
SHORT = {"answer_s": 1.0}
"""For what is waited for in vain: how long the machine takes makes no difference."""

UNREACHED = [
    Fault("the service's name cannot be resolved", "NotReached", 0, 0, client=NOWHERE),
    Fault("nothing listens at the service's port", "NotReached", 0, 0, local="closed port"),
    Fault("the proxy does not answer", "NotReached", 0, 0, local="dead proxy"),
    Fault("the proxy asks for a password (407)", "NotReached", 0, 0, local="proxy 407"),
    Fault("the proxy hangs up", "NotReached", 0, 0, local="proxy hangs up"),
    Fault("the SOCKS proxy does not answer", "NotReached", 0, 0, local="dead socks"),
    Fault("the certificate is not trusted", "NotReached", 0, 0, local="untrusted tls"),
    Fault("the TLS port speaks no TLS", "NotReached", 0, 0, local="no tls"),
    Fault("the connection is cut during the TLS handshake", "NotReached", 0, 0, local="cut tls"),
    Fault("the service's address is plain http elsewhere", "AddressRefused", 0, 0,
          client={"address": "http://object-removal.invalid"}),
]  # fmt: skip

LOST = "its id never arrived, and the error says so"
CREATE = [
    Fault("create: cut while the upload runs", "NotReached", 1, 0,
          lambda: Script(connect=[r.reset_begun]), options={"large": True}),
    Fault("create: nothing is read, the upload stands still", "NotReached", 1, 0,
          lambda: Script(connect=[r.never_reading]), options={"large": True},
          patience=SHORT),
    Fault("create: refused (413) while the upload runs", "RequestRefused", 1, 0,
          lambda: Script(connect=[r.early_refusal]), options={"large": True}),
    create("create: cut when read, nothing done", "MaybeSent", 0, a.reset_idle),
    create("create: cut when done", "MaybeSent", 1, a.reset_done, lost=LOST),
    create("create: closed without an answer", "MaybeSent", 1, a.hang_up, lost=LOST),
    create("create: done, but never answered", "MaybeSent", 1, a.silent, lost=LOST, patience=SHORT),
    create("create: not done and never answered", "MaybeSent", 0, a.silent_idle, patience=SHORT),
    create("create: cut in the status line", "MaybeSent", 1, a.cut(9, of="all"), lost=LOST),
    create("create: cut in the headers", "MaybeSent", 1, a.cut(40, of="all"), lost=LOST),
    create("create: cut within the task id", "MaybeSent", 1, a.cut(40), lost=LOST),
    create("create: cut after the task id", PICTURE, 1, a.cut(80)),
    create("create: reset after the task id", PICTURE, 1, a.cut(80, by_reset=True)),
    create("create: answered byte by byte", PICTURE, 1, a.dripped(0.001)),
    create("create: answered byte by byte, too slowly", "MaybeSent", 1, a.dripped(0.05), lost=LOST,
           patience=SHORT),
    create("create: headers byte by byte for ever", "MaybeSent", 1,
           a.dripped(0.1, stop_after=100), lost=LOST, patience=SHORT),
    create("create: an answer that never ends", "MaybeSent", 1, a.endless, lost=LOST),
    create("create: chunked", PICTURE, 1, r.chunked),
    create("create: chunked and cut", "MaybeSent", 1, r.chunked_cut, lost=LOST),
    create("create: 100 Continue first", PICTURE, 1, r.after_100),
    create("create: announces more than it sends", PICTURE, 1, r.announces_more),
    create("create: sends more than it announces", PICTURE, 1, r.longer_than_said),
    create("create: gzipped", PICTURE, 1, a.body_changed(gzip.compress, **GZIP)),
    create("create: says gzip and is none", "MaybeSent", 1,
           a.body_changed(lambda b: b, **GZIP), lost=LOST),
    create("create: empty 200", "MaybeSent", 1, a.instead(200), lost=LOST),
    create("create: a web page with 200", "MaybeSent", 1, a.instead(200, HTML), lost=LOST),
    create("create: no data", "MaybeSent", 1, a.edited(r.no_data), lost=LOST),
    create("create: data is null", "MaybeSent", 1, a.edited(r.null_data), lost=LOST),
    create("create: no task id", "MaybeSent", 1, a.without("task_id"), lost=LOST),
    create("create: task id null", "MaybeSent", 1, a.with_data(task_id=None), lost=LOST),
    create("create: byte order mark", PICTURE, 1, a.body_changed(lambda b: b"\xef\xbb\xbf" + b)),
    create("create: other spacing", PICTURE, 1, a.body_changed(r.inside_out)),
    create("create: no HTTP at all", "MaybeSent", 1, a.raw(b"\x16\x03\x01 SSH-2.0\r\n\r\n" * 9),
           lost=LOST),
    create("create: 100 KB of headers", "MaybeSent", 1,
           a.raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}"), lost=LOST),
    create("create: 200, but the body says 401", "KeyRefused", 0, a.answer(200, {"status": 401})),
    create("create: 200, but the body says 500", "MaybeSent", 0, a.answer(200, {"status": 500})),
    create("create: 301 to another host", "RequestRefused", 0, r.to_elsewhere(301)),
    create("create: 307 to another host", "RequestRefused", 0, r.to_elsewhere(307)),
    create("create: 400", "RequestRefused", 0, a.answer(400, {"message": "invalid mask"})),
    create("create: 401", "KeyRefused", 0, a.answer(401, {"message": "bad key"})),
    create("create: 401 that quotes the key", "KeyRefused", 0,
           r.quoting_the_key("{}")),
    create("create: 401 that quotes the key escaped", "KeyRefused", 0,
           r.quoting_the_key("{}", escaped=True)),
    create("create: 401 that quotes the key where it is cut", "KeyRefused", 0,
           r.quoting_the_key("x" * 150 + "{}")),
    create("create: 401, cut within", "KeyRefused", 0, r.cut_refusal),
    create("create: 402", "NoCredit", 0, a.answer(402)),
    create("create: 403 with a web page", "RequestRefused", 0, a.answer(403, HTML)),
    create("create: 404", "RequestRefused", 0, a.answer(404)),
    create("create: 413", "RequestRefused", 0, a.answer(413)),
    create("create: 429 once", PICTURE, 1, a.answer(429), posts=2),
    create("create: 429 with Retry-After", PICTURE, 1, a.answer(429, Retry_After="0.3"), posts=2),
    create("create: 429 with Retry-After of a day", "TooManyRequests", 0,
           a.answer(429, Retry_After="86400")),
    create("create: 429 for ever", "TooManyRequests", 0, Forever(r.ever_later), posts=2),
    create("create: 500 when done", "MaybeSent", 1, a.instead(500), lost=LOST),
    create("create: 500, nothing done", "MaybeSent", 0, a.answer(500, {"message": "oops"})),
    create("create: 502 with a web page", "MaybeSent", 1, a.instead(502, HTML), lost=LOST),
    create("create: 503 with Retry-After", "MaybeSent", 0, a.answer(503, Retry_After="1")),
    create("create: 504 when done", "MaybeSent", 1, a.instead(504), lost=LOST),
    create("create: 102 and 103 first", PICTURE, 1,
           r.after_interim(b"102 Processing", b"103 Early Hints\r\nLink: </x>", b"102 Processing")),
    create("create: 102, then cut", "MaybeSent", 1, r.after_interim(b"102 Processing", cut=True),
           lost=LOST),
    *(create(f"create: a task id in a {status}", PICTURE, 1, r.with_an_id(status))
      for status in (201, 303, 308, 400, 401, 402, 404, 408, 409, 418, 425, 429, 499, 500, 503)),
    *(create(f"create: 200 and a task id, but the body says {status!r}", PICTURE, 1,
             r.body_status(status))
      for status in (0, 1, 401, 500, "ok", None)),
    *(create(f"create: {status} when done", "MaybeSent", 1, a.instead(status), lost=LOST)
      for status in (303, 408, 409, 444, 499)),
    *(create(f"create: {status}", "RequestRefused", 0, a.answer(status)) for status in (418, 425)),
    create("create: 200, the body says 0 and has no id", "MaybeSent", 0,
           a.answer(200, {"status": 0, "message": "wait"})),
    create("create: 400, no credit", "NoCredit", 0,
           a.answer(400, {"status": 400, "message": "Insufficient balance"})),
    create("create: 403, quota used up", "NoCredit", 0,
           a.answer(403, {"message": "Your quota is used up"})),
    create("create: no credit in a 429", "NoCredit", 0,
           a.answer(429, {"message": "no credits left"})),
    *(Fault(f"create: the task id is {ascii(name)[:40]}", PICTURE, 1, 1,
            functools.partial(r.id_called, name))
      for name in ("_x", "-x", "abc+/def==", "a" * 140, "..", ".", "../../x", "a:b?c#d%2Fe", " ",
                   "\u00fc \u6f22\n", "\ud800", "12345")),
]  # fmt: skip

STUCK = [
    query(f"poll: stuck at state {state}", "TaskUnfinished", Forever(r.state(state)),
          patience=IMPATIENT)
    for state in (0, 2, 3, 4, 5, 99)
]  # fmt: skip
FAILED = [
    query(f"poll: state {state}", "TaskFailed", Forever(r.state(state)), lost="no (not billed)")
    for state in (-1, -2, -3, -5, -7, -8, -9, -10, -11, -13, -14, -15, -16, -17, -99)
]
QUERY = [
    query("poll: with a cookie", PICTURE, Forever(r.with_cookie)),
    query("poll: cut once", PICTURE, a.reset_done),
    query("poll: closed once", PICTURE, a.hang_up),
    query("poll: no answer once", PICTURE, a.silent, patience=SHORT),
    query("poll: 500 three times", PICTURE, a.times(3, a.answer(500))),
    query("poll: a web page once", PICTURE, a.answer(200, HTML)),
    query("poll: empty once", PICTURE, a.answer(200)),
    query("poll: cut JSON once", PICTURE, a.body_changed(lambda b: b[:60])),
    query("poll: 404 once", PICTURE, a.answer(404)),
    *(query(f"poll: {status} six times", PICTURE, a.times(6, a.answer(status)),
            patience={"task_s": 30.0})
      for status in (400, 403, 404, 410)),
    query("poll: failed, and why", "TaskFailed", Forever(r.failed_because("the face is cut off")),
          lost="no (not billed)"),
    query("poll: 401 once", PICTURE, a.answer(401)),
    query("poll: 429 twice", PICTURE, a.times(2, a.answer(429, Retry_After="0.1"))),
    query("poll: about another task once", PICTURE, a.with_data(task_id="another")),
    query("poll: numbers as texts", PICTURE, Forever(a.edited(r.as_texts))),
    query("poll: times, progress and id missing", PICTURE,
          Forever(a.without("task_id", "created_at", "processed_at", "completed_at", "progress"))),
    query("poll: 404 for ever", "ResultGone", Forever(a.answer(404)), patience=IMPATIENT),
    query("poll: 401 for ever", "KeyRefused", Forever(a.answer(401))),
    query("poll: 302 to another host for ever", "RequestRefused", Forever(r.to_elsewhere(302)),
          patience=IMPATIENT),
    query("poll: never answered", "TaskUnfinished", Forever(a.silent),
          patience={"task_s": 0.7, "answer_s": 0.4}),
    query("poll: byte by byte for ever", "TaskUnfinished", Forever(a.dripped(0.05)),
          patience={"task_s": 0.7, "answer_s": 0.4}),
    query("poll: an answer that never ends", "TaskUnfinished", Forever(a.endless),
          patience=IMPATIENT),
    query("poll: 500 for ever", "TaskUnfinished", Forever(a.answer(500)), patience=IMPATIENT),
    query("poll: cut for ever", "TaskUnfinished", Forever(a.reset_done), patience=IMPATIENT),
    query("poll: state missing", "TaskUnfinished", Forever(a.without("state", "progress")),
          patience=IMPATIENT),
    query("poll: 100 % but never done", "TaskUnfinished",
          Forever(a.with_data(state=4, progress=100)), patience=IMPATIENT),
    query("poll: data missing", "TaskUnfinished", Forever(a.edited(r.no_data)), patience=IMPATIENT),
    query("poll: done, but no picture", "RequestRefused", Forever(a.without("image")),
          patience=IMPATIENT),
]  # fmt: skip

BASE64 = {"return_type": ReturnType.BASE64}
RESULT = [
    query("result: on another host", PICTURE, Forever(r.on_another_host)),
    query("result: escaped twice (\\u0026, \\/)", PICTURE, Forever(a.edited(r.escaped))),
    query("result: file:// address", "BadAnswer", Forever(a.with_data(image="file:///etc/passwd"))),
    query("result: address with a password", "BadAnswer",
          Forever(a.with_data(image="https://me:you@127.0.0.1/x.png"))),
    query("result: address is half", "BadAnswer", Forever(a.with_data(image="https://"))),
    query("result: on a host that does not exist", "NotReached",
          Forever(a.with_data(image="https://object-removal.invalid/x.png"))),
    query("result: base64 is broken", "BadAnswer", Forever(a.with_data(image="/9j/*****")),
          options=BASE64),
    query("result: base64 of no picture", "BadAnswer", Forever(a.with_data(image="PGh0bWw+")),
          options=BASE64),
    query("result: base64 although an address was asked", PICTURE, Forever(
        lambda link: r.swapped(link, to_base64=True))),
    query("result: an address although base64 was asked", PICTURE, Forever(
        lambda link: r.swapped(link, to_base64=False)), options=BASE64),
    query("result: base64 too long", "BadAnswer",
          Forever(a.with_data(image="/9j/" + "A" * 1_600_000)), options=BASE64),
    result("download: redirect to another host", PICTURE, r.redirected_download),
    result("download: redirects in a circle", "BadAnswer", Forever(r.around)),
    result("download: 404 once", PICTURE, a.answer(404)),
    *(result(f"download: {status} six times", PICTURE, a.times(6, a.answer(status)),
             patience={"task_s": 30.0})
      for status in (403, 404, 410)),
    result("download: 404 for ever", "ResultGone", Forever(a.answer(404)), patience=IMPATIENT),
    result("download: 403, address expired", "ResultGone", Forever(a.answer(403, b"<Error/>")),
           patience=IMPATIENT),
    result("download: 500 once", PICTURE, a.answer(500)),
    result("download: 503 for ever", "ServiceFault", Forever(a.answer(503))),
    result("download: cut once", PICTURE, a.cut(60)),
    result("download: cut for ever", "NotReached", Forever(a.cut(60))),
    result("download: reset once", PICTURE, a.cut(60, by_reset=True)),
    result("download: longer than announced", PICTURE, r.longer_than_said),
    result("download: never ends", "NotReached", Forever(a.endless)),
    result("download: announces 10 GB", "NotReached", Forever(r.announces_10_gb)),
    result("download: stands still once", PICTURE, r.stalled_half_way, patience=SHORT),
    result("download: byte by byte, too slowly", "NotReached", Forever(a.dripped(0.02)),
           patience={"download_s": 0.7}),
    result("download: byte by byte", PICTURE, a.dripped(0.0005)),
    result("download: gzip bomb of 200 MB", "NotReached",
           Forever(a.instead(200, GZIPPED, Content_Encoding="gzip"))),
    result("download: a web page", "BadAnswer", Forever(a.instead(200, HTML))),
    result("download: empty", "BadAnswer", Forever(a.instead(200))),
    result("download: a GIF", "BadAnswer", Forever(r.file_answer(r.file(quadrants(), "GIF")))),
    result("download: a picture of another size", "BadAnswer",
           Forever(r.file_answer(png(quadrants(48, 64))))),
    result("download: another size once", PICTURE, r.file_answer(png(quadrants(63, 48)))),
    result("download: a PNG cut within", "BadAnswer",
           Forever(r.file_answer(png(quadrants())[:90]))),
    result("download: a decompression bomb", "BadAnswer", Forever(r.file_answer(r.bomb()))),
    result("download: 302 without an address", "BadAnswer", Forever(a.answer(302))),
]  # fmt: skip


HERE = [
    Fault("this machine: disk full before sending", "SettingsError", 0, 0, local="full: intent"),
    Fault("this machine: disk full when the id arrives", PICTURE, 1, 1, local="full: id"),
    Fault("this machine: disk full when the result arrives", PICTURE, 1, 1, local="full: result"),
    Fault("this machine: the clock jumps a year ahead", PICTURE, 1, 1, local="clock +"),
    Fault("this machine: the clock jumps a year back", PICTURE, 1, 1, local="clock -"),
    Fault("cancel: before sending", "Cancelled", 0, 0, local="cancel: at once"),
    Fault("cancel: while the upload stands still", "Cancelled", 1, 0,
          lambda: Script(connect=[r.never_reading]), options={"large": True},
          local="cancel: uploading"),
    create("cancel: sent, answer outstanding", "Cancelled", 1, r.late,
           local="cancel: create"),
    query("cancel: while waiting", "Cancelled", Forever(r.state(4)), local="cancel: query"),
    query("cancel: while a poll gets no answer", "Cancelled", Forever(a.silent),
          local="cancel: query"),
    result("cancel: while the download stands still", "Cancelled", Forever(r.stalled_half_way),
           local="cancel: result"),
    Fault("killed: before the answer with the id", "MaybeSent", 0, 0, local="killed: sent"),
    Fault("killed: after the id was written", PICTURE, 0, 1, local="killed: running"),
    Fault("killed: after the result was written", PICTURE, 0, 1, local="killed: stored"),
]  # fmt: skip


FAULTS: list[Fault] = [*UNREACHED, *CREATE, *QUERY, *STUCK, *FAILED, *RESULT, *HERE]
