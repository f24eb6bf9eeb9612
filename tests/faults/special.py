"""Reactions for one fault each, and files that are not what they seem."""

from __future__ import annotations

import base64
import io
import json
import socket
import struct
import time
import zlib
from typing import Any
from urllib.parse import unquote

import numpy as np
from PIL import Image

from tests.faults.hostile import LIMIT_S, TASKS, Forever, Link, Reaction, Script, head, reset
from tests.faults.reactions import instead, with_data


def file(picture: np.ndarray, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, kind, **options)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of 100 bytes that says it has 60000 x 60000 px."""
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    whole = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + whole + b"\0\0\0\0IDAT"


def inside_out(body: bytes) -> bytes:
    """The same JSON with its fields the other way round and another spacing."""
    return json.dumps(json.loads(body), indent=3).encode()


def redirected_download(link: Link) -> None:
    """Send the download on to the other host, which serves the same file."""
    _, _, body = link.honest()
    elsewhere = link.server.elsewhere
    elsewhere.files["/moved.png"] = body
    link.reply(302, {"Location": elsewhere.address + "/moved.png"}, b"")


def on_another_host(link: Link) -> None:
    """Answer truly, with the picture lying on the other host."""
    status, headers, body = link.honest()
    whole = json.loads(body)
    if whole["data"].get("image"):
        path = whole["data"]["image"].removeprefix(link.server.address)
        elsewhere = link.server.elsewhere
        elsewhere.files["/elsewhere.png"] = link.server.app.test_client().get(path).data
        whole["data"]["image"] = elsewhere.address + "/elsewhere.png"
    link.reply(status, headers, json.dumps(whole).encode())


def to_elsewhere(status: int) -> Reaction:
    def react(link: Link) -> None:
        link.reply(status, {"Location": link.server.elsewhere.address + "/steal"}, b"")

    return react


def around(link: Link) -> None:
    link.reply(302, {"Location": link.server.address + link.request.path}, b"")


def early_refusal(connection: socket.socket) -> None:
    """Answer 413 as soon as the first bytes are here, then read on until the client ends."""
    connection.recv(1000)
    connection.sendall(head(413, {"Content-Length": "0", "Connection": "close"}))
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(1 << 16):
        pass


def never_reading(connection: socket.socket) -> None:
    """Take the connection and read nothing for longer than the client waits."""
    time.sleep(LIMIT_S)


def chunked(link: Link) -> None:
    status, headers, body = link.honest()
    link.send(head(status, {**headers, "Transfer-Encoding": "chunked", "Connection": "close"}))
    for start in range(0, len(body), 7):
        piece = body[start : start + 7]
        link.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    link.send(b"0\r\n\r\n")


def chunked_cut(link: Link) -> None:
    status, headers, _ = link.honest()
    link.send(head(status, {**headers, "Transfer-Encoding": "chunked"}) + b'14\r\n{"data":{"')


def after_100(link: Link) -> None:
    answer = link.honest()
    link.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    link.reply(*answer)


def with_cookie(link: Link) -> None:
    """Set a cookie with every answer; the first one says that the task is still running."""
    status, headers, body = link.honest()
    if link.server.count("query") == 1:
        body = body.replace(b'"state":1', b'"state":4')
    link.reply(status, {**headers, "Set-Cookie": "track=me; Path=/"}, body)


def longer_than_said(link: Link) -> None:
    status, headers, body = link.honest()
    link.send(head(status, {**headers, "Content-Length": str(len(body))}) + body + b"x" * 5000)


def announces_more(link: Link) -> None:
    status, headers, body = link.honest()
    link.send(head(status, {**headers, "Content-Length": str(len(body) + 5000)}) + body)


def announces_10_gb(link: Link) -> None:
    link.honest()
    link.send(head(200, {"Content-Type": "image/png", "Content-Length": "10000000000"}))
    for _ in range(2000):
        link.send(b"\x89PNG\r\n\x1a\n" * 8192)


def stalled_half_way(link: Link) -> None:
    status, headers, body = link.honest()
    link.send(head(status, {**headers, "Content-Length": str(len(body))}) + body[:50])
    link.sleep(10)


def no_data(_: dict[str, Any]) -> Any:
    return {"status": 200, "message": "success"}


def null_data(_: dict[str, Any]) -> Any:
    return {"status": 200, "message": "success", "data": None}


def escaped(data: dict[str, Any]) -> None:
    if data.get("image"):
        data["image"] = data["image"].replace("/", "\\/") + "?a=1\\u0026b=2"


def as_texts(data: dict[str, Any]) -> None:
    for name in ("state", "progress", "created_at", "completed_at"):
        data[name] = str(data[name])


def state(number: int) -> Reaction:
    return with_data(state=number, image="", progress=0)


def failed_because(words: str) -> Reaction:
    return with_data(state=-7, image="", progress=0, state_detail=words)


def file_answer(data: bytes) -> Reaction:
    return instead(200, data, Content_Type="image/png")


def swapped(link: Link, *, to_base64: bool) -> None:
    """Answer with the other kind of result than was asked for."""
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


def late(link: Link) -> None:
    answer = link.honest()
    link.sleep(0.4)
    link.reply(*answer)


def ever_later(link: Link) -> None:
    """Refuse for being asked too often, at first for a second and then for a minute."""
    later = {"Retry-After": "60"} if link.server.count("create") > 1 else {}
    link.reply(429, later, b"")


def quoting_the_key(words: str, *, escaped: bool = False) -> Reaction:
    """Refuse the key and repeat it in the message, plainly or as JSON escapes."""

    def react(link: Link) -> None:
        key = link.request.headers["X-API-KEY"]
        message = json.dumps({"message": words.format("KEY")})
        shown = "".join(f"\\u{ord(letter):04x}" for letter in key) if escaped else key
        link.reply(401, {}, message.replace("KEY", shown).encode())

    return react


def cut_refusal(link: Link) -> None:
    """Refuse, but hang up within the explanation."""
    link.send(head(401, {"Content-Length": "500"}) + b'{"message":"the key')


def with_an_id(status: int) -> Reaction:
    """Do what was asked and answer with this status, but with the id of the task in it."""

    def react(link: Link) -> None:
        _, headers, body = link.honest()
        link.reply(status, {**headers, "Location": "/elsewhere"}, body)

    return react


def body_status(status: object) -> Reaction:
    """Answer truly with HTTP 200, but with this ``status`` in the body."""

    def react(link: Link) -> None:
        _, headers, body = link.honest()
        link.reply(200, headers, json.dumps({**json.loads(body), "status": status}).encode())

    return react


def after_interim(*heads: bytes, cut: bool = False) -> Reaction:
    """Answer truly after interim answers; or hang up after them."""

    def react(link: Link) -> None:
        answer = link.honest()
        link.send(b"".join(b"HTTP/1.1 " + each + b"\r\n\r\n" for each in heads))
        if not cut:
            link.reply(*answer)

    return react


def id_called(name: str) -> Script:
    """Call the task by another id, and know it by that only, as one exact segment of the path."""
    true_id = ""

    def create(link: Link) -> None:
        nonlocal true_id
        status, headers, body = link.honest()
        whole = json.loads(body)
        true_id = whole["data"]["task_id"]
        whole["data"]["task_id"] = name
        link.reply(status, headers, json.dumps(whole).encode())

    def query(link: Link) -> None:
        segment = link.request.path.removeprefix(TASKS + "/")
        asked = unquote(segment, errors="surrogatepass")
        dots = {".", ".."} & {segment}  # which is a step in the path to who reads it
        if asked == name and "/" not in segment and not dots:
            link.request.path = f"{TASKS}/{true_id}"
        status, headers, body = link.honest()
        whole = json.loads(body)
        if whole.get("data"):
            whole["data"]["task_id"] = name
        link.reply(status, headers, json.dumps(whole).encode())

    return Script(create=Forever(create), query=Forever(query))


def reset_begun(connection: socket.socket) -> None:
    """Cut the connection without reading, once the client has begun to send."""
    connection.recv(1, socket.MSG_PEEK)
    reset(connection)


def plain_refusal(connection: socket.socket) -> None:
    """What a web server without TLS says to a handshake."""
    connection.recv(1000)
    connection.sendall(head(400, {"Content-Length": "0"}))
