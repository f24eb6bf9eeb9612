"""Who holds the picture: GIMP at the other end of the pipe, or a picture file.

What the flow of a removal (``removal``) needs of it, and no more.
"""

from __future__ import annotations

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
