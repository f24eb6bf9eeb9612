"""Who may ask: by which name, from which web page, with which key and how often."""

from __future__ import annotations

import hmac
import ipaddress
import socket
import threading
from collections import deque
from collections.abc import Callable

from flask import request

from gimp_bridge.server.form import Refused
from gimp_bridge.service.address import is_loopback, name_of

EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - recognised, not chosen
OWN_SITE = ("same-origin", "none")


class Gate:
    """One key, at most ``qps`` requests in any one second, and no page of another site.

    A web page that a person has open can send requests to this machine, and a name of its own
    can be made to lead here (DNS rebinding); its Origin and its Host give it away.
    """

    def __init__(
        self, key: str | None, qps: int | None, ticks: Callable[[], float], host: str
    ) -> None:
        """``host``: where the server listens, by which it may be called besides this machine's."""
        self._key = key
        self._qps = qps
        self._ticks = ticks
        self._host = host.lower()
        self._accepted: deque[float] = deque()
        self._lock = threading.Lock()

    def check_site(self) -> None:
        """Raise Refused 400 for a name that is not ours, 403 for a POST of another site's page."""
        host = request.headers.get("Host", "")
        if not self._is_ours(host):
            raise Refused(400, "the Host is none of this server's names: see serve --host")
        if request.method != "POST":
            return
        origin = request.headers.get("Origin")
        ours = origin is None or origin.lower().partition("://")[2] == host.lower()
        if not ours or request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITE:
            raise Refused(403, "requests of web pages of other sites are not taken")

    def check(self) -> None:
        """Raise Refused 401 or 429."""
        given = request.headers.get("X-API-KEY", "")
        if self._key is not None and not hmac.compare_digest(given.encode(), self._key.encode()):
            raise Refused(401, "the key is wrong")
        if self._qps is None:
            return
        with self._lock:
            now = self._ticks()
            while self._accepted and now - self._accepted[0] >= 1.0:
                self._accepted.popleft()
            if len(self._accepted) >= self._qps:
                raise Refused(429, f"more than {self._qps} requests per second")
            self._accepted.append(now)

    def _is_ours(self, host: str) -> bool:
        url = f"http://{host}"
        name = name_of(url)
        if is_loopback(url) or (name and name == self._host):
            return True
        # Nobody can make a number, or this machine's name, mean something else.
        return self._host in EVERYWHERE and (
            _is_address(name) or name == socket.gethostname().lower()
        )


def is_this_machine(address: str | None) -> bool:
    """Whether a client's numeric address is a loopback one."""
    return _is_address(address or "") and ipaddress.ip_address(address or "").is_loopback


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
