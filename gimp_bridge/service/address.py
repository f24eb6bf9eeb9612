"""Which addresses may be talked to: https anywhere, plain http only on this machine.

Nothing is resolved or opened here.  Text is judged by the ``checked_`` rules: ``localhost`` counts
as this machine, any other name does not.  What a name resolves to is judged by a ``Judge``, which
``connection`` asks before it connects; through a proxy, which resolves names itself, text is all
there is.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from gimp_bridge.errors import AddressRefused
from gimp_bridge.language import _

_PRIVATE_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".home.arpa")
"""Names that mean something in one network only (RFC 6761, 6762, 8375)."""

_AUTHORITY = re.compile(r"([\w.-]+|\[[\da-f:.]+\])(:\d*)?", re.IGNORECASE)
"""What every parser of addresses reads in the same way: no backslash, blank, or user name."""

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291; nothing else is public
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address seen from IPv6 alone
_STAND_INS = ipaddress.ip_network("198.18.0.0/15")
"""What some VPNs' resolvers answer for every name, and translate back when it is connected to."""

Judge = Callable[[str, str], bool]
"""Whether a host, as it was asked for, may be connected to at one address it resolves to."""


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

    What only this machine or its network can reach is accepted only from a service on this
    machine: one elsewhere has no business making this machine talk to itself.
    """
    url = url.strip()
    if url[:5].lower() == "http:" and not is_loopback(url):
        url = "https:" + url[5:]  # a result that was paid for is not given up for an "s"
    return _checked_reach(_split(url), from_loopback)


def checked_original(url: str, *, from_loopback: bool) -> str:
    """The address of a picture that the person opened; AddressRefused where the service cannot go.

    http is accepted: the file has come that way before, and nothing secret goes there.  What
    only this computer or its network can reach is accepted only for a service on this machine.
    """
    return _checked_reach(_split_any(url), from_loopback)


def judge_for(base_url: str) -> Judge:
    """Where a service may send us: anywhere if on this machine, else to what is public.

    One in a private network may also name its own host, which then must not be this machine.
    """
    if is_loopback(base_url):
        return lambda _host, _address: True
    own = name_of(base_url)

    def judge(host: str, address: str) -> bool:
        if host.lower() == own:
            return not _is_local(_inner(address))
        return is_public(address) or _inner(address) in _STAND_INS

    return judge


def is_public(address: str) -> bool:
    """Whether a numeric address means the same to a machine elsewhere."""
    inner = _inner(address)
    if inner.version == 6 and inner not in _GLOBAL_UNICAST:
        return False
    return inner.is_global and not inner.is_multicast


def is_loopback(url: str) -> bool:
    """Whether the address names this machine: localhost, 127.0.0.0/8 or ::1."""
    host = name_of(url).rstrip(".")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def name_of(url: str) -> str:
    """The host in lower case and without port; "" where parsers could differ about it."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return (parts.hostname or "").lower() if _AUTHORITY.fullmatch(parts.netloc) else ""


def host_of(url: str) -> str:
    """``host`` or ``host:port`` in lower case: what keys and journal entries are filed under."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    return f"{host}:{parts.port}" if parts.port else host


def refusal(host: str) -> AddressRefused:
    """What is raised where a ``Judge`` says no."""
    return AddressRefused(
        _(
            "{host} lies in a private network or is this computer, so nothing was fetched there."
        ).format(host=host)
    )


def _checked_reach(parts: SplitResult, from_loopback: bool) -> str:
    host = parts.hostname or ""
    if not (from_loopback or _may_be_public(host)):
        raise refusal(host)
    return parts.geturl()


def _may_be_public(host: str) -> bool:
    """Whether a host can be public, by its text: a public address, or a name with a public end."""
    host = host.rstrip(".").lower()
    with contextlib.suppress(OSError):
        # As C libraries, and so name look-ups, read 127.1, 0x7f000001 and 2130706433.
        host = socket.inet_ntoa(socket.inet_aton(host))
    try:
        return is_public(host)
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_ENDINGS)


def _inner(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address that is reached: of an IPv4 address dressed as IPv6, the IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.version == 4:
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _is_local(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast


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
    if not _AUTHORITY.fullmatch(parts.netloc):
        raise AddressRefused(_("That is not a web address."))
    return parts


def _shown(parts: SplitResult) -> str:
    return f"{parts.scheme}://{host_of(parts.geturl())}"
