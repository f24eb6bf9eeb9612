"""The dialog of a batch: looks at the images, runs the ticked ones, stops, tries again.

Runs in GIMP, only where there is a screen.  The main loop serves the worker's frames one by one,
so the dialog never freezes; one request is under way at a time.
"""

from __future__ import annotations

from typing import Any

from gi.repository import Gdk, Gimp, GimpUi, GLib

from gimp_bridge.wire import Frame
from object_removal import batch
from object_removal.batch import Member
from object_removal.dialogs.batch import report, words
from object_removal.dialogs.batch.known import Known
from object_removal.dialogs.batch.window import (
    AGAIN,
    CLOSE,
    HELP,
    RUN,
    SAVE,
    SHOWN,
    STOP,
    BatchWindow,
)
from object_removal.names import BATCH
from object_removal.outcome import RunCancelled
from object_removal.text import _
from object_removal.worker.conversation import Conversation

PAUSE_MS = 300
"""Options that change within this time are looked at once."""


def run(
    role: str, image: Gimp.Image, config: Gimp.ProcedureConfig, conversation: Conversation
) -> Frame:
    """Show the dialog until it is closed; returns the last run's end, RunCancelled if none was."""
    GimpUi.init(role)
    dialog = BatchDialog(image, config, conversation)
    try:
        return dialog.run()
    finally:
        dialog.destroy()


class BatchDialog:
    """Surveys the images whenever something changes, and runs the ticked ones."""

    def __init__(
        self, image: Gimp.Image, config: Gimp.ProcedureConfig, conversation: Conversation
    ) -> None:
        self._image, self._config, self._conversation = image, config, conversation
        self._known = Known(config.get_property("sample"))
        self._busy = False
        """Whether a request is under way: a look at the images, or a run."""
        self._running = False
        self._is_stopping = False
        self._changed_at = 0
        self._ended: Frame | None = None
        self._window = BatchWindow(config, self._known.members, self._show_cost)
        for name in SHOWN:
            config.connect(f"notify::{name}", lambda *_: self._look_soon())
        self._window.dialog.connect("focus-in-event", self._come_back)
        conversation.listen()

    def run(self) -> Frame:
        """Serve the person until the window is closed."""
        self._estimate(self._known.members)
        self._window.dialog.present()
        actions = {RUN: self._start, STOP: self._stop, AGAIN: self._try_again, SAVE: self._save}
        actions[HELP] = lambda: Gimp.help(None, BATCH)
        while True:
            response = self._window.dialog.run()
            if response in actions:
                actions[response]()
            elif self._running:
                self._stop()  # closing would only hide what is still under way
            else:
                break
        if self._ended is None:
            raise RunCancelled
        return self._ended

    def destroy(self) -> None:
        """Take the window away, and hear nothing more."""
        self._window.dialog.destroy()

    # The worker's news

    def _hear(self, frame: Frame) -> None:
        number = frame.fields.get("job")
        if frame.kind == "estimated":
            self._known.found[number] = frame.fields
            ended = number in self._known.outcomes
            self._window.images.estimate(number, frame.fields, has_ended=ended)
        elif frame.kind == "progress":
            self._window.images.progress(number, frame.fields["text"], frame.fields["fraction"])
        elif frame.kind == "outcome":
            self._hear_outcome(number, frame.fields)

    def _hear_outcome(self, number: int, outcome: dict[str, Any]) -> None:
        self._known.outcomes[number] = outcome
        self._window.images.outcome(number, outcome["state"], outcome["message"])
        self._show_progress()

    def _hear_end(self, frame: Frame) -> None:
        was_running, self._running = self._running, False
        self._busy = self._is_stopping = False
        self._set_buttons()
        if was_running:
            self._show_end(frame)
        elif frame.kind == "failed":
            self._window.tell_cost(frame.fields["message"])
        else:
            self._show_cost()

    # What the person does

    def _look_soon(self) -> None:
        self._changed_at += 1
        GLib.timeout_add(PAUSE_MS, self._estimate_if_last, self._changed_at)

    def _estimate_if_last(self, changed_at: int) -> bool:
        if changed_at != self._changed_at:
            return GLib.SOURCE_REMOVE
        if self._busy:
            return GLib.SOURCE_CONTINUE  # one request at a time: this one comes after it
        self._estimate(self._now())
        return GLib.SOURCE_REMOVE

    def _come_back(self, _window: Any, _event: Gdk.Event) -> bool:
        """Look again where the person selected, opened or closed something meanwhile."""
        if not self._busy:
            members = self._now()
            if self._known.differ(members):
                self._estimate(members)
        return Gdk.EVENT_PROPAGATE

    def _now(self) -> list[Member]:
        return self._known.now(self._config.get_property("sample"))

    def _estimate(self, members: list[Member]) -> None:
        self._known.renew(members)
        self._window.images.show(members)
        self._window.ask_of_palettes(any(member.has_palette for member in members))
        self._window.tell_cost(_("Looking at the images…"))
        self._begin("estimate", members)

    def _start(self) -> None:
        self._launch(set(self._window.images.ticked))

    def _try_again(self) -> None:
        failed = self._known.failed()
        self._window.images.tick_only(failed)
        self._launch(failed)

    def _launch(self, numbers: set[int]) -> None:
        self._known.members = self._now()
        self._window.images.show(self._known.members)
        self._window.images.wait(numbers)
        members = self._known.only(numbers)
        self._show_cost()
        self._running = True
        self._begin("batch", members)
        self._show_progress()
        self._window.suggest(STOP)

    def _stop(self) -> None:
        if self._running:
            self._is_stopping = True
            self._conversation.stop()
            self._window.tell(_("Stopping: what is under way is finished, nothing more is sent."))
            self._window.dialog.set_response_sensitive(STOP, False)

    def _save(self) -> None:
        if self._ended is None:
            return
        said = report.save(self._ended.fields["report"], self._window.dialog)
        if said:
            self._window.tell(said)

    def _begin(self, request: str, members: list[Member]) -> None:
        self._busy = True
        self._set_buttons()
        settings = batch.settings_of(self._config, members, self._image)
        batch.begin(self._conversation, request, members, settings, self._hear, self._hear_end)

    # What is shown

    def _set_buttons(self) -> None:
        idle = not self._busy
        able = {
            RUN: idle and bool(self._window.images.ticked),
            STOP: self._running,
            AGAIN: idle and bool(self._known.failed()),
            SAVE: idle and self._ended is not None,
            CLOSE: not self._running,
        }
        self._window.allow(able, options=not self._running)

    def _show_cost(self) -> None:
        self._set_buttons()
        found = self._known.found_of(self._window.images.ticked)
        if not self._busy and found is not None:
            self._window.tell_cost(words.cost(found))

    def _show_progress(self) -> None:
        self._window.show_bar(len(self._known.outcomes), len(self._known.members))
        if not self._is_stopping:
            self._window.tell(words.so_far(self._known.outcomes.values()))

    def _show_end(self, frame: Frame) -> None:
        if frame.kind == "failed":
            self._window.tell(frame.fields["message"])
            self._estimate(self._known.members)  # nothing waits any more
            return
        self._ended = frame
        self._show_cost()
        said = [words.counts(frame.fields), frame.fields["message"]]
        self._window.tell(" ".join(filter(None, said)))
        self._window.suggest(CLOSE)
