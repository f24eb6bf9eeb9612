"""One HTTP request as its two threads see it: the one that sends and the one that waits.

The request runs in a thread of its own, because neither a name look-up nor an answer that comes
byte by byte can be interrupted otherwise.  The waiting thread watches for cancel and for the
deadline; the lock decides who came first, so a request counts as withdrawn only when its last
byte certainly never leaves.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager
from typing import TypeVar

from urllib3.connection import HTTPConnection

from gimp_bridge.errors import Cancelled
from gimp_bridge.service.connection import before_first_byte

T = TypeVar("T")

TICK_S = 0.05
"""How often the waiting thread looks for cancel and deadline."""


class Attempt:
    """The state of one request: not begun, begun (first byte), complete (last byte).

    ``status`` is there as soon as the answer's head is; ``body`` grows with the answer and
    ``announced_bytes`` is its Content-Length: what came is used even when the rest is cut off.
    """

    def __init__(
        self, take_turn: Callable[[], AbstractContextManager[None]], *, stall_s: float
    ) -> None:
        self.began = False
        self.complete_at: float | None = None
        self.status: int | None = None
        self.body = bytearray()
        self.announced_bytes: int | None = None
        self._take_turn = take_turn
        self._stall_s = stall_s
        self._lock = threading.Lock()
        self._withdrawn = False
        self._connection: HTTPConnection | None = None

    @contextlib.contextmanager
    def begin(self, connection: HTTPConnection) -> Iterator[None]:
        """In the sending thread, connected and about to send: wait for the turn, then go."""
        with self._take_turn():
            with self._lock:
                self._raise_if_withdrawn()
                self._connection = connection
                self.began = True
            # Until now the socket had the patience of connecting; sending may stall for longer.
            connection.sock.settimeout(self._stall_s)
            yield

    def hand_over(self, *, last: bool) -> None:
        """In the sending thread, before each block of the body."""
        with self._lock:
            self._raise_if_withdrawn()
            if last:
                self.complete_at = time.monotonic()

    def withdraw(self) -> bool:
        """Stop the request unless its last block has left; whether it was stopped."""
        with self._lock:
            if self.complete_at is not None:
                return False
            self._withdrawn = True
        self.abandon()
        return True

    def abandon(self) -> None:
        """Close the connection under the sending thread, so that it ends."""
        with self._lock:
            self._withdrawn = True
            connection = self._connection
        if connection is not None and isinstance(connection.sock, socket.socket):
            with contextlib.suppress(OSError):  # already closed from the other side
                connection.sock.shutdown(socket.SHUT_RDWR)

    def run(self, work: Callable[[], T], watch: Callable[[], None]) -> T:
        """Do ``work`` in a thread; meanwhile call ``watch``, whose errors end the waiting."""
        future: Future[T] = Future()
        threading.Thread(target=self._settle, args=(future, work), daemon=True).start()
        while not wait([future], timeout=TICK_S).done:
            try:
                watch()
            except BaseException:
                self.abandon()
                raise
        return future.result()

    def _settle(self, future: Future[T], work: Callable[[], T]) -> None:
        before_first_byte.set(self.begin)
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - carried to the waiting thread
            future.set_exception(error)

    def _raise_if_withdrawn(self) -> None:
        if self._withdrawn:
            raise Cancelled("Cancelled before the request was complete; nothing was billed.")


class Upload:
    """A request body that says how far it is and can be stopped before its last block.

    requests reads it like a file; ``Content-Length`` comes from ``len()``.
    """

    def __init__(self, body: bytes, attempt: Attempt) -> None:
        self._body = memoryview(body)
        self._attempt = attempt
        self.sent_bytes = 0

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(1 << 14):
            yield block

    def read(self, size: int = -1) -> bytes:
        """The next block; Cancelled when the request was withdrawn."""
        end = len(self._body) if size < 0 else min(self.sent_bytes + size, len(self._body))
        block = bytes(self._body[self.sent_bytes : end])
        if block:
            self._attempt.hand_over(last=end == len(self._body))
        self.sent_bytes = end
        return block
