"""Why a connection failed, in words for people, from whatever requests and urllib3 raised."""

from __future__ import annotations

CUT = "the connection was cut"
LATE = "no complete answer came in time"

_REASONS = (
    ("NameResolution", "its name cannot be resolved"),
    ("Unable to connect to proxy", "the proxy does not answer or refuses"),
    ("ProxyError", "the proxy does not answer or refuses"),
    ("SOCKS", "the proxy does not answer or refuses"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted by this computer"),
    ("Hostname mismatch", "its certificate is for another name"),
    ("refused", "the connection was refused"),
    ("ConnectTimeout", "it does not answer"),
    ("unreachable", "it cannot be reached from this network"),
    ("Read timed out", LATE),
    ("IncompleteRead", CUT),
    ("RemoteDisconnected", CUT),
    ("aborted", CUT),
    ("reset", CUT),
    ("Broken pipe", CUT),
    ("EOF", CUT),
    ("SSL", "no secure connection could be made"),
)


def reason_for(error: BaseException) -> str:
    """Why it failed, in words; without addresses, which may be signed."""
    text = f"{type(error).__name__} {error}"
    for sign, words in _REASONS:
        if sign in text:
            return words
    return CUT
