"""Who removes the object: the online service or this computer, by the job and the settings."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gimp_bridge.credentials import Credentials
from gimp_bridge.errors import KeyMissing
from gimp_bridge.folders import journal_folder
from gimp_bridge.language import N_, _
from gimp_bridge.service.address import is_loopback
from gimp_bridge.settings import Settings
from gimp_bridge.worker import libraries
from gimp_bridge.worker.document import Document
from gimp_bridge.worker.job import Job, Service
from gimp_bridge.worker.remover import Remover

if TYPE_CHECKING:
    from gimp_bridge.service.client import PicWish

Connect = Callable[[], "PicWish"]
"""Gives the service's client, which brings the HTTP library, when it is first needed."""

KEY_ADVICE = N_(
    "PicWish needs a key, and none is kept. Get one from picwish.com and enter it in Settings, or "
    "choose “This computer”, which needs none."
)


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
    asked_at: float | None = None,
) -> Iterator[Remover]:
    """The remover that the job names, which is "picwish" or "this-computer".

    What is not yet sent when ``stop()`` is not sent any more.  ``asked_at``: see ``run_task``.
    """
    if job.service == "this-computer":
        libraries.wait()  # the engine's own will be imported on this thread
        from gimp_bridge.worker.engine_remover import EngineRemover

        yield EngineRemover(document.cancelled, job.variant)
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
        asked_at=asked_at,
    )
    try:
        yield service
    finally:
        service.release()
