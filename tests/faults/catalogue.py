"""Every fault: how the service misbehaves and what must come of it.

``ends`` is "picture" or the error's name; ``posts`` how often the client began to send the
create request; ``tasks`` how many tasks the service has made, each of which it may bill.
"""

from __future__ import annotations

import gzip
import io
import json
import socket
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from gimp_bridge.service.request import ReturnType
from tests.faults import hostile as h
from tests.faults.hostile import Forever, Link, Script
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
    return h.sequence(*reactions)


def _file(picture: np.ndarray, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, kind, **options)
    return out.getvalue()


def _bomb() -> bytes:
    """A PNG of 100 bytes that says it has 60000 x 60000 px."""
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    whole = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + whole + b"\0\0\0\0IDAT"


def _inside_out(body: bytes) -> bytes:
    """The same JSON with its fields the other way round and another spacing."""
    return json.dumps(json.loads(body), indent=3).encode()


def _redirected_download(link: Link) -> None:
    """Send the download on to the other host, which serves the same file."""
    _, _, body = link.honest()
    elsewhere = link.server.elsewhere
    elsewhere.files["/moved.png"] = body
    link.reply(302, {"Location": elsewhere.address + "/moved.png"}, b"")


def _on_another_host(link: Link) -> None:
    """Answer truly, with the picture lying on the other host."""
    status, headers, body = link.honest()
    whole = json.loads(body)
    if whole["data"].get("image"):
        path = whole["data"]["image"].removeprefix(link.server.address)
        elsewhere = link.server.elsewhere
        elsewhere.files["/elsewhere.png"] = link.server.app.test_client().get(path).data
        whole["data"]["image"] = elsewhere.address + "/elsewhere.png"
    link.reply(status, headers, json.dumps(whole).encode())


def _to_elsewhere(status: int) -> h.Reaction:
    def react(link: Link) -> None:
        link.reply(status, {"Location": link.server.elsewhere.address + "/steal"}, b"")

    return react


def _around(link: Link) -> None:
    link.reply(302, {"Location": link.server.address + link.request.path}, b"")


def _early_refusal(connection: socket.socket) -> None:
    """Answer 413 as soon as the first bytes are here, then read on for a while."""
    connection.recv(1000)
    connection.sendall(h.head(413, {"Content-Length": "0", "Connection": "close"}))
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(1)
    while connection.recv(1 << 16):
        pass


def _never_reading(connection: socket.socket) -> None:
    """Take the connection and read nothing, until the client gives up."""
    time.sleep(3)
    h.reset(connection)


def _chunked(link: Link) -> None:
    status, headers, body = link.honest()
    link.send(h.head(status, {**headers, "Transfer-Encoding": "chunked", "Connection": "close"}))
    for start in range(0, len(body), 7):
        piece = body[start : start + 7]
        link.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    link.send(b"0\r\n\r\n")


def _chunked_cut(link: Link) -> None:
    status, headers, _ = link.honest()
    link.send(h.head(status, {**headers, "Transfer-Encoding": "chunked"}) + b'14\r\n{"data":{"')


def _after_100(link: Link) -> None:
    answer = link.honest()
    link.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    link.reply(*answer)


def _with_cookie(link: Link) -> None:
    status, headers, body = link.honest()
    link.reply(status, {**headers, "Set-Cookie": "track=me; Path=/"}, body)


def _longer_than_said(link: Link) -> None:
    status, headers, body = link.honest()
    link.send(h.head(status, {**headers, "Content-Length": str(len(body))}) + body + b"x" * 5000)


def _announces_more(link: Link) -> None:
    status, headers, body = link.honest()
    link.send(h.head(status, {**headers, "Content-Length": str(len(body) + 5000)}) + body)


def _announces_10_gb(link: Link) -> None:
    link.honest()
    link.send(h.head(200, {"Content-Type": "image/png", "Content-Length": "10000000000"}))
    for _ in range(2000):
        link.send(b"\x89PNG\r\n\x1a\n" * 8192)


def _stalled_half_way(link: Link) -> None:
    status, headers, body = link.honest()
    link.send(h.head(status, {**headers, "Content-Length": str(len(body))}) + body[:50])
    link.sleep(10)


def _no_data(_: dict[str, Any]) -> Any:
    return {"status": 200, "message": "success"}


def _null_data(_: dict[str, Any]) -> Any:
    return {"status": 200, "message": "success", "data": None}


def _escaped(data: dict[str, Any]) -> None:
    if data.get("image"):
        data["image"] = data["image"].replace("/", "\\/") + "?a=1\\u0026b=2"


def _as_texts(data: dict[str, Any]) -> None:
    for name in ("state", "progress", "created_at", "completed_at"):
        data[name] = str(data[name])


def _state(number: int) -> h.Reaction:
    return h.with_data(state=number, image="", progress=0)


def _file_answer(data: bytes) -> h.Reaction:
    return h.instead(200, data, Content_Type="image/png")


GZIPPED = gzip.compress(b"\0" * 200_000_000, 1)
HTML = b"<html><body>Please sign in to the hotel's network</body></html>"
NOWHERE = {"address": "https://object-removal.invalid", "proxy": ""}
IMPATIENT = {"task_s": 0.7}

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
    Fault("create: cut before the request is read", "MaybeSent", 1, 0,
          lambda: Script(connect=[h.reset]), options={"large": True}),
    Fault("create: nothing is read, the upload stands still", "MaybeSent", 1, 0,
          lambda: Script(connect=[_never_reading]), options={"large": True}),
    Fault("create: refused (413) while the upload runs", "RequestRefused", 1, 0,
          lambda: Script(connect=[_early_refusal]), options={"large": True}),
    create("create: cut when read, nothing done", "MaybeSent", 0, h.reset_idle),
    create("create: cut when done", "MaybeSent", 1, h.reset_done, lost=LOST),
    create("create: closed without an answer", "MaybeSent", 1, h.hang_up, lost=LOST),
    create("create: done, but never answered", "MaybeSent", 1, h.silent, lost=LOST),
    create("create: not done and never answered", "MaybeSent", 0, h.silent_idle),
    create("create: cut in the status line", "MaybeSent", 1, h.cut(9, of="all"), lost=LOST),
    create("create: cut in the headers", "MaybeSent", 1, h.cut(40, of="all"), lost=LOST),
    create("create: cut within the task id", "MaybeSent", 1, h.cut(40), lost=LOST),
    create("create: cut after the task id", PICTURE, 1, h.cut(80)),
    create("create: reset after the task id", PICTURE, 1, h.cut(80, by_reset=True)),
    create("create: answered byte by byte", PICTURE, 1, h.dripped(0.001)),
    create("create: answered byte by byte, too slowly", "MaybeSent", 1, h.dripped(0.05), lost=LOST),
    create("create: headers byte by byte for ever", "MaybeSent", 1,
           h.dripped(0.1, stop_after=100), lost=LOST),
    create("create: an answer that never ends", "MaybeSent", 1, h.endless, lost=LOST),
    create("create: chunked", PICTURE, 1, _chunked),
    create("create: chunked and cut", "MaybeSent", 1, _chunked_cut, lost=LOST),
    create("create: 100 Continue first", PICTURE, 1, _after_100),
    create("create: announces more than it sends", PICTURE, 1, _announces_more),
    create("create: sends more than it announces", PICTURE, 1, _longer_than_said),
    create("create: with a cookie", PICTURE, 1, _with_cookie),
    create("create: gzipped", PICTURE, 1, h.body_changed(gzip.compress, Content_Encoding="gzip")
           if False else h.body_changed(gzip.compress, **{"Content-Encoding": "gzip"})),
    create("create: says gzip and is none", "MaybeSent", 1,
           h.body_changed(lambda b: b, **{"Content-Encoding": "gzip"}), lost=LOST),
    create("create: empty 200", "MaybeSent", 1, h.instead(200), lost=LOST),
    create("create: a web page with 200", "MaybeSent", 1, h.instead(200, HTML), lost=LOST),
    create("create: no data", "MaybeSent", 1, h.edited(_no_data), lost=LOST),
    create("create: data is null", "MaybeSent", 1, h.edited(_null_data), lost=LOST),
    create("create: no task id", "MaybeSent", 1, h.without("task_id"), lost=LOST),
    create("create: task id null", "MaybeSent", 1, h.with_data(task_id=None), lost=LOST),
    create("create: task id is a path", "MaybeSent", 1, h.with_data(task_id="../../x"), lost=LOST),
    create("create: byte order mark", PICTURE, 1, h.body_changed(lambda b: b"\xef\xbb\xbf" + b)),
    create("create: other spacing", PICTURE, 1, h.body_changed(_inside_out)),
    create("create: no HTTP at all", "MaybeSent", 1, h.raw(b"\x16\x03\x01 SSH-2.0\r\n\r\n" * 9),
           lost=LOST),
    create("create: 100 KB of headers", "MaybeSent", 1,
           h.raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}"), lost=LOST),
    create("create: 200, but the body says 401", "KeyRefused", 0, h.answer(200, {"status": 401})),
    create("create: 200, but the body says 500", "MaybeSent", 0, h.answer(200, {"status": 500})),
    create("create: 301 to another host", "RequestRefused", 0, _to_elsewhere(301)),
    create("create: 307 to another host", "RequestRefused", 0, _to_elsewhere(307)),
    create("create: 400", "RequestRefused", 0, h.answer(400, {"message": "invalid mask"})),
    create("create: 401", "KeyRefused", 0, h.answer(401, {"message": "bad key"})),
    create("create: 401 that quotes the key", "KeyRefused", 0,
           lambda link: link.reply(401, {}, json.dumps(
               {"message": "no such key: " + link.request.headers["X-API-KEY"]}).encode())),
    create("create: 402", "RequestRefused", 0, h.answer(402)),
    create("create: 403 with a web page", "RequestRefused", 0, h.answer(403, HTML)),
    create("create: 404", "RequestRefused", 0, h.answer(404)),
    create("create: 413", "RequestRefused", 0, h.answer(413)),
    create("create: 429 once", PICTURE, 1, h.answer(429), posts=2),
    create("create: 429 with Retry-After", PICTURE, 1, h.answer(429, Retry_After="0.3"), posts=2),
    create("create: 429 with Retry-After of a day", "TooManyRequests", 0,
           h.answer(429, Retry_After="86400")),
    create("create: 429 for ever", "TooManyRequests", 0, Forever(h.answer(429)), posts=2),
    create("create: 500 when done", "MaybeSent", 1, h.instead(500), lost=LOST),
    create("create: 500, nothing done", "MaybeSent", 0, h.answer(500, {"message": "oops"})),
    create("create: 502 with a web page", "MaybeSent", 1, h.instead(502, HTML), lost=LOST),
    create("create: 503 with Retry-After", "MaybeSent", 0, h.answer(503, Retry_After="1")),
    create("create: 504 when done", "MaybeSent", 1, h.instead(504), lost=LOST),
]  # fmt: skip

STUCK = [
    query(f"poll: stuck at state {state}", "TaskUnfinished", Forever(_state(state)),
          patience=IMPATIENT)
    for state in (0, 2, 3, 4, 5, 99)
]  # fmt: skip
FAILED = [
    query(f"poll: state {state}", "TaskFailed", Forever(_state(state)), lost="no (not billed)")
    for state in (-1, -2, -3, -5, -7, -8, -9, -10, -11, -13, -14, -15, -16, -17, -99)
]
QUERY = [
    query("poll: cut once", PICTURE, h.reset_done),
    query("poll: closed once", PICTURE, h.hang_up),
    query("poll: no answer once", PICTURE, h.silent, patience={"answer_s": 0.4}),
    query("poll: 500 three times", PICTURE, h.times(3, h.answer(500))),
    query("poll: a web page once", PICTURE, h.answer(200, HTML)),
    query("poll: empty once", PICTURE, h.answer(200)),
    query("poll: cut JSON once", PICTURE, h.body_changed(lambda b: b[:60])),
    query("poll: 404 once", PICTURE, h.answer(404)),
    query("poll: 401 once", PICTURE, h.answer(401)),
    query("poll: 429 twice", PICTURE, h.times(2, h.answer(429, Retry_After="0.1"))),
    query("poll: about another task once", PICTURE, h.with_data(task_id="another")),
    query("poll: numbers as texts", PICTURE, Forever(h.edited(_as_texts))),
    query("poll: times, progress and id missing", PICTURE,
          Forever(h.without("task_id", "created_at", "processed_at", "completed_at", "progress"))),
    query("poll: 404 for ever", "ResultGone", Forever(h.answer(404))),
    query("poll: 401 for ever", "KeyRefused", Forever(h.answer(401))),
    query("poll: 302 to another host for ever", "RequestRefused", Forever(_to_elsewhere(302))),
    query("poll: never answered", "TaskUnfinished", Forever(h.silent), patience=IMPATIENT),
    query("poll: byte by byte for ever", "TaskUnfinished", Forever(h.dripped(0.05)),
          patience={"task_s": 0.7, "answer_s": 0.4}),
    query("poll: an answer that never ends", "TaskUnfinished", Forever(h.endless),
          patience=IMPATIENT),
    query("poll: 500 for ever", "TaskUnfinished", Forever(h.answer(500)), patience=IMPATIENT),
    query("poll: cut for ever", "TaskUnfinished", Forever(h.reset_done), patience=IMPATIENT),
    query("poll: state missing", "TaskUnfinished", Forever(h.without("state", "progress")),
          patience=IMPATIENT),
    query("poll: 100 % but never done", "TaskUnfinished",
          Forever(h.with_data(state=4, progress=100)), patience=IMPATIENT),
    query("poll: data missing", "TaskUnfinished", Forever(h.edited(_no_data)), patience=IMPATIENT),
    query("poll: done, but no picture", "RequestRefused", Forever(h.without("image"))),
]  # fmt: skip

BASE64 = {"return_type": ReturnType.BASE64}
RESULT = [
    query("result: on another host", PICTURE, Forever(_on_another_host)),
    query("result: escaped twice (\\u0026, \\/)", PICTURE, Forever(h.edited(_escaped))),
    query("result: file:// address", "BadAnswer", Forever(h.with_data(image="file:///etc/passwd"))),
    query("result: address with a password", "BadAnswer",
          Forever(h.with_data(image="https://me:you@127.0.0.1/x.png"))),
    query("result: address is half", "BadAnswer", Forever(h.with_data(image="https://"))),
    query("result: on a host that does not exist", "NotReached",
          Forever(h.with_data(image="https://object-removal.invalid/x.png"))),
    query("result: base64 is broken", "BadAnswer", Forever(h.with_data(image="/9j/*****")),
          options=BASE64),
    query("result: base64 of no picture", "BadAnswer", Forever(h.with_data(image="PGh0bWw+")),
          options=BASE64),
    query("result: base64 although an address was asked", PICTURE, Forever(
        lambda link: _swapped(link, to_base64=True))),
    query("result: an address although base64 was asked", PICTURE, Forever(
        lambda link: _swapped(link, to_base64=False)), options=BASE64),
    query("result: base64 too long", "BadAnswer", Forever(h.with_data(image="/9j/" + "A" * 1_600_000)),
          options=BASE64),
    result("download: redirect to another host", PICTURE, _redirected_download),
    result("download: redirects in a circle", "BadAnswer", Forever(_around)),
    result("download: 404 once", PICTURE, h.answer(404)),
    result("download: 404 for ever", "ResultGone", Forever(h.answer(404))),
    result("download: 403, address expired", "ResultGone", Forever(h.answer(403, b"<Error/>"))),
    result("download: 500 once", PICTURE, h.answer(500)),
    result("download: 503 for ever", "ServiceFault", Forever(h.answer(503))),
    result("download: cut once", PICTURE, h.cut(60)),
    result("download: cut for ever", "NotReached", Forever(h.cut(60))),
    result("download: reset once", PICTURE, h.cut(60, by_reset=True)),
    result("download: longer than announced", PICTURE, _longer_than_said),
    result("download: never ends", "NotReached", Forever(h.endless)),
    result("download: announces 10 GB", "NotReached", Forever(_announces_10_gb)),
    result("download: stands still once", PICTURE, _stalled_half_way),
    result("download: byte by byte, too slowly", "NotReached", Forever(h.dripped(0.02))),
    result("download: byte by byte", PICTURE, h.dripped(0.0005)),
    result("download: gzip bomb of 200 MB", "NotReached",
           Forever(h.instead(200, GZIPPED, Content_Encoding="gzip"))),
    result("download: a web page", "BadAnswer", Forever(h.instead(200, HTML))),
    result("download: empty", "BadAnswer", Forever(h.instead(200))),
    result("download: a GIF", "BadAnswer", Forever(_file_answer(_file(quadrants(), "GIF")))),
    result("download: a picture of another size", "BadAnswer",
           Forever(_file_answer(png(quadrants(48, 64))))),
    result("download: another size once", PICTURE, _file_answer(png(quadrants(63, 48)))),
    result("download: a PNG cut within", "BadAnswer", Forever(_file_answer(png(quadrants())[:90]))),
    result("download: a decompression bomb", "BadAnswer", Forever(_file_answer(_bomb()))),
    result("download: 302 without an address", "BadAnswer", Forever(h.answer(302))),
]  # fmt: skip


def _swapped(link: Link, *, to_base64: bool) -> None:
    """Answer with the other kind of result than was asked for."""
    import base64

    status, headers, body = link.honest()
    whole = json.loads(body)
    image = whole["data"].get("image")
    if image and to_base64:
        data = link.server.app.test_client().get(image.removeprefix(link.server.address)).data
        whole["data"]["image"] = base64.b64encode(data).decode()
    elif image:
        link.server.elsewhere.files["/swapped.png"] = base64.b64decode(image)
        whole["data"]["image"] = link.server.elsewhere.address + "/swapped.png"
    link.reply(status, headers, json.dumps(whole).encode())


HERE = [
    Fault("this machine: disk full before sending", "SettingsError", 0, 0, local="full: intent"),
    Fault("this machine: disk full when the id arrives", PICTURE, 1, 1, local="full: id"),
    Fault("this machine: disk full when the result arrives", PICTURE, 1, 1, local="full: result"),
    Fault("this machine: the clock jumps a year ahead", PICTURE, 1, 1, local="clock +"),
    Fault("this machine: the clock jumps a year back", PICTURE, 1, 1, local="clock -"),
    Fault("cancel: before sending", "Cancelled", 0, 0, local="cancel: at once"),
    Fault("cancel: while the upload stands still", "Cancelled", 1, 0,
          lambda: Script(connect=[_never_reading]), options={"large": True},
          local="cancel: uploading"),
    create("cancel: sent, answer outstanding", "Cancelled", 1, lambda link: _late(link),
           local="cancel: processing"),
    query("cancel: while waiting", "Cancelled", Forever(_state(4)), local="cancel: processing"),
    query("cancel: while a poll gets no answer", "Cancelled", Forever(h.silent),
          local="cancel: later"),
    result("cancel: while the download stands still", "Cancelled", Forever(_stalled_half_way),
           local="cancel: downloading"),
    Fault("killed: before the answer with the id", "MaybeSent", 0, 0, local="killed: sent"),
    Fault("killed: after the id was written", PICTURE, 0, 1, local="killed: running"),
    Fault("killed: after the result was written", PICTURE, 0, 1, local="killed: stored"),
]  # fmt: skip


def _late(link: Link) -> None:
    answer = link.honest()
    link.sleep(0.4)
    link.reply(*answer)


FAULTS: list[Fault] = [*UNREACHED, *CREATE, *QUERY, *STUCK, *FAILED, *RESULT, *HERE]
