"""How a task tells what is going on, and is told that nobody waits.

Apart from ``client`` so that what only names these does not import the HTTP library: that takes
60 ms, in which the worker can encode the picture already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gimp_bridge.language import N_, _

WORDS = {
    "waiting": N_("Waiting for its turn"),
    "uploading": N_("Uploading {megabytes:.1f} MB"),
    "queued": N_("Waiting in the queue"),
    "processing": N_("Processing"),
    "downloading": N_("Downloading"),
}
UPLOADING_LITTLE = N_("Uploading {kilobytes:.0f} kB")


@dataclass(frozen=True)
class Progress:
    """What is going on: ``fraction`` of this stage (0 .. 1) and bytes where they are known.

    waiting : to be sent, for a connection or for the pace.  queued : at the service.
    """

    stage: Literal["waiting", "uploading", "queued", "processing", "downloading"]
    fraction: float | None = None
    done_bytes: int = 0
    total_bytes: int | None = None


Report = Callable[[Progress], None]
Cancel = Callable[[], bool]


def in_words(progress: Progress) -> tuple[str, float | None]:
    """The text and the fraction that tell a person about ``progress``."""
    words, size = WORDS[progress.stage], progress.total_bytes or 0
    if progress.stage == "uploading" and size < 1e6:
        words = UPLOADING_LITTLE
    text = _(words).format(megabytes=size / 1e6, kilobytes=max(1, size / 1e3))
    return text, progress.fraction


def silent(_: Progress) -> None:
    """The ``progress`` of those who do not show any."""
