"""One of several removals that share a pipe: every frame carries the number of its job.

The pipe serves one wish at a time, in the order in which they come; progress is told sparingly,
since many jobs tell it at once.
"""

from __future__ import annotations

import time
from typing import Any

from gimp_bridge import wire
from gimp_bridge.worker.host import Host
from gimp_bridge.worker.link import Link

TELL_EVERY_S = 0.2
"""A job's progress with an unchanged text is told so often at most."""


class JobLink(Host):
    """A host as one job of a batch sees it; nobody is asked, for the person agreed before."""

    def __init__(self, link: Link, number: int) -> None:
        self._link = link
        self._number = number
        self._told: tuple[object, float] = (None, 0.0)

    def cancelled(self) -> bool:
        """Whether the pipe has ended."""
        return self._link.cancelled()

    def send(self, kind: str, fields: wire.Fields = None, payload: wire.Payload = b"") -> None:
        """Send one frame of this job; progress that says nothing new is left out."""
        if kind == "progress" and not self._is_news((fields or {}).get("text")):
            return
        self._link.send(kind, self._numbered(fields), payload)

    def request(
        self,
        kind: str,
        fields: wire.Fields = None,
        payload: wire.Payload = b"",
        *,
        answer: str = "done",
    ) -> wire.Frame:
        """Send a wish of this job and wait for its answer."""
        return self._link.request(kind, self._numbered(fields), payload, answer=answer)

    def _numbered(self, fields: wire.Fields) -> dict[str, Any]:
        return {"job": self._number, **(fields or {})}

    def _is_news(self, text: object) -> bool:
        now = time.monotonic()
        told, at = self._told
        if text == told and now - at < TELL_EVERY_S:
            return False
        self._told = (text, now)
        return True
