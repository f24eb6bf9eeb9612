"""Chooses who fills the hole, by the job and the settings: the embedded engine or the service."""

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
from gimp_bridge.worker.host import Host
from gimp_bridge.worker.job import Job, Service
from gimp_bridge.worker.piece import Remover

if TYPE_CHECKING:
    from gimp_bridge.service.client import PicWish

Connect = Callable[[], "PicWish"]
"""Gives the service's client, which brings the HTTP library, when it is first needed."""

KEY_ADVICE = N_(
    "PicWish needs a key, and none is kept. Get one from picwish.com and enter it in Settings, or "
    "choose “This computer”, which needs none."
)


@contextlib.contextmanager
def chosen_remover(job: Job, settings: Settings, link: Host) -> Iterator[Remover]:
    """The remover that the job asks for; ``auto`` is the service where a key is known.

    Raises KeyMissing or another SettingsError; nothing is sent yet.
    """
    connect = _connecting(settings) if uses_service(job.service, settings) else None
    with remover_for(job, connect, link) as remover:
        yield remover


def _connecting(settings: Settings) -> Connect:
    @functools.cache
    def late() -> PicWish:
        libraries.wait(libraries.CLIENT)
        from gimp_bridge.service.connect import connect

        return connect(settings)

    return late


def connected(client: PicWish | None) -> Connect | None:
    """What ``remover_for`` takes for a client that is there already; None for the engine."""
    return None if client is None else lambda: client


@contextlib.contextmanager
def remover_for(
    job: Job,
    connect: Connect | None,
    link: Host,
    stop: Callable[[], bool] = lambda: False,
    asked_at: float | None = None,
) -> Iterator[Remover]:
    """The service whose client ``connect`` gives, or the embedded engine where it is None.

    What is not yet sent when ``stop()`` is not sent any more.  ``asked_at``: see ``run_task``.
    """
    if connect is None:
        libraries.wait()  # the engine's own will be imported on this thread
        from gimp_bridge.worker.engine_remover import EngineRemover

        yield EngineRemover(link.cancelled)
        return
    libraries.wait(libraries.SERVICE_REMOVER)
    from gimp_bridge.service.journal import Journal
    from gimp_bridge.worker.service_remover import ServiceRemover

    service = ServiceRemover(
        connect,
        Journal(journal_folder()),
        job,
        ask=link.ask,
        cancel=link.cancelled,
        stop=stop,
        asked_at=asked_at,
    )
    try:
        yield service
    finally:
        service.release()


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
