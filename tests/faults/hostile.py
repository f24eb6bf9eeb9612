"""A service that misbehaves by script, on a loopback port; bounded, and honest where unscripted.

It stands around the real local server: that one answers every request truly, and a *reaction*
decides what of the answer the client gets.  Whatever arrives is kept, byte by byte, so that a
test can look for the key in it.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from gimp_bridge.server import create_app
from tests.faults.elsewhere import Elsewhere
from tests.service_peer import KEY, place_fill

TASKS = "/api/tasks/visual/inpaint"
LIMIT_S = 20.0
"""No connection is held longer, whatever a script says."""


@dataclass
class Request:
    """One request as it arrived."""

    kind: str  # "create", "query", "result" or "other"
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Link:
    """One request's connection, with the true answer at hand."""

    def __init__(self, server: Hostile, connection: socket.socket, request: Request) -> None:
        self.server = server
        self.request = request
        self._connection = connection
        self.keep = False

    def honest(self) -> tuple[int, dict[str, str], bytes]:
        """What the local server answers: status, headers, body."""
        answer = self.server.app.test_client().open(
            self.request.path,
            method=self.request.method,
            data=self.request.body,
            headers=self.request.headers,
            base_url=self.server.address,
        )
        return answer.status_code, {"Content-Type": answer.content_type}, answer.data

    def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send a proper answer and keep the connection for the next request."""
        lines = {"Content-Length": str(len(body)), **headers}
        self.keep = "close" not in lines.get("Connection", "")
        self.send(head(status, lines) + body)

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def drip(self, data: bytes, pause_s: float) -> None:
        for byte in data:
            self.send(bytes([byte]))
            self.sleep(pause_s)

    def sleep(self, seconds: float) -> None:
        self.server.stopping.wait(min(seconds, LIMIT_S))

    def until_read(self, text: bytes) -> None:
        """Wait until the client has read ``text``, or half a second where nobody can tell."""
        if self.server.has_arrived is None or self.request.kind != "create":
            self.sleep(0.5)
            return
        while not self.server.has_arrived(text) and not self.server.stopping.is_set():
            self.sleep(0.01)

    def reset(self) -> None:
        reset(self._connection)


Reaction = Callable[[Link], None]


def head(status: int, headers: dict[str, str]) -> bytes:
    """A status line and headers."""
    lines = [f"HTTP/1.1 {status} Word", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN, as a crashed peer or a firewall does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@dataclass
class Script:
    """What to do with the first, second, ... request of each kind; True after the list is over.

    connect : done with the first, second, ... connection before anything is read from it
    """

    create: list[Reaction] = field(default_factory=list)
    query: list[Reaction] = field(default_factory=list)
    result: list[Reaction] = field(default_factory=list)
    connect: list[Callable[[socket.socket], None]] = field(default_factory=list)


class Forever(list[Any]):
    """A list that never ends: the same reaction to every request."""

    def __init__(self, reaction: Any) -> None:
        super().__init__([reaction])

    def pop(self, index: Any = 0) -> Any:
        return self[0]


class Hostile:
    """The server; use it in a ``with``.

    ``has_arrived`` tells, where it is known, whether the client has read a text of
    the answer to a create request.

    """

    def __init__(self, script: Script | None = None, *, tls: Any = None, **options: Any) -> None:
        self.script = script or Script()
        self.app = create_app(**{"fill": place_fill, "key": KEY, "qps": None, **options})
        self.stopping = threading.Event()
        self.requests: list[Request] = []
        self.received = bytearray()
        self._tls = tls
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if tls else "http"
        self.address = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self.be_honest = threading.Event()
        self.has_arrived: Callable[[bytes], bool] | None = None
        self.elsewhere: Elsewhere

    def __enter__(self) -> Hostile:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.app.extensions["tasks"].close()

    def count(self, kind: str) -> int:
        """Requests of a kind that arrived whole."""
        return sum(request.kind == kind for request in self.requests)

    @property
    def tasks_created(self) -> int:
        """Tasks that exist at the service: each is billed when it succeeds."""
        return len(self.app.extensions["tasks"]._jobs)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            connection.settimeout(LIMIT_S)
            if early := self._next(self.script.connect):
                early(connection)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while not self.stopping.is_set() and self._one(connection, stream):
                    pass

    def _one(self, connection: socket.socket, stream: Any) -> bool:
        request = self._read(stream)
        if request is None:
            return False
        with self._lock:
            self.requests.append(request)
        link = Link(self, connection, request)
        queue = getattr(self.script, request.kind, [])
        (self._next(queue) or _honestly)(link)
        return link.keep

    def _next(self, queue: list[Any]) -> Any:
        with self._lock:
            return queue.pop(0) if queue and not self.be_honest.is_set() else None

    def _read(self, stream: Any) -> Request | None:
        line = self._keep(stream.readline(65536))
        if not line:
            return None
        method, path, _ = line.decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (text := self._keep(stream.readline(65536)).strip()) != b"":
            name, _, value = text.decode("latin-1").partition(":")
            headers[name.strip()] = value.strip()
        length = int(headers.get("Content-Length", 0))
        body = self._keep(stream.read(length))
        if len(body) < length:
            return None
        return Request(_kind(method, path), method, path, headers, body)

    def _keep(self, data: bytes) -> bytes:
        with self._lock:
            self.received += data
        return data


def _kind(method: str, path: str) -> str:
    if method == "POST":
        return "create"
    if path.startswith("/api/tasks/"):
        return "query"
    return "result" if path.startswith("/results/") else "other"


def _honestly(link: Link) -> None:
    link.reply(*link.honest())
