"""The removal service as a remover: encodes the window, runs a task, decodes the answer.

What is paid for is in the journal before the next step is taken, so that it is found again
whatever happens to this program; see ``service.task`` and ``worker.recovery``.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.errors import Cancelled, MaybeSent, NotARepair
from gimp_bridge.language import N_, _
from gimp_bridge.picture.answer_check import check_repair, with_advice
from gimp_bridge.picture.window import Limits
from gimp_bridge.service import limits
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import never
from gimp_bridge.service.progress import Progress, in_words
from gimp_bridge.service.recovery import finish
from gimp_bridge.service.task import Paid, run_task
from gimp_bridge.worker import libraries
from gimp_bridge.worker.job import Job
from gimp_bridge.worker.logs import stage
from gimp_bridge.worker.remover import Crop, RemoverKind, Tell
from gimp_bridge.worker.sending import Sending, encode

if TYPE_CHECKING:
    from gimp_bridge.service.client import PicWish

UNSENT = ("waiting", "uploading")
SEND_AGAIN = N_("Send again")
SEND = N_("Send")
LOSSY = N_(
    "The surroundings were over 20 MB and were sent as a JPEG; a smaller selection avoids it."
)
PAID_BEFORE = N_("The result of an earlier, already paid run was used; you are not charged again.")
COVERAGE_BLOB = "coverage"
REMOVAL_BLOB = "removal"

Ask = Callable[[str, list[str]], str | None]
"""Asks the person to choose one of some answers; None when there is nobody to ask."""


class ServiceRemover:
    """A removal service: one window, hence one paid task, wherever one can hold all."""

    kind = RemoverKind(
        Limits(max_side_px=limits.MAX_SIDE_PX, max_share=limits.MAX_AREA_SHARE),
        per_part=False,
        wants_srgb=True,
    )

    def __init__(
        self,
        connect: Callable[[], PicWish],
        journal: Journal,
        job: Job,
        *,
        ask: Ask,
        cancel: Callable[[], bool],
        stop: Callable[[], bool] = never,
        asked_at: float | None = None,
    ) -> None:
        """``connect`` gives the client, the same at each call: not asked for before it is needed.

        ``cancel``: nobody waits any more.  ``stop``: what was not sent yet is not to be.
        ``asked_at``: when the person asked for it, where that was before now, see ``run_task``.
        """
        self._connect = connect
        self._journal = journal
        self._job = job
        self._ask = ask
        self._cancel = cancel
        self._stop = stop
        self._asked_at = asked_at
        self._sent = False
        self._resumed = False
        self._paid: list[Paid] = []
        self._checked: tuple[bytes, NDArray[np.uint8]] = b"", np.empty(0, np.uint8)
        self._notes: list[str] = []

    def confirm(self, scales: list[float]) -> None:
        """Say it before more than one task is paid, or before pixels are lost by scaling."""
        notes = []
        if len(scales) > 1:
            notes.append(
                _(
                    "The parts of the selection lie too far apart for one window: this takes "
                    "{count} paid tasks."
                ).format(count=len(scales))
            )
        if min(scales) < 1:
            notes.append(
                _(
                    "The selection is larger than the service takes: it is sent at {percent} % of "
                    "its size, and the repair will be less sharp."
                ).format(percent=round(100 * min(scales)))
            )
        if notes and self._ask(" ".join(notes), [_(SEND)]) not in (_(SEND), None):
            raise Cancelled("Nothing was sent.")
        libraries.soon(libraries.CLIENT)  # while GIMP hands over the pixels and they are encoded

    def remove(self, crop: Crop, tell: Tell) -> NDArray[np.uint8]:
        """Have the hole filled by one task of the service."""
        tell(_("Encoding"), None)
        with ThreadPoolExecutor(1) as aside:
            encoding = aside.submit(self._encoded, crop)
            with stage("connect"):
                self._connect()  # which imports the HTTP library: it takes as long
            sending = encoding.result()
        if not sending.lossless:
            self._notes.append(_(LOSSY))
        return self._solve(crop, sending, tell)

    def _encoded(self, crop: Crop) -> Sending:
        with stage("encode"):
            return encode(crop, exact=self._exact(crop))

    @property
    def unclaimed(self) -> list[str]:
        """The tasks whose results were paid for and have not arrived."""
        return [str(paid.task_id) for paid in self._paid]

    def claim(self) -> str | None:
        """The results have arrived: the journal may forget them."""
        arrived, self._paid = self._paid, []
        for paid in arrived:
            paid.claim()
        if any(paid.again for paid in arrived) and not self._resumed:
            self._notes.append(_(PAID_BEFORE))
        return " ".join(dict.fromkeys(self._notes)) or None

    def release(self) -> None:
        """Leave what has not arrived in the journal, for a recovery."""
        for paid in self._paid:
            paid.release()

    def _solve(self, crop: Crop, sending: Sending, tell: Tell) -> NDArray[np.uint8]:
        def progress(progress: Progress) -> None:
            self._sent = self._sent or progress.stage not in UNSENT
            tell(*in_words(progress))

        while True:
            with stage("task"):
                paid = self._run(sending, progress)
            data, pixels = self._checked
            # Decoding takes 60 ms a megapixel: once is enough.
            pixels = pixels if data is paid.data else sending.read(paid.data)
            try:
                check_repair(crop.sent_rgb, pixels, crop.sent_removal)
            except NotARepair as error:
                self._pay_again_or_raise(error, paid)
            else:
                self._paid.append(paid)
                return pixels

    def _pay_again_or_raise(self, error: NotARepair, paid: Paid) -> None:
        """An answer of this run is kept and told; of an earlier one, the person may pay again."""
        error.task_id = paid.task_id
        known = paid.again and not self._resumed
        choice = self._ask(str(error), [_(SEND_AGAIN)]) if known else None
        if choice == _(SEND_AGAIN):
            paid.claim()
            self._asked_at = None
            return
        paid.release()
        raise with_advice(error) if known and choice is None else error

    def _exact(self, crop: Crop) -> bool:
        """Whether the removal is the selection itself, not grown, feathered, soft or scaled."""
        plain = self._job.grow_px == 0 and self._job.feather_px == 0
        return plain and np.array_equal(crop.sent_removal, crop.coverage)

    def _run(self, sending: Sending, progress: Callable[[Progress], None]) -> Paid:
        def check(data: bytes) -> None:
            self._checked = data, sending.read(data)

        while True:
            try:
                return run_task(
                    self._connect(),
                    self._journal,
                    sending.request,
                    metadata=self._metadata(sending),
                    blobs={
                        COVERAGE_BLOB: sending.coverage_file,
                        REMOVAL_BLOB: sending.removal_file,
                    },
                    asked_at=self._asked_at,
                    check=check,
                    progress=progress,
                    cancel=self._ended,
                )
            except Cancelled as cancelled:
                if cancelled.task_id and not self._cancel():
                    # Stopped a moment too late: the task is in the journal, so go on with it.
                    self._sent = self._resumed = True
                elif cancelled.task_id:
                    # Nobody waits any more, but it is paid for: see it to its end.
                    finish(self._connect(), self._journal, cancelled.task_id, check=check)
                    raise
                else:
                    raise
            except MaybeSent as doubt:
                if self._ask(str(doubt), [_(SEND_AGAIN)]) != _(SEND_AGAIN):
                    raise
                self._asked_at = None

    def _ended(self) -> bool:
        return self._cancel() or (self._stop() and not self._sent)

    def _metadata(self, sending: Sending) -> dict[str, object]:
        """What a recovery needs to know of the image; nothing of it leaves this computer."""
        return {
            "image": self._job.name,
            "canvas": list(self._job.canvas),
            "window": list(sending.window),
            "sample": self._job.sample,
            "pixels": sending.digest,
        }
