"""The seam below requests: the exact moment before a request's first byte leaves.

requests says *that* a request failed, not whether a part of it was already sent; only the
connection knows.  So an adapter gives every connection, direct or through a proxy, one hook
between "connected" and "first byte sent": there the request takes its turn, and from there on
it counts as begun.  The hook belongs to the one request of the running thread.
"""

from __future__ import annotations

import functools
import http.client
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any

import requests.adapters
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.util.ssl_ import create_urllib3_context

Hook = Callable[[HTTPConnection], AbstractContextManager[None]]

before_first_byte: ContextVar[Hook | None] = ContextVar("before_first_byte", default=None)
"""Entered by the running thread's request once connected, left when its head has been sent.
What it raises stops the request."""


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
        _hook_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **keywords: Any) -> Any:
        """Make, or find, the pools for connections through ``proxy`` (HTTP or SOCKS)."""
        manager = super().proxy_manager_for(proxy, **{**keywords, **self._tls})
        _hook_pools(manager)
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


def _hook_pools(manager: PoolManager) -> None:
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _hooked(pool) for scheme, pool in pools.items()}


@functools.cache
def _hooked(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    connection = pool.ConnectionCls
    if issubclass(connection, _Hooked):
        return pool
    hooked = type(f"Hooked{connection.__name__}", (_Hooked, connection), {})
    return type(f"Hooked{pool.__name__}", (pool,), {"ConnectionCls": hooked})
