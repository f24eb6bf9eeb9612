"""Who fills the hole: the online service or this computer; what both are, and which it is."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.credentials import Credentials
from gimp_bridge.errors import KeyMissing
from gimp_bridge.folders import journal_folder
from gimp_bridge.language import N_, _
from gimp_bridge.picture.window import Limits
from gimp_bridge.service.address import is_loopback
from gimp_bridge.settings import Settings
from gimp_bridge.worker import libraries
from gimp_bridge.worker.document import Document
from gimp_bridge.worker.job import Job, Service

if TYPE_CHECKING:
    from gimp_bridge.service.client import PicWish
    from gimp_bridge.worker.removal import Crop

Connect = Callable[[], "PicWish"]
"""Gives the service's client, which brings the HTTP library, when it is first needed."""

Tell = Callable[[str, float | None], None]
"""Shows a text and a fraction (0..1, None = unknown) as progress."""

KEPT = N_(
    "Its result is paid for and kept: open the image again and choose “Recover Last Result” "
    "within the hour, at no new cost."
)
"""Told of a result that was paid for and could not be put in its place."""

KEY_ADVICE = N_(
    "PicWish needs a key, and none is kept. Get one from picwish.com and enter it in Settings, or "
    "choose “This computer”, which needs none."
)


class RemoverKind(NamedTuple):
    """What is known of a remover before there is one.

    limits : what one window may hold; per_part : whether each part of the selection gets its own
    wants_srgb : whether it must be given sRGB, whatever the picture's own colours are
    """

    limits: Limits
    per_part: bool
    wants_srgb: bool


class Remover(Protocol):
    """Fills the holes of one job."""

    kind: RemoverKind

    @property
    def unclaimed(self) -> list[str]:
        """The tasks whose results were paid for and have not arrived: they can be recovered."""

    def confirm(self, scales: list[float]) -> None:
        """Before anything is done: one window for each of ``scales``; raises Cancelled on no."""

    def remove(self, crop: Crop, tell: Tell) -> NDArray[np.uint8]:
        """``crop.sent_rgb`` with the hole filled, in the same shape."""

    def claim(self) -> str | None:
        """The repair has arrived; returns what the person should know of it, if anything."""


def uses_service(service: Service, settings: Settings) -> bool:
    """Whether ``service`` is the online one; raises KeyMissing where it would be but cannot.

    Raises KeyStoreSilent, too, where it is not known: `auto` takes no other service by accident.
    """
    if service == "this-computer":
        return False
    if Credentials.of_user().find(settings.host):
        return True
    if service == "auto":
        return False
    if is_loopback(settings.base_url):
        return True  # a server of one's own may want no key
    raise KeyMissing(_(KEY_ADVICE))


def connecting(settings: Settings) -> Connect:
    """Makes the client when it is first needed, and then gives always the same."""

    @functools.cache
    def late() -> PicWish:
        libraries.wait(libraries.CLIENT)
        from gimp_bridge.service.connect import connect

        return connect(settings)

    return late


@contextlib.contextmanager
def remover_for(
    job: Job,
    connect: Connect,
    document: Document,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Remover]:
    """The remover that the job names, which is "picwish" or "this-computer".

    What is not yet sent when ``stop()`` is not sent any more.
    """
    if job.service == "this-computer":
        libraries.wait()  # the engine's own will be imported on this thread
        from gimp_bridge.worker.engine_remover import EngineRemover

        yield EngineRemover(document.cancelled)
        return
    libraries.wait(libraries.SERVICE_REMOVER)
    from gimp_bridge.service.journal import Journal
    from gimp_bridge.worker.service_remover import ServiceRemover

    service = ServiceRemover(
        connect,
        Journal(journal_folder()),
        job,
        ask=document.ask,
        cancel=document.cancelled,
        stop=stop,
    )
    try:
        yield service
    finally:
        service.release()
