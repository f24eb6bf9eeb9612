"""What became of one image of a batch, when one failure means the end of all, and the report.

Plain values; knows neither the pipe nor the service.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from gimp_bridge.errors import (
    Cancelled,
    InputError,
    KeyRefused,
    NoCredit,
    RemovalError,
    ServiceError,
    SettingsError,
    TaskFailed,
)
from gimp_bridge.language import N_, _
from gimp_bridge.service.answers import shown_id

State = Literal["done", "skipped", "failed"]

STOPPED = N_("Not sent: stopped before its turn.")
WORDS: dict[State, str] = {"done": N_("done"), "skipped": N_("skipped"), "failed": N_("failed")}
"""How a line of the report begins."""
IN_A_ROW = 3
"""So many images that fail at the service alike, one after the other, are believed to go for all.
A failed *task* does not count: it says something of its picture, and is not billed."""

_FOR_ALL = (KeyRefused, NoCredit, SettingsError)


class Outcome(NamedTuple):
    """The end of one image: its ``name``, what became of it, and its sentence ("" = all well).

    done : the result is in the image.  skipped : nothing was sent.  failed : it was tried.
    """

    name: str
    state: State
    message: str = ""
    code: str = ""
    task_id: str | None = None
    retryable: bool = False

    @property
    def line(self) -> str:
        """Its line in the report."""
        widest = max(len(_(word)) for word in WORDS.values())
        head = f"{_(WORDS[self.state]):{widest}} {self.name}"
        if not self.message:
            return head
        if not self.task_id or self.task_id in self.message:
            return f"{head}: {self.message}"
        said = _("{message} (task {task_id})").format(message=self.message, task_id=self.task_id)
        return f"{head}: {said}"


def of_error(name: str, error: RemovalError, kept: str = "") -> Outcome:
    """What an image came to that ended with ``error``; ``kept`` says where its paid result is."""
    if isinstance(error, Cancelled):
        return Outcome(name, "skipped", _(STOPPED), error.code, retryable=True)
    state: State = "skipped" if isinstance(error, InputError) else "failed"
    return Outcome(
        name,
        state,
        f"{error} {kept}".strip(),
        error.code,
        shown_id(error.task_id) if error.task_id else None,
        error.retryable,
    )


def report(outcomes: Sequence[Outcome], reason: str | None) -> str:
    """The report as text: the counts, why it ended early if it did, and a line for each image."""
    counts = _("{done} done, {skipped} skipped, {failed} failed.").format(
        **{state: count(outcomes, state) for state in WORDS}
    )
    head = [counts] + ([reason] if reason else [])
    return "\n".join([*head, "", *(outcome.line for outcome in outcomes)]) + "\n"


def count(outcomes: Sequence[Outcome], state: State) -> int:
    """How many came to ``state``."""
    return sum(outcome.state == state for outcome in outcomes)


class Halt:
    """Whether no more is to be sent, and why; thread-safe.

    ``stopped`` says whether the person pressed Stop.
    """

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped
        self._lock = threading.Lock()
        self._alike: list[str] = []
        self._reason: str | None = None

    def __call__(self) -> bool:
        """Whether what is not yet sent is not to be sent."""
        return self._reason is not None or self._stopped()

    @property
    def reason(self) -> str | None:
        """The sentence that says why it ended early; None when it did not."""
        if self._reason is None and self._stopped():
            return _("Stopped: what had not been sent was not sent.")
        return self._reason

    def succeeded(self) -> None:
        """An image came to its end at the service, so the service is there."""
        with self._lock:
            self._alike.clear()

    def failed(self, error: RemovalError) -> None:
        """Judge by a failure whether it would meet all the others too."""
        with self._lock:
            if isinstance(error, ServiceError) and not isinstance(error, TaskFailed):
                self._alike = [code for code in self._alike if code == error.code] + [error.code]
            hopeless = isinstance(error, _FOR_ALL) or len(self._alike) >= IN_A_ROW
            if hopeless and self._reason is None:
                self._reason = _(
                    "Stopped early, because every other image would fail the same way: {error}"
                ).format(error=error)
