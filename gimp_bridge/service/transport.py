"""HTTP towards the service and towards the store of its results; knows nothing of tasks.

Two sessions that never mix: one carries the key and follows no redirect, the other never had
it.  Both verify TLS, use the system's proxies, leave netrc and cookies alone, and reach
this machine itself only directly.  What fails leaves here as ``Broken``, which says whether the
request had begun to be sent.
"""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from requests.exceptions import InvalidProxyURL, InvalidSchema
from urllib3.exceptions import HTTPError

import gimp_bridge
from gimp_bridge.errors import BadAnswer, Cancelled, SettingsError
from gimp_bridge.language import _
from gimp_bridge.secret import Secret
from gimp_bridge.service.address import Judge, checked_download, is_loopback, judge_for, name_of
from gimp_bridge.service.attempt import Attempt, Upload
from gimp_bridge.service.connection import HookedAdapter, judge_of_addresses, system_trust
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.progress import Cancel
from gimp_bridge.service.reasons import LATE, reason_for

CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
MAX_REDIRECTS = 3
BLOCK_BYTES = 1 << 16

Watch = Callable[[int, int | None], None]
"""Told (bytes so far, bytes in all or None) every 50 ms while something is under way."""


class Allowed(Protocol):
    """One of the rules of ``address`` for what may be downloaded."""

    def __call__(self, url: str, *, from_loopback: bool) -> str:
        """The address to use; raises AddressRefused."""


@dataclass(frozen=True)
class Timeouts:
    """Patience in seconds.

    connect_s : to connect
    answer_s : from the last byte sent to the end of the answer, and for a stall on the way; it
        covers ``sync`` tasks, which the service cuts at 30 s
    download_s : for a whole result
    task_s : from a task's creation to its end, waiting in the queue included
    refused_s : for how long HTTP 429 is waited out
    retry_s : before something that failed is tried again the first time; then twice as long
    """

    connect_s: float = 15.0
    answer_s: float = 60.0
    download_s: float = 120.0
    task_s: float = 150.0
    refused_s: float = 60.0
    retry_s: float = 0.5


class Broken(Exception):
    """The exchange failed below HTTP; ``attempt`` tells how far it had come."""

    def __init__(self, reason: str, attempt: Attempt) -> None:
        super().__init__(reason)
        self.attempt = attempt


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer of any status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Sends single requests; safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        key: Secret,
        *,
        pace: Pace,
        timeouts: Timeouts,
        proxy: str | None,
    ) -> None:
        """``proxy``: None for the system's, "" for none, else the address of one."""
        self._base_url = base_url
        self._key = key
        self._pace = pace
        self._timeouts = timeouts
        self._proxy = proxy
        self._trust = _trust()
        self._polls = self._with_key()
        self._downloads = _session(self._trust)

    def post(
        self,
        path: str,
        body: bytes,
        content_type: str,
        *,
        max_bytes: int,
        cancel: Cancel,
        watch: Watch,
    ) -> Answer:
        """POST once.

        Cancelled, and what ``watch`` raises, only when the last byte of ``body`` certainly never
        left: after that nothing but the deadline keeps us from hearing the answer.
        """
        attempt = self._attempt(cancel)
        upload = Upload(body, attempt)

        def work() -> Answer:
            # A connection of its own: a kept one may be closed from the other side while the
            # request is on its way, and then nobody knows whether it was taken.
            with self._with_key() as session:
                return self._exchange(
                    session, attempt, "POST", self._base_url + path, max_bytes,
                    data=upload, headers={"Content-Type": content_type},
                )  # fmt: skip

        def look() -> None:
            try:
                watch(upload.sent_bytes, len(upload))
                if cancel():
                    raise Cancelled("Cancelled while sending; nothing was billed.")
            except Exception:
                if attempt.withdraw():
                    raise
            self._check_deadline(attempt, attempt.complete_at, self._timeouts.answer_s)

        return _translated(attempt, lambda: attempt.run(work, look))

    def get(self, path: str, *, max_bytes: int, cancel: Cancel) -> Answer:
        """GET from the service, with the key and at the pace; ``path`` goes as it is."""
        attempt = self._attempt(cancel)

        def work() -> Answer:
            return self._exchange(self._polls, attempt, "GET", self._base_url + path, max_bytes)

        look = self._look(attempt, cancel, self._timeouts.answer_s)
        return _translated(attempt, lambda: attempt.run(work, look))

    def download(
        self,
        url: str,
        *,
        max_bytes: int,
        cancel: Cancel,
        watch: Watch,
        allowed: Allowed = checked_download,
        judge: Judge | None = None,
    ) -> Answer:
        """GET a file from wherever it lies, without the key; follows up to 3 redirects.

        ``allowed`` gives each address as it may be used, or raises AddressRefused; ``judge`` says
        what it may resolve to, if that is not where the service itself may send us.
        """
        judge = judge or judge_for(self._base_url)
        deadline_s = self._timeouts.download_s
        until = time.monotonic() + deadline_s
        for _redirect in range(MAX_REDIRECTS + 1):
            at_home = is_loopback(self._base_url) or name_of(url) == name_of(self._base_url)
            url = allowed(url, from_loopback=at_home)
            answer = self._fetch(url, judge, max_bytes, cancel, watch, until - time.monotonic())
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            url = _redirected(url, answer.headers.get("Location", ""))
        raise BadAnswer(_("The result's address leads from redirect to redirect."))

    def _fetch(
        self, url: str, judge: Judge, max_bytes: int, cancel: Cancel, watch: Watch, limit_s: float
    ) -> Answer:
        attempt = Attempt(nullcontext, stall_s=self._timeouts.answer_s)

        def work() -> Answer:
            judge_of_addresses.set(judge)
            return self._exchange(self._downloads, attempt, "GET", url, max_bytes)

        look = self._look(attempt, cancel, limit_s, watch)
        return _translated(attempt, lambda: attempt.run(work, look))

    def _attempt(self, cancel: Cancel) -> Attempt:
        # Push-backs are waited out before connecting: no server keeps an idle connection long.
        self._pace.wait_while_pushed_back(cancel)
        return Attempt(lambda: self._pace.turn(cancel), stall_s=self._timeouts.answer_s)

    def _look(
        self, attempt: Attempt, cancel: Cancel, limit_s: float, watch: Watch | None = None
    ) -> Callable[[], None]:
        began_at: float | None = None

        def look() -> None:
            nonlocal began_at
            if watch is not None:
                watch(len(attempt.body), attempt.announced_bytes)
            if cancel():
                raise Cancelled("Cancelled.")
            if attempt.began and began_at is None:
                began_at = time.monotonic()
            self._check_deadline(attempt, began_at, limit_s)

        return look

    def _check_deadline(self, attempt: Attempt, since: float | None, limit_s: float) -> None:
        if since is not None and time.monotonic() - since > limit_s:
            raise Broken(_(LATE), attempt)

    def _exchange(
        self,
        session: requests.Session,
        attempt: Attempt,
        method: str,
        url: str,
        max_bytes: int,
        **more: Any,
    ) -> Answer:
        timeout = (self._timeouts.connect_s, self._timeouts.answer_s)
        with session.request(
            method, url, stream=True, allow_redirects=False, timeout=timeout,
            proxies=self._proxies(url), **more,
        ) as response:  # fmt: skip
            _read(response, attempt, max_bytes)
            return Answer(response.status_code, response.headers, bytes(attempt.body))

    def _proxies(self, url: str) -> dict[str, str]:
        return _proxies(url, self._proxy)

    def _with_key(self) -> requests.Session:
        session = _session(self._trust)
        session.headers["Accept"] = "application/json"
        if self._key:
            session.headers["X-API-KEY"] = self._key.reveal()
        return session


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:  # such as half an IPv6 address
        raise BadAnswer(_("The service's result is neither a picture nor an address.")) from None


class _NoRedirects(requests.Session):
    """A session that does not even look where a redirect leads.

    requests reads the whole body of a redirect it was told not to follow, whatever its size.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare it; but a dot that comes encoded stays so, and makes no step in the path."""
        prepared = super().prepare_request(request)
        if "%2E" in request.url:
            exact = urlsplit(request.url).path
            prepared.url = urlunsplit(urlsplit(str(prepared.url))._replace(path=exact))
        return prepared


def reach(url: str, *, proxy: str | None, patience_s: float) -> None:
    """Connect to the service the way a task would, without the key and asking for nothing.

    Raises requests' exceptions; SSLError when the host does not prove who it is.
    """
    with _session(_trust()) as session:
        session.head(url, timeout=patience_s, proxies=_proxies(url, proxy), allow_redirects=False)


def _proxies(url: str, proxy: str | None) -> dict[str, str]:
    if is_loopback(url):
        # Plain http through a proxy would show it the key.
        return {"http": "", "https": ""}
    if proxy is None:
        return {}
    return {"http": proxy, "https": proxy}


def _trust() -> ssl.SSLContext | None:
    """The system's authorities; who names a file trusts what is in it and nothing else."""
    named = any(os.environ.get(variable) for variable in CERTIFICATE_VARIABLES)
    return None if named else system_trust()


def _session(trust: ssl.SSLContext | None) -> requests.Session:
    session = _NoRedirects()
    session.headers["User-Agent"] = f"gimp-object-removal/{gimp_bridge.__version__}"
    session.auth = _nobody  # an auth of our own keeps requests from reading netrc
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # requests knows REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, which go first, but not this one.
    session.verify = os.environ.get("SSL_CERT_FILE") or True
    for scheme in ("https://", "http://"):
        session.mount(scheme, HookedAdapter(trust))
    return session


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read(response: requests.Response, attempt: Attempt, max_bytes: int) -> None:
    attempt.status = response.status_code
    announced = response.headers.get("Content-Length", "")
    attempt.announced_bytes = int(announced) if announced.isdecimal() else None
    # read1: what has arrived, not what fills a block, so that a cut-off answer is kept.
    while block := response.raw.read1(BLOCK_BYTES, decode_content=True):
        attempt.body += block
        if len(attempt.body) > max_bytes:
            raise Broken("its answer is larger than it can be", attempt)


def _translated(attempt: Attempt, exchange: Callable[[], Answer]) -> Answer:
    """Turn what requests, urllib3 and the sockets raise into ours."""
    try:
        return exchange()
    except (requests.RequestException, HTTPError, OSError, ValueError, OverflowError) as error:
        _raise_for_settings(error)
        # "from None": requests' exceptions hold the request, and that the key.
        raise Broken(reason_for(error), attempt) from None


def _raise_for_settings(error: Exception) -> None:
    """What no other try can mend, because it is set wrongly on this machine."""
    if isinstance(error, InvalidSchema | InvalidProxyURL) or "Proxy URL" in str(error):
        raise SettingsError(
            _("The proxy's address cannot be used: check it in the settings.")
        ) from None
    if "CA certificate bundle" in str(error):
        raise SettingsError(
            _(
                "The certificate file named by REQUESTS_CA_BUNDLE or SSL_CERT_FILE does not exist: "
                "correct or remove the variable."
            )
        ) from None
