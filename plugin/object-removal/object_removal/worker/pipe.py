"""The plug-in's end of the pipe: exchanges frames with the worker process.

Runs in GIMP.  Knows nothing of pictures.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from gimp_bridge import __version__, wire
from object_removal.outcome import RunFailed
from object_removal.text import N_, _, languages
from object_removal.worker.launch import Launched, NotInstalled, launch

NOT_YET = N_("The helper program of Object Removal is not set up yet.")
RECOVER_HINT = N_(
    "Try again; where something was paid for already, “Recover Last Result” brings it back."
)


class WorkerGone(RunFailed):
    """The worker could not be started, or ended in the middle; the text is for people."""


class NotSetUp(WorkerGone):
    """There is no worker that answers; what an installation can put right."""


class Worker:
    """A running worker; closing it is how a run is cancelled."""

    def __init__(self, launched: Launched) -> None:
        self._launched = launched
        self._process, self._noise = launched
        self._frames: queue.Queue[wire.Frame | None] = queue.Queue()
        self._greeted = False
        self.arrived: Callable[[], None] | None = None
        """Called on the reading thread whenever there is something to ``take``."""
        threading.Thread(target=self._read_all, name="worker", daemon=True).start()

    @classmethod
    def start(cls) -> Worker:
        """The installed worker, started and greeted.

        Use it as a context manager: the pipe is closed however the block ends.  Raises NotSetUp.
        """
        try:
            worker = cls(launch())
        except NotInstalled as error:
            raise NotSetUp(_(NOT_YET)) from error
        except OSError as error:
            text = _("The helper program did not start ({reason}).")
            raise NotSetUp(text.format(reason=error.strerror or error)) from error
        worker._greet()
        return worker

    def _greet(self) -> None:
        hello = {"protocol": wire.PROTOCOL, "version": __version__, "languages": languages()}
        self.send("hello", hello)
        frame = self.receive()
        if frame is None or frame.fields.get("version") != __version__:
            raise NotSetUp(_("The helper program is of another version."))
        self._greeted = True

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def send(
        self, kind: str, fields: Mapping[str, Any] | None = None, payload: wire.Payload = b""
    ) -> None:
        """Send one frame."""
        try:
            wire.write_frame(self._process.stdin, kind, fields, payload)
        except OSError as error:
            raise self._gone() from error

    def receive(self, patience_s: float | None = None) -> wire.Frame | None:
        """Wait for the next frame; None when none came within ``patience_s``."""
        try:
            frame = self._frames.get(timeout=patience_s)
        except queue.Empty:
            return None
        if frame is None:
            self._frames.put(None)
            raise self._gone()
        return frame

    def take(self) -> wire.Frame | None:
        """The next frame if it is there already."""
        return None if self._frames.empty() else self.receive()

    def close(self) -> None:
        """Close the pipe; a worker that has a paid task under way finishes it by itself."""
        self.arrived = None
        self._launched.end()

    def _read_all(self) -> None:
        try:
            while (frame := wire.read_frame(self._process.stdout)) is not None:
                self._put(frame)
        except (OSError, ValueError, MemoryError, wire.BrokenFrame) as error:
            # Closed by us, broken, or more than there is room for: either way there is no more.
            print(f"the pipe: {error!r}", file=sys.stderr)
        finally:
            self._put(None)

    def _put(self, frame: wire.Frame | None) -> None:
        self._frames.put(frame)
        if arrived := self.arrived:
            arrived()

    def last_words(self) -> str:
        """The last lines the worker printed: the reason of a crash, for the log."""
        self._noise.seek(0)
        return self._noise.read()[-4000:].decode("utf-8", "replace").strip()

    def _gone(self) -> WorkerGone:
        words = self.last_words()
        if words:
            print(words, file=sys.stderr)
        last = words.splitlines()[-1][:200] if words else _("it left no message")
        text = _("The helper program stopped unexpectedly ({reason}).").format(reason=last)
        # Once it has answered, it is installed well.
        return WorkerGone(f"{text} {_(RECOVER_HINT)}") if self._greeted else NotSetUp(text)
