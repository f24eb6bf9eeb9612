"""The part of ``--purge`` that only the worker's own Python can do: forget the stored keys."""

from __future__ import annotations

from gimp_bridge.credentials import Credentials
from gimp_bridge.errors import RemovalError
from gimp_bridge.service.address import host_of
from gimp_bridge.settings import REGIONS, Settings


def hosts(settings: Settings) -> set[str]:
    """Every service host under which a key may be filed."""
    known = {host_of(address) for address in REGIONS.values()} | set(settings.consents)
    try:
        known.add(settings.host)
    except RemovalError:
        return known  # an address that was never usable has no key
    return known


def main() -> int:
    """Forget the key of every known host; status 1 where the key store did not answer."""
    keys = Credentials.of_user()
    reached = [keys.forget(host) for host in sorted(hosts(Settings.load()))]
    return 0 if all(reached) else 1
