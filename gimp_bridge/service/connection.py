"""The seams below requests: where a connection leads, and the moment before its first byte leaves.

requests says *that* a request failed, not whether a part of it was already sent; only the
connection knows.  So an adapter gives every connection, direct or through a proxy, one hook
between "connected" and "first byte sent": there the request takes its turn, and from there on
it counts as begun.  A direct connection goes to exactly those addresses that were judged, so
that a name cannot mean one address to the judge and another one to the socket; TLS still holds it
to its name.  Hook and judge belong to the one request of the running thread.
"""

from __future__ import annotations

import functools
import http.client
import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import ContextVar
from typing import Any

import requests.adapters
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager
from urllib3.util.connection import allowed_gai_family
from urllib3.util.ssl_ import create_urllib3_context

from gimp_bridge.service.address import Judge, refusal

Hook = Callable[[HTTPConnection], AbstractContextManager[None]]

before_first_byte: ContextVar[Hook | None] = ContextVar("before_first_byte", default=None)
"""Entered by the running thread's request once connected, left when its head has been sent.
What it raises stops the request."""

judge_of_addresses: ContextVar[Judge | None] = ContextVar("judge_of_addresses", default=None)
"""Asked about every address that a direct connection's host resolves to; None lets it go there."""


class _FinalResponse(http.client.HTTPResponse):
    """Passes over interim answers (102, 103, ...), of which http.client knows just 100."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 < status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)


class _Hooked:
    """Mixed into urllib3's connections: ``endheaders`` is where http.client begins to send."""

    response_class = _FinalResponse
    sock: Any
    connect: Callable[[], None]

    def endheaders(self, *args: Any, **keywords: Any) -> None:
        if self.sock is None:
            self.connect()
        hook = before_first_byte.get()
        with hook(self) if hook else nullcontext():  # type: ignore[arg-type]
            super().endheaders(*args, **keywords)  # type: ignore[misc]


class _Judged(_Hooked):
    """Mixed into direct connections: resolves once, and connects only where the judge agrees."""

    _dns_host: str
    port: int
    host: str

    def _new_conn(self) -> socket.socket:
        judge = judge_of_addresses.get()
        if judge is None:
            return self._connect_to(self._dns_host)
        host = self._dns_host
        *others, last = self._resolved()
        if not all(judge(host, address) for address in (*others, last)):
            raise refusal(self.host)
        for address in others:
            with suppress(NewConnectionError, ConnectTimeoutError):
                return self._connect_to(address)
        return self._connect_to(last)

    def _connect_to(self, host: str) -> socket.socket:
        name, self._dns_host = self._dns_host, host
        try:
            return super()._new_conn()  # type: ignore[misc,no-any-return]
        finally:
            self._dns_host = name  # the name is what TLS verifies

    def _resolved(self) -> list[str]:
        try:
            found = socket.getaddrinfo(
                self._dns_host, self.port, allowed_gai_family(), socket.SOCK_STREAM
            )
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type]
        return [str(place[0]) for *_, place in found]


class HookedAdapter(requests.adapters.HTTPAdapter):
    """requests' transport with the hook in every connection; it never repeats a request.

    The authorities in ``trust`` count besides certifi's, as a company's proxy needs that opens
    TLS.
    """

    def __init__(self, trust: ssl.SSLContext | None) -> None:
        self._tls: dict[str, Any] = {"ssl_context": trust} if trust else {}
        super().__init__()

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        """Make the pools for direct connections."""
        super().init_poolmanager(*args, **{**keywords, **self._tls})
        _hook_pools(self.poolmanager, direct=True)

    def proxy_manager_for(self, proxy: str, **keywords: Any) -> Any:
        """Make, or find, the pools for connections through ``proxy`` (HTTP or SOCKS)."""
        manager = super().proxy_manager_for(proxy, **{**keywords, **self._tls})
        _hook_pools(manager, direct=False)
        return manager


def system_trust() -> ssl.SSLContext:
    """urllib3's own settings, with the system's authorities; reading them takes 7 ms.

    Not by truststore: OpenSSL reads the stores of Linux and Windows itself, and macOS, whose
    keychain it cannot read, has SSL_CERT_FILE; that is not worth a package that replaces the
    verification of certificates as a whole.
    """
    context = create_urllib3_context()
    context.load_default_certs()
    return context


def _hook_pools(manager: PoolManager, *, direct: bool) -> None:
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {
        scheme: _hooked(pool, direct) for scheme, pool in pools.items()
    }


@functools.cache
def _hooked(pool: type[HTTPConnectionPool], direct: bool) -> type[HTTPConnectionPool]:
    connection = pool.ConnectionCls
    if issubclass(connection, _Hooked):
        return pool
    hooks = _Judged if direct else _Hooked
    hooked = type(f"Hooked{connection.__name__}", (hooks, connection), {})
    return type(f"Hooked{pool.__name__}", (pool,), {"ConnectionCls": hooked})
