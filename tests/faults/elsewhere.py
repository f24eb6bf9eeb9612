"""Who else there is: another host that keeps what it gets, proxies that fail, a closed port."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LIMIT_S = 20.0


class Elsewhere:
    """Another host: serves ``files`` and keeps every byte of what it was sent."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.received = bytearray()
        other = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> bytes:
                other.received += self.raw_requestline + bytes(self.headers)
                data = other.files.get(self.path)
                self.send_response(200 if data else 404)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                return data or b""

            def do_GET(self) -> None:
                self.wfile.write(self.do_HEAD())

            def do_POST(self) -> None:
                other.received += self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Elsewhere:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def closed_port() -> int:
    """A port of this machine at which nobody listens, nor ever will in this process's life.

    It is bound all the while: a port that was given back may be another program's next.
    """
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    _bound.append(bound)
    port: int = bound.getsockname()[1]
    return port


_bound: list[socket.socket] = []


@contextmanager
def proxy(answer_to_connect: bytes) -> Iterator[str]:
    """A proxy that answers every CONNECT with these bytes and hangs up; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LIMIT_S)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(answer_to_connect)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
