"""The worker's end of the pipe: asks the plug-in and waits, and notices when it is gone.

A thread reads frames, so that the end of the pipe (the plug-in killed by GIMP's Cancel) is seen
at once, whatever the session is doing.  Several threads may share a pipe: one wish at a time is
under way, and its answer goes to the thread that asked.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO

from gimp_bridge import wire
from gimp_bridge.errors import Cancelled, DocumentRefused, WireError

STRIP_PX = 1 << 20
"""Pixels of a selection read at once: 1 MB of it takes GIMP about 20 ms, and a dialog may wait."""


class Pipe:
    """Frames to and from the plug-in; ``gone`` is set once the pipe has ended.

    ``stopped`` is set when the person wants nothing more to be sent of the batch under way.
    """

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._frames: queue.Queue[wire.Frame | None] = queue.Queue()
        self._broken: str | None = None
        self._writing = threading.Lock()
        self._asking = threading.Lock()
        self.gone = threading.Event()
        self.stopped = threading.Event()
        threading.Thread(target=self._read_all, name="pipe", daemon=True).start()

    def cancelled(self) -> bool:
        """Whether the person has cancelled, which is the same as the pipe being closed."""
        return self.gone.is_set()

    def hang_up(self) -> None:
        """Take the pipe for closed: what is under way is finished, and nothing new is begun."""
        self.gone.set()
        self._frames.put(None)

    def send(self, kind: str, fields: wire.Fields = None, payload: wire.Payload = b"") -> None:
        """Send one frame; raises Cancelled when the plug-in is gone."""
        try:
            with self._writing:
                wire.write_frame(self._outgoing, kind, fields, payload)
        except (OSError, ValueError) as error:
            self.gone.set()
            raise Cancelled("The run was cancelled.") from error

    def finish(self, message: str | None = None, **more: Any) -> None:
        """Say that what was asked for is done, and what the person should know, if anything."""
        self.send("finished", {"message": message, **more})

    def receive(self) -> wire.Frame:
        """Wait for the next frame; raises Cancelled at the end of the pipe."""
        frame = self._frames.get()
        if frame is None:
            self._frames.put(None)
            if self._broken:
                raise WireError(f"The plug-in sent something unreadable: {self._broken}.")
            raise Cancelled("The run was cancelled.")
        return frame

    def request(
        self,
        kind: str,
        fields: wire.Fields = None,
        payload: wire.Payload = b"",
        *,
        answer: str = "done",
    ) -> wire.Frame:
        """Send a wish and wait for its answer, a frame of kind ``answer``."""
        with self._asking:
            self.send(kind, fields, payload)
            frame = self.receive()
        if frame.kind == "refused":
            raise DocumentRefused(str(frame.fields.get("message", "GIMP refused.")))
        if frame.kind != answer:
            raise WireError(f"The plug-in answered {kind} with {frame.kind}, not {answer}.")
        return frame

    def read(
        self, what: str, form: str, box: Mapping[str, int], *, own: bool = False, **more: Any
    ) -> bytes | bytearray:
        """The bytes of ``what`` in the ``box`` (x, y, width, height), row by row, in a babl format.

        ``what`` is "selection", "layer", "mask" (the layer's), "auto" (the layer with its repairs)
        or "visible"; ``own`` asks for the image's own colours instead of sRGB; ``more`` names the
        job of a batch.
        """
        wish = {"what": what, "format": form, "own": own, **box, **more}
        return self.request("read", wish, answer="data").payload

    def selection(self, bounds: Mapping[str, int], **more: Any) -> bytes:
        """The selection within its ``bounds``, a byte for each pixel."""
        top, bottom = bounds["y"], bounds["y"] + bounds["height"]
        rows = max(1, STRIP_PX // max(1, bounds["width"]))
        strips = [
            {**bounds, "y": y, "height": min(rows, bottom - y)} for y in range(top, bottom, rows)
        ]
        return b"".join(self.read("selection", "Y u8", strip, **more) for strip in strips)

    def ask(self, message: str, choices: list[str], detail: str = "") -> str | None:
        """Let the person choose one of the buttons; None when there is nobody to ask.

        Raises Cancelled when the person backs out.
        """
        question = {"message": message, "detail": detail, "choices": choices}
        frame = self.request("ask", question, answer="answer")
        choice = frame.fields.get("choice")
        if choice == "":
            raise Cancelled("Nothing was sent.")
        return choice if choice in choices else None

    def _read_all(self) -> None:
        try:
            while (frame := wire.read_frame(self._incoming)) is not None:
                self._take(frame)
        except (OSError, ValueError, wire.BrokenFrame) as error:
            self._broken = str(error)
        finally:
            self.hang_up()

    def _take(self, frame: wire.Frame) -> None:
        if frame.kind == "stop":
            self.stopped.set()
            return
        if frame.kind == "batch":
            self.stopped.clear()  # here, in the pipe's order: a stop that comes next is for it
        self._frames.put(frame)
