"""Before anything is sent away for the first time: one clear question, remembered by host.

Asked only where a person is.  A caller without one has agreed by choosing the service by name;
``auto`` then never sends to a host that nobody has agreed to, unless it is this machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from gimp_bridge.language import N_, _
from gimp_bridge.service.address import is_loopback
from gimp_bridge.settings import Settings
from gimp_bridge.worker.choice import uses_service
from gimp_bridge.worker.job import Service

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

TRY_AGAIN = N_("Try _Again")
AGAIN = N_("Have {host} remove the object again?")
COSTS_AGAIN = N_(
    "Another result costs as much as the first one, and may look like it. This computer tries as "
    "often as you like, at no cost."
)

Ask = Callable[[str, list[str], str], str | None]
"""Asks the person to choose one of some answers; None when there is nobody to ask."""


def agreed_service(service: Service, settings: Settings, ask: Ask) -> Service:
    """Who does it, "picwish" or "this-computer": the service only where somebody agrees to it.

    Raises KeyMissing or another SettingsError, and Cancelled when the person wants neither.
    """
    if not uses_service(service, settings):
        return "this-computer"
    if settings.has_consent:
        return "picwish"
    choices = [_(SEND), _(USE_THIS_COMPUTER)]
    answer = ask(_(QUESTION).format(host=settings.host), choices, _(WHAT_IS_SENT))
    if answer == _(SEND):
        _remember(settings.host)
        return "picwish"
    by_name = service == "picwish" or is_loopback(settings.base_url)
    return "picwish" if answer is None and by_name else "this-computer"


def agreed_again(service: Service, settings: Settings, ask: Ask) -> Service:
    """Who tries again what was removed already; Cancelled when the person wants neither."""
    if service != "picwish":
        return service
    choices = [_(TRY_AGAIN), _(USE_THIS_COMPUTER)]
    answer = ask(_(AGAIN).format(host=settings.host), choices, _(COSTS_AGAIN))
    return "this-computer" if answer == _(USE_THIS_COMPUTER) else "picwish"


def _remember(host: str) -> None:
    try:
        Settings.load(environ={}).with_consent(host, given=True).save()
    except OSError as error:
        log.warning("consent is not remembered: %s", error)
