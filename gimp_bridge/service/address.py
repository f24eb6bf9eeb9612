"""Which addresses may be talked to: https anywhere, plain http only on this machine.

Text only: nothing is resolved or opened here.  ``localhost`` counts as this machine, any other
name does not, wherever it may resolve to.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from gimp_bridge.errors import AddressRefused
from gimp_bridge.language import _

_PRIVATE_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".home.arpa")
"""Names that mean something in one network only (RFC 6761, 6762, 8375)."""


def checked_address(url: str) -> str:
    """The service address without trailing slash; AddressRefused unless https or loopback."""
    parts = _split(url)
    if parts.query or parts.fragment:
        raise AddressRefused(
            _("The service address must not hold '?' or '#': {address}").format(
                address=_shown(parts)
            )
        )
    return url.strip().rstrip("/")


def checked_download(url: str, *, from_loopback: bool) -> str:
    """The address of a result, made https where it is not; AddressRefused when it is none.

    This machine's own address is accepted only from a service on this machine: one elsewhere
    has no business making this machine talk to itself.
    """
    url = url.strip()
    if url[:5].lower() == "http:" and not is_loopback(url):
        url = "https:" + url[5:]  # a result that was paid for is not given up for an "s"
    parts = _split(url)
    if is_loopback(url) and not from_loopback:
        raise AddressRefused(_("The service gave this computer's own address for its result."))
    return parts.geturl()


def checked_original(url: str, *, from_loopback: bool) -> str:
    """The address of a picture that the person opened; AddressRefused where the service cannot go.

    http is accepted: the file has come that way before, and nothing secret goes there.  What
    only this computer or its network can reach is accepted only for a service on this machine.
    """
    parts = _split_any(url)
    if not from_loopback and not _is_public(parts.hostname or ""):
        raise AddressRefused(_("This address cannot be reached from outside of this network."))
    return parts.geturl()


def is_loopback(url: str) -> bool:
    """Whether the address names this machine: localhost, 127.0.0.0/8 or ::1."""
    try:
        host = (urlsplit(url.strip()).hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """``host`` or ``host:port`` in lower case: what keys and journal entries are filed under."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    return f"{host}:{parts.port}" if parts.port else host


def _is_public(host: str) -> bool:
    """Whether a name or an address can mean the same to a machine elsewhere."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.rstrip(".") and not host.rstrip(".").endswith(_PRIVATE_ENDINGS)


def _split(url: str) -> SplitResult:
    parts = _split_any(url)
    if parts.scheme == "http" and not is_loopback(url):
        raise AddressRefused(
            _(
                "{address} is not encrypted, so nothing was sent there: use https:// (http:// is "
                "accepted only for this computer itself)."
            ).format(address=_shown(parts))
        )
    return parts


def _split_any(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        int(parts.port or 0)  # raises on a port that is no number
    except ValueError as error:
        raise AddressRefused(_("That is not a web address.")) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressRefused(
            _(
                "A web address must begin with https:// (http:// is accepted only for this "
                "computer itself)."
            )
        )
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(_("A web address must not hold a user name or password here."))
    return parts


def _shown(parts: SplitResult) -> str:
    return f"{parts.scheme}://{host_of(parts.geturl())}"
