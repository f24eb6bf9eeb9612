"""Chooses who fills the hole, by the job and the settings: the embedded engine or the service."""

from __future__ import annotations

from collections.abc import Callable

from gimp_bridge.credentials import Credentials
from gimp_bridge.errors import KeyMissing
from gimp_bridge.picture.window import Limits
from gimp_bridge.secret import Secret
from gimp_bridge.service import limits
from gimp_bridge.service.address import is_loopback
from gimp_bridge.settings import Settings
from gimp_bridge.worker.job import Job
from gimp_bridge.worker.removal import Remover

KEY_ADVICE = (
    "PicWish needs a key, and none is stored. Get one from picwish.com and set it as "
    "PICWISH_API_KEY, or choose “This computer”, which needs none."
)


SERVICE_LIMITS = Limits(max_side_px=limits.MAX_SIDE_PX, max_share=limits.MAX_AREA_SHARE)


def choose_remover(job: Job, settings: Settings, *, cancel: Callable[[], bool]) -> Remover:
    """The remover that the job asks for; ``auto`` is the service where a key is known.

    Raises KeyMissing or another SettingsError; nothing is sent yet.
    """
    key = service_key(job, settings)
    if key is not None:
        from gimp_bridge.worker.service_remover import ServiceRemover

        return ServiceRemover(settings.client(key), cancel)
    from gimp_bridge.worker.engine_remover import EngineRemover

    return EngineRemover(cancel)


def service_key(job: Job, settings: Settings) -> Secret | None:
    """The key, perhaps empty, with which the service would do the job; None: this computer does.

    Raises KeyMissing where the job insists on the service and there is no key for it.
    """
    if job.service == "this-computer":
        return None
    key = Credentials.of_user().find(settings.host)
    if key or (job.service == "picwish" and is_loopback(settings.base_url)):
        return key
    if job.service == "picwish":
        raise KeyMissing(KEY_ADVICE)
    return None
