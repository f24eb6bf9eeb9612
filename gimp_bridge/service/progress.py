"""How a task tells what is going on, and is told that nobody waits.

Apart from ``client`` so that what only names these does not import the HTTP library: that takes
60 ms, in which the worker can encode the picture already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


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


def silent(_: Progress) -> None:
    """The ``progress`` of those who do not show any."""
