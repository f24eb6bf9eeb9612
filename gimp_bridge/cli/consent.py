"""Who removes the object, where nobody can be asked before a picture is sent away."""

from __future__ import annotations

import sys

from gimp_bridge.language import _
from gimp_bridge.service.address import is_loopback
from gimp_bridge.settings import Settings
from gimp_bridge.worker.job import Service
from gimp_bridge.worker.removers import uses_service


def agreed_service(service: Service, settings: Settings) -> Service:
    """``service`` as it may be run: "picwish" or "this-computer".

    Naming the service is agreeing to it; ``auto`` sends nothing to a host that nobody has agreed
    to, unless it is this machine, and says so on stderr.  Raises KeyMissing or AddressRefused.
    """
    if not uses_service(service, settings):
        return "this-computer"
    if service == "picwish" or settings.has_consent or is_loopback(settings.base_url):
        return "picwish"
    text = _(
        "Nobody has agreed yet to send pictures to {host}, so this computer does it. To send them, "
        "add --service picwish."
    )
    print(text.format(host=settings.host), file=sys.stderr)
    return "this-computer"
