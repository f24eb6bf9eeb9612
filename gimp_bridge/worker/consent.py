"""Before anything is sent away for the first time: one clear question, remembered by host.

Asked only where a person is.  A caller without one has agreed by choosing the service by name;
``auto`` then never sends to a host that nobody has agreed to, unless it is this machine.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from gimp_bridge.service.address import is_loopback
from gimp_bridge.settings import Settings
from gimp_bridge.worker.job import Job
from gimp_bridge.worker.link import Link
from gimp_bridge.worker.removers import service_key

log = logging.getLogger(__name__)

SEND: Final = "send"
HERE: Final = "this-computer"


def with_consent(link: Link, job: Job, *, interactive: bool) -> Job:
    """The job as it may be run: by the service only where that was agreed to.

    Raises KeyMissing.  A person who wants neither closes the pipe.
    """
    settings = Settings.load()
    if service_key(job, settings) is None or settings.has_consent:
        return job
    if not interactive:
        named = job.service == "picwish" or is_loopback(settings.base_url)
        return job if named else replace(job, service=HERE)
    if _ask(link, settings.host) != SEND:
        return replace(job, service=HERE)
    _remember(settings.host)
    return job


def _ask(link: Link, host: str) -> str | None:
    question = {
        "message": f"Send a part of this picture to {host}?",
        "detail": "PicWish removes the object on its own computers. It is sent the part of the "
        "picture around your selection and the selection's shape, over an encrypted connection; "
        "no file name, no other data of the file. By its own account it keeps a task and its "
        "result for one hour.\n\n"
        "You are asked once. Object Removal's settings can take your answer back.",
        "choices": [[SEND, "_Send"], [HERE, "Use _This Computer"]],
    }
    choice = link.request("ask", question, answer="answer").fields.get("choice")
    return str(choice) if choice else None


def _remember(host: str) -> None:
    settings = Settings.load(environ={})
    try:
        replace(settings, consents=(*settings.consents, host)).save()
    except OSError as error:
        log.warning("consent is not remembered: %s", error)
