"""Requests to the worker: the one loop that feeds what it wishes, asks and tells to others.

Runs in GIMP, on its main thread.  One request is under way at a time and the others wait.  The
worker's frames are taken as they come while a dialog's main loop runs (``listen``), or until all
requests have ended (``wait``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gi.repository import GLib

from gimp_bridge.wire import Frame
from object_removal.worker.pipe import Worker, WorkerGone

PULSE_S = 0.2
WISHES = ("describe", "read", "glance", "convert", "begin", "patch", "insert")
"""What the worker waits for an answer to, beside ``ask``."""
GONE = "gone"
"""The code of a ``failed`` that is ours: the worker has ended in the middle."""

Ask = Callable[[Mapping[str, Any]], "str | None"]
"""Puts the worker's question to a person; None where there is nobody, "" where they back out."""
Grant = Callable[[Frame], Frame]
Tell = Callable[[Frame], None]
Ended = Callable[[Frame, "Frame | None"], None]
"""Called with the last frame, ``finished`` or ``failed``, and with what was told before it."""


class _Request(NamedTuple):
    kind: str
    fields: Mapping[str, Any]
    payload: bytes
    ended: Ended
    grant: Grant | None
    tell: Tell | None


class Conversation:
    """The worker as procedures and dialogs talk to it."""

    def __init__(self, worker: Worker, ask: Ask) -> None:
        self._worker = worker
        self._ask = ask
        self._waiting: deque[_Request] = deque()
        self._current: _Request | None = None
        self._told: Frame | None = None

    def request(
        self,
        kind: str,
        fields: Mapping[str, Any],
        ended: Ended,
        payload: bytes = b"",
        *,
        grant: Grant | None = None,
        tell: Tell | None = None,
    ) -> None:
        """Send a request as soon as those before it are done; ``ended`` is called at its end.

        ``grant`` answers the worker's wishes, ``tell`` hears its news.  Where the worker is gone
        the end is a ``failed`` that says so.
        """
        self._waiting.append(_Request(kind, fields, payload, ended, grant, tell))
        self._guard(self._next)

    def stop(self) -> None:
        """Let the worker send nothing more of a batch; what is under way goes on."""
        self._worker.send("stop")

    def listen(self) -> None:
        """Take the worker's frames whenever the main loop runs, from now on."""
        self._worker.arrived = self._wake

    def wait(self, idle: Callable[[], None] | None = None) -> None:
        """Take the worker's frames until every request has ended; ``idle`` is called in pauses."""
        self._worker.arrived = None
        while self._current:
            self._guard(lambda: self._take_next(idle))

    def settle(self) -> None:
        """Forget the requests that wait, and wait for the one under way."""
        self._waiting.clear()
        self.wait()

    def _take_next(self, idle: Callable[[], None] | None) -> None:
        frame = self._worker.receive(PULSE_S)
        if frame is not None:
            self._take(frame)
        elif idle:
            idle()

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
            self._fail_all(Frame("failed", {"code": GONE, "message": str(error)}))

    def _fail_all(self, frame: Frame) -> None:
        unserved = [self._current] if self._current else []
        unserved += self._waiting
        self._current = None
        self._waiting.clear()
        for request in unserved:
            request.ended(frame, None)

    def _next(self) -> None:
        if self._current is None and self._waiting:
            self._current = self._waiting.popleft()
            self._told = None
            self._worker.send(self._current.kind, self._current.fields, self._current.payload)

    def _take(self, frame: Frame) -> None:
        if self._current is None:
            return  # of a request that was given up
        if frame.kind in WISHES and self._current.grant:
            self._worker.send(*self._current.grant(frame))
        elif frame.kind == "ask":
            self._worker.send("answer", {"choice": self._ask(frame.fields)})
        elif frame.kind in ("finished", "failed"):
            ended, self._current = self._current.ended, None
            ended(frame, self._told)
            self._next()
        else:
            self._told = frame
            if self._current.tell:
                self._current.tell(frame)
