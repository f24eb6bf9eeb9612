"""Why a connection failed, in words for people, from whatever requests and urllib3 raised."""

from __future__ import annotations

from gimp_bridge.language import N_, _

CUT = N_("the connection was cut")
LATE = N_("no complete answer came in time")

_REASONS = (
    ("NameResolution", N_("its name cannot be resolved")),
    ("Unable to connect to proxy", N_("the proxy did not respond or refused")),
    ("ProxyError", N_("the proxy did not respond or refused")),
    ("SOCKS", N_("the proxy did not respond or refused")),
    ("CERTIFICATE_VERIFY_FAILED", N_("its certificate is not trusted by this computer")),
    ("Hostname mismatch", N_("its certificate is for another name")),
    ("refused", N_("the connection was refused")),
    ("ConnectTimeout", N_("it did not respond")),
    ("unreachable", N_("it cannot be reached from this network")),
    ("Read timed out", LATE),
    ("IncompleteRead", CUT),
    ("RemoteDisconnected", CUT),
    ("aborted", CUT),
    ("reset", CUT),
    ("Broken pipe", CUT),
    ("EOF", CUT),
    ("SSL", N_("no secure connection could be made")),
)


def reason_for(error: BaseException) -> str:
    """Why it failed, in words; without addresses, which may be signed."""
    text = f"{type(error).__name__} {error}"
    for sign, words in _REASONS:
        if sign in text:
            return _(words)
    return _(CUT)
