"""Serving the application with waitress, on this machine unless told otherwise.

Connections are bounded in number, bytes and time, so that uploads that never end, and answers
that nobody reads, leave room for others.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.utilities import Error

THREADS = 16
"""Requests at once; at most half of them create (``app.CREATES``)."""

UPLOAD_BYTES = 64 << 20
"""More than a form may have: one a little too large is read, and gets its 413."""

CONNECTIONS = 100
UNDER_WAY_BYTES = 256 << 20
"""Open connections, and what they have sent or have yet to read; above either, those that move
least are ended.  Of each, 64 kB are in memory and the rest in a temporary file."""

PATIENCE_S = 20.0
BYTES_PER_S = 16_384
"""A request, or the reading of its answer, may take so long, and longer by what has moved."""


class _Ended(Error):
    """An answer to a request that has not come whole."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__("The request took too long or too much room.")
        self.code, self.reason = code, reason


class _Channel(HTTPChannel):
    """A connection that knows how long ago it moved as fast as it must.

    waitress' own ``last_activity`` takes a byte a minute for activity.
    """

    server: Any  # these three as they are; the stubs know less
    requests: list[HTTPRequestParser]
    requests_lock: threading.Lock

    def __init__(self, *args: Any, **keywords: Any) -> None:
        self.alive_at = time.time()
        super().__init__(*args, **keywords)

    def received(self, data: bytes) -> bool:
        """Take a part of a request; the first one begins its time."""
        self._moved(len(data), anew=self.request is None)
        return bool(super().received(data))

    def service(self) -> None:
        """Answer a request; its reader's time begins."""
        super().service()
        self._moved(0, anew=True)

    def handle_close(self) -> None:
        """Close the temporary files as well: of answers, and of a request that has not come."""
        super().handle_close()
        if self.request is not None:
            self.request.close()

    def close(self) -> None:
        """The same when the server ends."""
        self.handle_close()

    def _flush_some(self, do_close: bool = True) -> bool:
        before = self.total_outbufs_len
        moved = bool(super()._flush_some(do_close))  # type: ignore[misc]
        self._moved(before - self.total_outbufs_len)
        return moved

    def _moved(self, size_bytes: int, *, anew: bool = False) -> None:
        now = time.time()
        self.alive_at = now if anew else min(now, self.alive_at + size_bytes / BYTES_PER_S)

    @property
    def held_bytes(self) -> int:
        """What came and what is to be sent."""
        requests = [*self.requests, self.request]
        came = sum(request.body_bytes_received for request in requests if request is not None)
        return int(came + self.total_outbufs_len)

    def end(self, code: int, reason: str) -> None:
        """Answer a request that has not come whole, and hang up."""
        with self.requests_lock:
            request, self.request = self.request, None
            if request is None or self.total_outbufs_len or self.close_when_flushed:
                self.will_close = True
                return
            request.error, request.completed = _Ended(code, reason), True
            self.requests.append(request)
        self.server.add_task(self)


class _Server(TcpWSGIServer):
    """waitress' server with an eye on its connections."""

    channel_class = _Channel
    active_channels: dict[int, _Channel]  # type: ignore[assignment]

    def readable(self) -> bool:
        """Make room first; called in every round of the loop."""
        channels = list(self.active_channels.values())
        too_many = len(channels) - CONNECTIONS
        too_large = sum(channel.held_bytes for channel in channels) - UNDER_WAY_BYTES
        if too_many > 0 or too_large > 0:
            for channel in self._stoppable(channels):
                if too_many <= 0 and (too_large <= 0 or not channel.held_bytes):
                    continue
                too_many, too_large = too_many - 1, too_large - channel.held_bytes
                channel.end(429, "Too Many Requests")
        return bool(super().readable())

    def maintenance(self, now: float) -> None:
        """End what has not moved for too long; called every second."""
        for channel in self._stoppable(list(self.active_channels.values())):
            if now - channel.alive_at > PATIENCE_S:
                channel.end(408, "Request Timeout")

    def _stoppable(self, channels: list[_Channel]) -> list[_Channel]:
        """Those whose request is not being answered, first the one that has moved least."""
        return sorted(
            (channel for channel in channels if not (channel.requests or channel.will_close)),
            key=lambda channel: channel.alive_at,
        )


@contextmanager
def running(app: Flask, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread and give the address; port 0 takes a free one.

    >>> with running(create_app()) as address:  # doctest: +SKIP
    ...     PicWish(address, None)
    """
    server = _server(app, host, port)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield _address(server, host)
    finally:
        server.task_dispatcher.shutdown()
        # Closed from within its own loop: its map of sockets is not for other threads. The lock
        # keeps the loop, woken by a request, from closing the trigger before it is pulled.
        with server.trigger.lock:
            server.trigger.thunks.append(lambda: wasyncore.close_all(server._map))
            server.pull_trigger()
        thread.join(5)
        app.extensions["tasks"].close()


def serve(app: Flask, *, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; ``announce`` gets the address as soon as it is open."""
    server = _server(app, host, port)
    announce(_address(server, host))
    try:
        server.run()
    finally:
        app.extensions["tasks"].close()
        server.close()


def _server(app: Flask, host: str, port: int) -> Any:
    settings = Adjustments(
        host=host,
        port=port,
        threads=THREADS,
        max_request_body_size=UPLOAD_BYTES,
        connection_limit=2 * CONNECTIONS,  # never reached: a listener that waits helps nobody
        cleanup_interval=1,
        recv_bytes=1 << 16,
        inbuf_overflow=1 << 16,
        outbuf_overflow=1 << 16,
        outbuf_high_watermark=2 * UNDER_WAY_BYTES,  # above it, a thread waits for the reader
        asyncore_use_poll=True,
        log_socket_errors=False,
        ident="",
    )
    return _Server(app, adj=settings)


def _address(server: Any, host: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{server.effective_port}"
