"""Serving the application with waitress, on this machine unless told otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

THREADS = 8
"""Requests at once; ``sync`` requests each hold one while their task runs."""

UPLOAD_BYTES = 64 << 20


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
    return create_server(
        app, host=host, port=port, threads=THREADS, max_request_body_size=UPLOAD_BYTES, ident=""
    )


def _address(server: Any, host: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{server.effective_port}"
