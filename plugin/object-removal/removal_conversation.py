"""Requests to the worker from a dialog: answered while the main loop goes on.

Runs in GIMP, on its main thread.  One request is under way at a time and the others wait; what
the worker reads from the image meanwhile is answered here, frame by frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import GLib  # noqa: E402
from removal_image import Source  # noqa: E402
from removal_worker import Worker, WorkerGone  # noqa: E402

from gimp_bridge import wire  # noqa: E402

Ended = Callable[[wire.Frame, "wire.Frame | None"], None]
"""Called with the last frame, ``finished`` or ``failed``, and with the answer before it."""


class _Request(NamedTuple):
    kind: str
    fields: Mapping[str, Any]
    payload: bytes
    ended: Ended


class Conversation:
    """The worker as a dialog talks to it; ``source`` is None where no image is at hand."""

    def __init__(self, worker: Worker, source: Source | None) -> None:
        self._worker = worker
        self._source = source
        self._waiting: deque[_Request] = deque()
        self._current: _Request | None = None
        self._answer: wire.Frame | None = None
        worker.arrived = self._wake

    def request(
        self, kind: str, fields: Mapping[str, Any], ended: Ended, payload: bytes = b""
    ) -> None:
        """Send a request as soon as those before it are done; ``ended`` is called at its end.

        Where the worker is gone that is a ``failed`` that says so.
        """
        self._waiting.append(_Request(kind, fields, payload, ended))
        self._guard(self._next)

    def settle(self) -> None:
        """Wait for what is under way, forget what waits, and leave the worker to others.

        Raises WorkerGone.
        """
        self._worker.arrived = None
        self._waiting.clear()
        while self._current:
            self._take(self._worker.receive())

    def _wake(self) -> None:
        # Called on the reading thread: PDB and Gtk are for the main thread only.
        GLib.idle_add(self._drain, priority=GLib.PRIORITY_DEFAULT)

    def _drain(self) -> bool:
        self._guard(self._take_all)
        return GLib.SOURCE_REMOVE

    def _take_all(self) -> None:
        while self._worker.arrived and (frame := self._worker.take()) is not None:
            self._take(frame)

    def _guard(self, step: Callable[[], None]) -> None:
        try:
            step()
        except WorkerGone as error:
            self._fail_all(wire.Frame("failed", {"message": str(error)}))

    def _fail_all(self, frame: wire.Frame) -> None:
        self._forget()
        unserved = [self._current] if self._current else []
        unserved += self._waiting
        self._current = None
        self._waiting.clear()
        for request in unserved:
            request.ended(frame, None)

    def _next(self) -> None:
        if self._current is None and self._waiting:
            self._current = self._waiting.popleft()
            self._answer = None
            self._worker.send(self._current.kind, self._current.fields, self._current.payload)

    def _take(self, frame: wire.Frame) -> None:
        if frame.kind == "hello":
            self._worker.check_greeting(frame)
        elif frame.kind in ("read", "glance"):
            self._serve(frame)
        elif frame.kind in ("finished", "failed"):
            self._forget()
            ended, self._current = self._current, None
            ended.ended(frame, self._answer)
            self._next()
        else:
            self._answer = frame

    def _forget(self) -> None:
        if self._source:
            self._source.forget()

    def _serve(self, frame: wire.Frame) -> None:
        try:
            fields, payload = self._source.answer(frame.kind, frame.fields)
        except (GLib.Error, RuntimeError, ValueError, TypeError) as error:
            # The person may have closed the image or deleted the layer meanwhile.
            self._worker.send("refused", {"message": str(error)})
            return
        self._worker.send("data", fields, payload)
