"""A service of the PicWish API that costs nothing: the hole is filled with a single colour.

What a removal then takes is everything but the service's own time: the same picture is filled
only once, so only a first run waits for it, and where ``fills`` is False each result is the very
file that was sent.  With ``task_s`` a task is done that long after its last byte arrived, and must
be asked about; with 0 the create answer already holds the result.  Every exchange is noted with
its times and bytes.
"""

from __future__ import annotations

import functools
import io
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from PIL import Image, ImageOps, ImageStat

TASKS_PATH = "/api/tasks/visual/inpaint"


class Exchange(NamedTuple):
    """One request: ``kind`` is create, query or download; epoch seconds; body bytes up or down."""

    kind: str
    began_at: float
    ended_at: float
    transferred_bytes: int


class EchoService:
    """Its ``address``, its ``exchanges`` in order, and when each task was done."""

    def __init__(self, task_s: float = 0.0) -> None:
        self.task_s = task_s
        self.fills = True
        self.address = ""
        self.exchanges: list[Exchange] = []
        self.done_at: dict[str, float] = {}
        self._pictures: dict[str, bytes] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Start anew: no exchanges, no tasks."""
        with self._lock:
            self.exchanges, self.done_at, self._pictures = [], {}, {}

    def uploaded_bytes(self) -> int:
        """What was sent in all create requests."""
        return sum(each.transferred_bytes for each in self.exchanges if each.kind == "create")

    def seconds(self, kind: str) -> float:
        """Time spent in transfers of a kind."""
        return sum(each.ended_at - each.began_at for each in self.exchanges if each.kind == kind)

    def add(self, body: bytes) -> str:
        """A task for a multipart body; returns its id."""
        picture = file_in(body, "image_file")
        if self.fills:
            picture = filled(picture, file_in(body, "mask_file"))
        with self._lock:
            task_id = f"task-{next(self._numbers):06d}"
            self._pictures[task_id] = picture
            self.done_at[task_id] = time.time() + self.task_s
        return task_id

    def describe(self, task_id: str) -> dict[str, object]:
        """``data`` of a query's answer."""
        done = time.time() >= self.done_at[task_id]
        address = f"{self.address}/results/{task_id}"
        return {
            "task_id": task_id,
            "state": 1 if done else 4,
            "progress": 100 if done else 50,
            "image": address if done else "",
        }

    def picture(self, task_id: str) -> bytes:
        """The result of a task."""
        return self._pictures[task_id]

    def note(self, kind: str, began_at: float, transferred_bytes: int) -> None:
        """Write down an exchange that has just ended."""
        exchange = Exchange(kind, began_at, time.time(), transferred_bytes)
        with self._lock:
            self.exchanges.append(exchange)


def file_in(body: bytes, name: str) -> bytes:
    """The file of that name in a multipart body."""
    boundary = body[: body.index(b"\r\n")]
    began = body.index(b"\r\n\r\n", body.index(f'name="{name}"'.encode())) + 4
    return body[began : body.index(b"\r\n" + boundary, began)]


@functools.lru_cache(4)
def filled(picture: bytes, mask: bytes) -> bytes:
    """The picture's file with the mean colour of all else where the mask is white."""
    hole = Image.open(io.BytesIO(mask)).convert("L")
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    colour = ImageStat.Stat(image, ImageOps.invert(hole)).mean
    image.paste(tuple(round(each) for each in colour), mask=hole)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    service: EchoService

    def do_POST(self) -> None:
        began_at = time.time()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.service.note("create", began_at, len(body))
        task_id = self.service.add(body)
        at_once = self.service.task_s == 0
        self._answer(self.service.describe(task_id) if at_once else {"task_id": task_id})

    def do_GET(self) -> None:
        began_at = time.time()
        task_id = self.path.rpartition("/")[2]
        if self.path.startswith(TASKS_PATH):
            self._answer(self.service.describe(task_id))
            self.service.note("query", began_at, 0)
            return
        picture = self.service.picture(task_id)
        self._send(picture, "application/octet-stream")
        self.service.note("download", began_at, len(picture))

    def _answer(self, data: dict[str, object]) -> None:
        text = json.dumps({"status": 200, "message": "success", "data": data})
        self._send(text.encode(), "application/json")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Nothing: the exchanges are noted."""


@contextmanager
def echo_service(task_s: float = 0.0) -> Iterator[EchoService]:
    """Run the service on a free port of this machine."""
    service = EchoService(task_s)
    handler = type("Handler", (_Handler,), {"service": service})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        service.address = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield service
        server.shutdown()
