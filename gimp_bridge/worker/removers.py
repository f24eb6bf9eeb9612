"""Chooses who fills the hole, by the job and the settings: the embedded engine or the service."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from gimp_bridge.credentials import Credentials
from gimp_bridge.errors import KeyMissing
from gimp_bridge.language import N_, _
from gimp_bridge.service.address import is_loopback
from gimp_bridge.settings import Settings, journal_folder
from gimp_bridge.worker.job import Job
from gimp_bridge.worker.link import Link
from gimp_bridge.worker.piece import Remover

KEY_ADVICE = N_(
    "PicWish needs a key, and none is kept. Get one from picwish.com and enter it in Settings, or "
    "choose “This computer”, which needs none."
)


@contextlib.contextmanager
def chosen_remover(job: Job, settings: Settings, link: Link) -> Iterator[Remover]:
    """The remover that the job asks for; ``auto`` is the service where a key is known.

    Raises KeyMissing or another SettingsError; nothing is sent yet.
    """
    if uses_service(job, settings):
        from gimp_bridge.service.journal import Journal
        from gimp_bridge.worker.service_remover import ServiceRemover

        service = ServiceRemover(
            settings.client(), Journal(journal_folder()), job, ask=link.ask, cancel=link.cancelled
        )
        try:
            yield service
        finally:
            service.release()
    else:
        from gimp_bridge.worker.engine_remover import EngineRemover

        yield EngineRemover(link.cancelled)


def uses_service(job: Job, settings: Settings) -> bool:
    """Whether ``job`` goes to the service; raises KeyMissing where it would but cannot."""
    if job.service == "this-computer":
        return False
    if Credentials.of_user().find(settings.host):
        return True
    if job.service == "auto":
        return False
    if is_loopback(settings.base_url):
        return True  # a server of one's own may want no key
    raise KeyMissing(_(KEY_ADVICE))
