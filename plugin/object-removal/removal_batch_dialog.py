"""The dialog of a batch: looks at the images, runs the ticked ones, stops, tries again.

Runs in GIMP, only where there is a screen.  The main loop serves the worker's frames one by one,
so the dialog never freezes; one request is under way at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
import removal_batch_report  # noqa: E402
import removal_batch_words as words  # noqa: E402
import removal_procedures as procedures  # noqa: E402
import removal_questions  # noqa: E402
from gi.repository import Gdk, Gimp, GimpUi, GLib  # noqa: E402
from removal_batch_known import Known  # noqa: E402
from removal_batch_options import SHOWN, settings_of  # noqa: E402
from removal_batch_run import BatchRun, Member  # noqa: E402
from removal_batch_window import AGAIN, CLOSE, HELP, RUN, SAVE, STOP, BatchWindow  # noqa: E402
from removal_last import last_values  # noqa: E402
from removal_run import RunCancelled  # noqa: E402
from removal_setup import start_worker  # noqa: E402
from removal_text import _  # noqa: E402
from removal_worker import Worker, WorkerGone  # noqa: E402

from gimp_bridge import wire  # noqa: E402

PAUSE_MS = 300
"""Options that change within this time are looked at once."""


def run(procedure: Gimp.Procedure, image: Gimp.Image, config: Gimp.ProcedureConfig) -> wire.Frame:
    """Show the dialog until it is closed; returns the last run's end, RunCancelled if none was."""
    GimpUi.init(procedure.get_name())
    with start_worker(Gimp.RunMode.INTERACTIVE) as worker:
        worker.greet()
        dialog = BatchDialog(worker, image, config)
        try:
            return dialog.run()
        finally:
            dialog.destroy()


class BatchDialog:
    """Surveys the images whenever something changes, and runs the ticked ones."""

    def __init__(self, worker: Worker, image: Gimp.Image, config: Gimp.ProcedureConfig) -> None:
        self._worker, self._image, self._config = worker, image, config
        self._known = Known(config.get_property("sample"))
        self._request: BatchRun | None = None
        self._running = False
        self._changed_at = 0
        self._ended: wire.Frame | None = None
        self._first_time = not last_values(procedures.BATCH).exists()
        self._begun_with = {name: config.get_property(name) for name in procedures.AS_SET}
        self._window = BatchWindow(config, self._known.members, self._show_cost)
        for name in SHOWN:
            config.connect(f"notify::{name}", lambda *_: self._look_soon())
        self._window.dialog.connect("focus-in-event", self._come_back)
        worker.arrived = lambda: GLib.idle_add(self._drain, priority=GLib.PRIORITY_DEFAULT)

    def run(self) -> wire.Frame:
        """Serve the person until the window is closed."""
        self._survey(self._known.members)
        self._window.dialog.present()
        actions = {RUN: self._start, STOP: self._stop, AGAIN: self._try_again, SAVE: self._save}
        actions[HELP] = lambda: Gimp.help(None, procedures.BATCH)
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
        self._worker.arrived = None
        self._window.dialog.destroy()

    # The worker's frames

    def _drain(self) -> bool:
        try:
            while self._worker.arrived and (frame := self._worker.take()) is not None:
                if self._request:
                    self._request.serve(frame)
        except WorkerGone as error:
            self._gone(error)
        return GLib.SOURCE_REMOVE

    def _gone(self, error: WorkerGone) -> None:
        self._worker.arrived = None
        self._hear(wire.Frame("failed", {"message": str(error)}))

    def _hear(self, frame: wire.Frame) -> None:
        number = frame.fields.get("job")
        if frame.kind == "surveyed":
            self._known.found[number] = frame.fields
            if self._first_time and frame.fields["usual"]:
                self._first_time = False
                self._suggest(frame.fields["usual"])
            ended = number in self._known.outcomes
            self._window.images.survey(number, frame.fields, has_ended=ended)
        elif frame.kind == "progress":
            self._window.images.progress(number, frame.fields["text"], frame.fields["fraction"])
        elif frame.kind == "outcome":
            self._hear_outcome(number, frame.fields)
        elif frame.kind in ("finished", "failed"):
            self._hear_end(frame)

    def _suggest(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            # The person may have been faster than the suggestion: what they set is theirs.
            if self._config.get_property(name) == self._begun_with[name]:
                self._config.set_property(name, value)

    def _hear_outcome(self, number: int, outcome: dict[str, Any]) -> None:
        self._known.outcomes[number] = outcome
        self._window.images.outcome(number, outcome["state"], outcome["message"])
        self._show_progress()

    def _hear_end(self, frame: wire.Frame) -> None:
        was_running, self._running = self._running, False
        if self._request:
            self._request.leave_nothing()
        self._request = None
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
        GLib.timeout_add(PAUSE_MS, self._survey_if_last, self._changed_at)

    def _survey_if_last(self, changed_at: int) -> bool:
        if changed_at != self._changed_at:
            return GLib.SOURCE_REMOVE
        if self._request:
            return GLib.SOURCE_CONTINUE  # one request at a time: this one comes after it
        self._survey(self._now())
        return GLib.SOURCE_REMOVE

    def _come_back(self, _window: Any, _event: Gdk.Event) -> bool:
        """Look again where the person selected, opened or closed something meanwhile."""
        if self._request is None:
            members = self._now()
            if self._known.differ(members):
                self._survey(members)
        return Gdk.EVENT_PROPAGATE

    def _now(self) -> list[Member]:
        return self._known.now(self._config.get_property("sample"))

    def _survey(self, members: list[Member]) -> None:
        self._known.renew(members)
        self._window.images.show(members)
        self._window.ask_of_palettes(any(member.has_palette for member in members))
        self._window.tell_cost(_("Looking at the images…"))
        self._begin("survey", members)

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
        if self._request and self._running:
            self._request.stop()
            self._window.tell(_("Stopping: what is under way is finished, nothing more is sent."))
            self._window.dialog.set_response_sensitive(STOP, False)

    def _save(self) -> None:
        if self._ended is None:
            return
        said = removal_batch_report.save(self._ended.fields["report"], self._window.dialog)
        if said:
            self._window.tell(said)

    def _begin(self, request: str, members: list[Member]) -> None:
        self._request = BatchRun(self._worker, members, self._hear, removal_questions.ask)
        self._set_buttons()
        try:
            self._request.begin(request, settings_of(self._config, members, self._image))
        except WorkerGone as error:
            self._gone(error)

    # What is shown

    def _set_buttons(self) -> None:
        idle = self._request is None
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
        if self._request is None and found is not None:
            self._window.tell_cost(words.cost(found))

    def _show_progress(self) -> None:
        self._window.show_bar(len(self._known.outcomes), len(self._known.members))
        if not self._request or not self._request.is_stopping:
            self._window.tell(words.so_far(self._known.outcomes.values()))

    def _show_end(self, frame: wire.Frame) -> None:
        if frame.kind == "failed":
            self._window.tell(frame.fields["message"])
            self._survey(self._known.members)  # nothing waits any more
            return
        self._ended = frame
        self._show_cost()
        said = [words.counts(frame.fields), frame.fields["message"]]
        self._window.tell(" ".join(filter(None, said)))
        self._window.suggest(CLOSE)
