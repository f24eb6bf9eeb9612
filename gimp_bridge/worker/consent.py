"""Before anything is sent away for the first time: one clear question, remembered by host.

Asked only where a person is.  A caller without one has agreed by choosing the service by name;
``auto`` then never sends to a host that nobody has agreed to, unless it is this machine.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from gimp_bridge.language import N_, _
from gimp_bridge.service.address import is_loopback
from gimp_bridge.settings import Settings
from gimp_bridge.worker.job import Job, Service
from gimp_bridge.worker.link import Link
from gimp_bridge.worker.removers import uses_service

log = logging.getLogger(__name__)

SEND = N_("_Send")
USE_THIS_COMPUTER = N_("Use _This Computer")
QUESTION = N_("Send a part of this picture to {host}?")
WHAT_IS_SENT = N_(
    "PicWish removes the object on its own computers. It is sent the part of the picture around "
    "your selection and the selection's shape, over an encrypted connection; no file name, no "
    "other data of the file. By its own account it keeps a task and its result for one hour.\n\n"
    "You are asked once. Object Removal's settings can take your answer back."
)


def with_consent(link: Link, job: Job) -> Job:
    """The job as it may be run: by the service only where that was agreed to.

    Raises KeyMissing, and Cancelled when the person wants neither.
    """
    return replace(job, service=service_with_consent(link, job.service))


def service_with_consent(link: Link, service: Service) -> Service:
    """``service``, or this computer where nobody agreed to send anything there; raises the same."""
    settings = Settings.load()
    if not uses_service(service, settings) or settings.has_consent:
        return service
    answer = link.ask(
        _(QUESTION).format(host=settings.host),
        [_(SEND), _(USE_THIS_COMPUTER)],
        detail=_(WHAT_IS_SENT),
    )
    if answer == _(SEND):
        _remember(settings.host)
        return service
    by_name = service == "picwish" or is_loopback(settings.base_url)
    if answer is None and by_name:
        return service
    return "this-computer"


def _remember(host: str) -> None:
    try:
        Settings.load(environ={}).with_consent(host, given=True).save()
    except OSError as error:
        log.warning("consent is not remembered: %s", error)
