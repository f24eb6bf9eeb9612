"""Many removals at once: uploads, waiting and downloads of different images overlap.

Knows threads, memory and when to end; each image's way is ``removal``'s.  All images share one
client, and so one pace.  One failure never stops the rest, unless it would meet them all.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from gimp_bridge.errors import Cancelled, InputError, RemovalError
from gimp_bridge.language import N_, _
from gimp_bridge.settings import Settings
from gimp_bridge.worker import outcome
from gimp_bridge.worker.choice import Connect, connecting, remover_for
from gimp_bridge.worker.document import Document
from gimp_bridge.worker.job import SAMPLES, Job, Service
from gimp_bridge.worker.outcome import Halt, Outcome
from gimp_bridge.worker.removal import Hold, remove_selected
from gimp_bridge.worker.remover import KEPT
from gimp_bridge.worker.room import Room, give_back_large

if TYPE_CHECKING:
    from gimp_bridge.service.client import PicWish

log = logging.getLogger(__name__)

LIFE_S = 4.0
"""From the reading of an image's pixels to its layer, where the pace does not hold it up: a task
takes 2 s, and reading, encoding, asking, fitting and inserting another 1 - 2."""

FEWEST_AT_ONCE, MOST_AT_ONCE = 8, 32
"""Images under way at the service; their memory has its own bound."""

ROOM_BYTES = 1 << 30
"""Memory for the windows of all images under way."""

FIRST_POLL_S = 2.4
"""When a task is first asked for: tasks take 1 - 2 s [doc], and asking too early costs the turn
of another image, while asking late costs nothing as long as others are under way."""

SOONER = 0.98
LOOK_UP_S = 0.2
"""So long the main thread at most does not see a Ctrl+C, where waiting is not interrupted by it."""

UNEXPECTED = N_("An unexpected error occurred; this image was not changed. Details are in the log.")


@dataclass(frozen=True)
class Order:
    """One image of the batch.

    document : who holds it; job : what is asked; problem : why it cannot run at all, then the rest
    is not looked at; earlier : what became of it in an earlier batch, then it is only reported
    once more
    """

    name: str
    document: Document | None = None
    job: Job | None = None
    problem: str = ""
    earlier: Outcome | None = None


class Result(NamedTuple):
    """The outcomes in the order of the images, and why it ended early, if it did."""

    outcomes: list[Outcome]
    reason: str | None

    @property
    def report(self) -> str:
        """All of it as text."""
        return outcome.report(self.outcomes, self.reason)


Tell = Callable[[int, Outcome], None]
"""Called with an image's number and outcome, from the image's thread."""


def batch_client(service: Service, settings: Settings) -> PicWish | None:
    """The client that all images share; None where ``service`` is this computer.

    Raises KeyMissing or another SettingsError.
    """
    if service == "this-computer":
        return None
    client = connecting(settings)()
    client.expected_s, client.sooner = FIRST_POLL_S, SOONER
    return client


def run_batch(
    orders: Sequence[Order],
    client: PicWish | None,
    tell: Tell,
    stopped: Callable[[], bool],
    *,
    kept: str = KEPT,
    room_bytes: int = ROOM_BYTES,
) -> Result:
    """Run all ``orders``; returns when each has its outcome.

    ``kept`` tells the person where a paid result is that could not be put in its place.  The
    engine does one image at a time, since it uses all cores for it.
    """
    give_back_large()
    batch = _Batch(client, Halt(stopped), Room(room_bytes), kept)

    def run(number: int) -> Outcome:
        done = batch.carry_out(orders[number])
        tell(number, done)
        return done

    at_once = images_at_once(client.pace.per_second) if client else 1
    with ThreadPoolExecutor(at_once, thread_name_prefix="image") as pool:
        futures = [pool.submit(run, number) for number in range(len(orders))]
        # On Windows nothing wakes a thread that waits without an end, not even Ctrl+C.
        while wait(futures, timeout=LOOK_UP_S).not_done:
            pass
    return Result([future.result() for future in futures], batch.halt.reason)


class _Batch:
    """What all images share."""

    def __init__(self, client: PicWish | None, halt: Halt, room: Room, kept: str) -> None:
        self._kept = kept
        self._asked_at = time.monotonic()
        """Of images that are alike one is paid for, also where they take their turns later."""
        self.halt = halt
        self._connect = cast(Connect, lambda: client)  # never called by the engine
        self._room = room

    def carry_out(self, order: Order) -> Outcome:
        """One image to its end, whatever happens to it."""
        if order.earlier:
            return order.earlier
        if order.problem:
            return Outcome(order.name, "skipped", order.problem, InputError.code)
        if order.document is None or order.job is None:
            raise ValueError("an order without a problem has a document and a job")
        return self._remove(order.name, order.document, order.job)

    def _remove(self, name: str, document: Document, job: Job) -> Outcome:
        kept = False
        try:
            if self.halt() or document.cancelled():
                raise Cancelled("Nothing was sent.")
            with remover_for(job, self._connect, document, self.halt, self._asked_at) as remover:
                try:
                    note = remove_selected(document, job, remover, self._hold(job, document))
                finally:
                    kept = bool(remover.unclaimed)
        except RemovalError as error:
            log.info("%s: %s", error.code, error)
            self.halt.failed(error)
            return outcome.of_error(name, error, _(self._kept) if kept else "")
        except Exception:
            log.exception("unexpected")
            return Outcome(name, "failed", _(UNEXPECTED), "error")
        self.halt.succeeded()
        return Outcome(name, "done", note or "")

    def _hold(self, job: Job, document: Document) -> Hold:
        def hold(pixels: int) -> AbstractContextManager[None]:
            wanted = pixels * bytes_per_pixel(job)
            return self._room.hold(wanted, lambda: self.halt() or document.cancelled())

        return hold


def images_at_once(per_second: float) -> int:
    """So many images that the pace is used: each takes two turns of it in its life."""
    wanted = math.ceil(LIFE_S * per_second / 2)
    return min(max(wanted, FEWEST_AT_ONCE), MOST_AT_ONCE)


def bytes_per_pixel(job: Job) -> int:
    """The most memory that a pixel of a window takes on its way, in the job's precision.

    The source, the patch, and its copies on the way into the pipe; and what is sent, what comes
    back, the masks, the encoded files and the fitting's floats.  Measured with windows of 3
    megapixels of noise in 8 bits, a quarter of them hole: 64 bytes (tests/bench/many_images.py).
    """
    sample = np.dtype(SAMPLES[job.pixel_format.split()[-1]]).itemsize
    return 4 * sample * 4 + 48
