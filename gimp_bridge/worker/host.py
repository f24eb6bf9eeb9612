"""Who holds the picture: GIMP at the other end of the pipe, or a picture file.

What the flow of a removal (``removal``) needs of it, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gimp_bridge import wire


class Host(Protocol):
    """Answers the wishes of one removal; see the table of frames in ``wire``."""

    def cancelled(self) -> bool:
        """Whether nobody waits for the result any more; never by default."""
        return False

    def send(self, kind: str, fields: wire.Fields = None, payload: wire.Payload = b"") -> None:
        """Tell something that wants no answer; raises Cancelled when nobody is there."""

    def request(
        self,
        kind: str,
        fields: wire.Fields = None,
        payload: wire.Payload = b"",
        *,
        answer: str = "done",
    ) -> wire.Frame:
        """Ask for something and wait for it; raises HostRefused when it cannot be had."""

    def ask(self, message: str, choices: list[str]) -> str | None:
        """Let the person choose; None when there is nobody to ask, as it is by default."""
        return None


def read(
    host: Host, what: str, form: str, box: Mapping[str, int], *, own: bool = False
) -> wire.Payload:
    """The bytes of ``what`` in the ``box`` (x, y, width, height), row by row, in a babl format.

    ``what`` is "selection", "layer", "mask" (the layer's) or "visible"; ``own`` asks for the
    image's own colours instead of sRGB.
    """
    wish = {"what": what, "format": form, "own": own, **box}
    return host.request("read", wish, answer="data").payload
