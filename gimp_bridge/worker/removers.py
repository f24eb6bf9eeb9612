"""Chooses who fills the hole, by the job and the settings: the embedded engine or the service."""

from __future__ import annotations

from collections.abc import Callable

from gimp_bridge.credentials import Credentials
from gimp_bridge.errors import KeyMissing
from gimp_bridge.service.address import is_loopback
from gimp_bridge.settings import Settings
from gimp_bridge.worker.job import Job
from gimp_bridge.worker.removal import Remover

KEY_ADVICE = (
    "PicWish needs a key, and none is stored. Get one from picwish.com and set it as "
    "PICWISH_API_KEY, or choose “This computer”, which needs none."
)


def choose_remover(job: Job, settings: Settings, *, cancel: Callable[[], bool]) -> Remover:
    """The remover that the job asks for; ``auto`` is the service where a key is known.

    Raises KeyMissing or another SettingsError; nothing is sent yet.
    """
    if job.service != "this-computer":
        key = Credentials.of_user().find(settings.host)
        if key or (job.service == "picwish" and is_loopback(settings.base_url)):
            from gimp_bridge.worker.service_remover import ServiceRemover

            return ServiceRemover(settings.client(key), cancel)
        if job.service == "picwish":
            raise KeyMissing(KEY_ADVICE)
    from gimp_bridge.worker.engine_remover import EngineRemover

    return EngineRemover(cancel)
