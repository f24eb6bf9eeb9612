"""Fetching a picture by its address, as the service does: judged, bounded in bytes and time."""

from __future__ import annotations

import ipaddress

from gimp_bridge.errors import AddressRefused, BadAnswer, SettingsError
from gimp_bridge.secret import Secret
from gimp_bridge.server.form import Unusable
from gimp_bridge.service import limits
from gimp_bridge.service.address import checked_original, is_loopback, is_public
from gimp_bridge.service.pace import Pace, never
from gimp_bridge.service.transport import Broken, Timeouts, Transport

PATIENCE = Timeouts(connect_s=5, answer_s=5, download_s=10)


class Fetcher:
    """Fetches from this machine for clients on it, and from public hosts if ``anywhere``.

    Private networks are never fetched from, nor this machine for a client elsewhere: whoever can
    send a request must not reach through this server what they cannot reach without it.
    """

    def __init__(self, *, anywhere: bool) -> None:
        self._anywhere = anywhere
        self._transport = Transport(
            "http://localhost", Secret(""), pace=Pace(), timeouts=PATIENCE, proxy=None
        )

    def __call__(self, url: str, *, for_here: bool) -> bytes:
        """The bytes at ``url``, for a client on this machine or not; Unusable -3 or -5."""

        def allowed(url: str, *, from_loopback: bool) -> str:
            here = for_here and is_loopback(url)
            if not (here or self._anywhere):
                raise Unusable(
                    -3, "the address is not fetched: this server fetches from this computer only"
                )
            return checked_original(url, from_loopback=here)

        def judge(_host: str, address: str) -> bool:
            here = for_here and ipaddress.ip_address(address.partition("%")[0]).is_loopback
            return here or (self._anywhere and is_public(address))

        try:
            answer = self._transport.download(
                url, max_bytes=limits.MAX_UPLOAD_BYTES, cancel=never, watch=_unwatched,
                allowed=allowed, judge=judge,
            )  # fmt: skip
        except Broken as broken:
            if len(broken.attempt.body) > limits.MAX_UPLOAD_BYTES:
                raise Unusable(-5, "larger than 20 MB") from None
            raise Unusable(-3, f"the address could not be fetched: {broken}") from None
        except (AddressRefused, BadAnswer, SettingsError) as error:
            raise Unusable(-3, f"the address is not fetched: {error}") from error
        if answer.status != 200:
            raise Unusable(-3, f"the address answered {answer.status}")
        return answer.body


def _unwatched(_done: int, _total: int | None) -> None:
    """Nobody is told how far a fetch is."""
