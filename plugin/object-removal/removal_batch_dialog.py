"""The dialog of a batch: which images, what it will take, how far it is, and what became of them.

Runs in GIMP, only where there is a screen: imports Gtk.  A thread reads the worker's frames, and
the main loop serves them one by one, so the dialog never freezes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
import removal_questions  # noqa: E402
from gi.repository import Gimp, GimpUi, GLib, Gtk  # noqa: E402
from removal_batch_list import ImageList  # noqa: E402
from removal_batch_options import SHOWN, options_grid, settings_of  # noqa: E402
from removal_batch_run import BatchRun, open_images  # noqa: E402
from removal_run import RunCancelled  # noqa: E402
from removal_worker import Worker, WorkerGone  # noqa: E402

from gimp_bridge import wire  # noqa: E402

TITLE = "Remove in All Open Images"
NOT_TICKED = "Left out: it was not ticked."
RUN, STOP, AGAIN, SAVE = range(1, 5)
BUTTONS = (
    (SAVE, "Save Re_port…"),
    (AGAIN, "Try Faile_d Again"),
    (STOP, "S_top"),
    (Gtk.ResponseType.CLOSE, "_Close"),
    (RUN, "_Remove"),
)
PAUSE_MS = 300
"""Options that change within this time are looked at once."""


def run(procedure: Gimp.Procedure, image: Gimp.Image, config: Gimp.ProcedureConfig) -> wire.Frame:
    """Show the dialog until it is closed; returns the last run's end, RunCancelled if none was."""
    GimpUi.init(procedure.get_name())
    with Worker.start() as worker:
        worker.greet()
        dialog = BatchDialog(worker, image, config)
        try:
            return dialog.run()
        finally:
            dialog.destroy()


class BatchDialog:
    """The window; surveys the images whenever an option changes, and runs the ticked ones."""

    def __init__(self, worker: Worker, image: Gimp.Image, config: Gimp.ProcedureConfig) -> None:
        self._worker, self._image, self._config = worker, image, config
        self._members = open_images(config.get_property("sample"))
        self._found: dict[int, dict[str, Any]] = {}
        self._outcomes: dict[int, dict[str, Any]] = {}
        self._request: BatchRun | None = None
        self._running = False
        self._changed_at = 0
        self._ended: wire.Frame | None = None
        self._window = GimpUi.Dialog(title=TITLE, role="object-removal-batch")
        for response, label in BUTTONS:
            self._window.add_button(label, response)
        self._options = options_grid(config)
        self._list = ImageList(self._members, self._show_cost)
        self._cost = Gtk.Label(xalign=0, wrap=True, max_width_chars=90, selectable=True)
        self._bar = Gtk.ProgressBar(show_text=True)
        self._fill()
        for name in SHOWN:
            config.connect(f"notify::{name}", lambda *_: self._option_changed())

    def run(self) -> wire.Frame:
        """Serve the person until the window is closed."""
        threading.Thread(target=self._read_all, name="worker", daemon=True).start()
        self._survey()
        actions = {RUN: self._start, STOP: self._stop, AGAIN: self._try_again, SAVE: self._save}
        while True:
            response = self._window.run()
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
        """Take the window away."""
        self._window.destroy()

    def _fill(self) -> None:
        box = self._window.get_content_area()
        box.set_spacing(8)
        box.set_border_width(12)
        box.pack_start(self._options, False, False, 0)
        box.pack_start(self._list, True, True, 0)
        box.pack_start(self._cost, False, False, 0)
        box.pack_start(self._bar, False, False, 0)
        self._window.set_default_response(RUN)
        box.show_all()
        self._bar.hide()
        self._set_buttons()
        self._window.present()

    # The worker's frames

    def _read_all(self) -> None:
        try:
            while True:
                GLib.idle_add(self._serve, self._worker.receive(), priority=GLib.PRIORITY_DEFAULT)
        except WorkerGone as error:
            GLib.idle_add(self._gone, str(error))
        except ValueError:
            return  # the pipe was closed under us, at the dialog's end

    def _serve(self, frame: wire.Frame) -> bool:
        if self._request:
            self._request.serve(frame)
        return GLib.SOURCE_REMOVE

    def _gone(self, why: str) -> bool:
        self._hear(wire.Frame("failed", {"message": why}))
        return GLib.SOURCE_REMOVE

    def _hear(self, frame: wire.Frame) -> None:
        number = frame.fields.get("job")
        if frame.kind == "surveyed":
            self._found[number] = frame.fields
            self._list.survey(number, frame.fields)
        elif frame.kind == "progress":
            self._list.progress(number, frame.fields["text"], frame.fields["fraction"])
        elif frame.kind == "outcome":
            self._hear_outcome(number, frame.fields)
        elif frame.kind in ("finished", "failed"):
            self._hear_end(frame)

    def _hear_outcome(self, number: int, outcome: dict[str, Any]) -> None:
        self._outcomes[number] = outcome
        self._list.outcome(number, outcome["state"], outcome["message"])
        self._show_bar()

    def _hear_end(self, frame: wire.Frame) -> None:
        was_running, self._running = self._running, False
        if self._request:
            self._request.leave_nothing()
        self._request = None
        if was_running:
            self._show_end(frame)
        elif frame.kind == "failed":
            self._cost.set_text(frame.fields["message"])
        else:
            self._show_cost()
        self._set_buttons()

    # What the person does

    def _option_changed(self) -> None:
        self._changed_at += 1
        GLib.timeout_add(PAUSE_MS, self._survey_if_last, self._changed_at)

    def _survey_if_last(self, changed_at: int) -> bool:
        if self._request:
            return GLib.SOURCE_CONTINUE  # one request at a time: the next one comes after it
        if changed_at == self._changed_at:
            self._survey()
        return GLib.SOURCE_REMOVE

    def _survey(self) -> None:
        self._members = open_images(self._config.get_property("sample"), self._members)
        self._found.clear()
        self._cost.set_text("Looking at the images…")
        self._begin("survey", self._members)

    def _start(self) -> None:
        self._launch({n for n, ticked in enumerate(self._list.ticked) if ticked})

    def _try_again(self) -> None:
        failed = {n for n, each in self._outcomes.items() if each["state"] == "failed"}
        self._list.tick_only(failed)
        self._launch(failed)

    def _launch(self, numbers: set[int]) -> None:
        self._members = open_images(self._config.get_property("sample"), self._members)
        members = [
            member if number in numbers else member.left_out(self._why_left_out(number))
            for number, member in enumerate(self._members)
        ]
        self._outcomes.clear()
        self._list.clear_states()
        self._running = True
        self._bar.show()
        self._show_bar()
        self._cost.set_text("")
        self._begin("batch", members)

    def _why_left_out(self, number: int) -> str:
        return self._found.get(number, {}).get("problem") or NOT_TICKED

    def _stop(self) -> None:
        if self._request and self._running:
            self._request.stop()
            self._cost.set_text("Stopping: what is under way is finished, nothing more is sent.")
            self._window.set_response_sensitive(STOP, False)

    def _save(self) -> None:
        chooser = Gtk.FileChooserNative.new(
            "Save Report", self._window, Gtk.FileChooserAction.SAVE, "_Save", "_Cancel"
        )
        chooser.set_current_name("object-removal-report.txt")
        chooser.set_do_overwrite_confirmation(True)
        if chooser.run() == Gtk.ResponseType.ACCEPT and self._ended:
            try:
                Path(chooser.get_filename()).write_text(
                    self._ended.fields["report"], encoding="utf-8"
                )
            except OSError as error:
                self._cost.set_text(f"The report was not saved: {error.strerror or error}.")
        chooser.destroy()

    def _begin(self, request: str, members: list[Any]) -> None:
        self._request = BatchRun(self._worker, members, self._hear, removal_questions.ask)
        self._set_buttons()
        try:
            self._request.begin(request, settings_of(self._config, members, self._image))
        except WorkerGone as error:
            self._gone(str(error))

    # What is shown

    def _set_buttons(self) -> None:
        idle = self._request is None
        self._options.set_sensitive(not self._running)
        self._list.set_ticks_sensitive(not self._running)
        able = {
            RUN: idle and any(self._list.ticked),
            STOP: self._running,
            AGAIN: idle and any(each["state"] == "failed" for each in self._outcomes.values()),
            SAVE: idle and self._ended is not None,
            Gtk.ResponseType.CLOSE: not self._running,
        }
        for response, sensitive in able.items():
            self._window.set_response_sensitive(response, sensitive)

    def _show_cost(self) -> None:
        if self._running:
            return
        chosen = [self._found.get(n) for n, ticked in enumerate(self._list.ticked) if ticked]
        self._cost.set_text(_cost([each for each in chosen if each]))
        self._window.set_response_sensitive(RUN, self._request is None and bool(chosen))

    def _show_bar(self) -> None:
        ended, total = len(self._outcomes), len(self._members)
        self._bar.set_fraction(ended / max(1, total))
        self._bar.set_text(f"{ended} of {total}")

    def _show_end(self, frame: wire.Frame) -> None:
        if frame.kind == "failed":
            self._cost.set_text(frame.fields["message"])
            return
        self._ended = frame
        fields = frame.fields
        counts = ", ".join(f"{fields[state]} {state}" for state in ("done", "skipped", "failed"))
        self._cost.set_text(" ".join(filter(None, [f"{counts}.", fields["message"]])))


def _cost(found: list[Mapping[str, Any]]) -> str:
    """The sentence before the start: how many images, and how many tasks are to be paid."""
    images = "1 image" if len(found) == 1 else f"{len(found)} images"
    if not any(each["paid"] for each in found):
        return f"{images}. Nothing is sent and nothing is to be paid."
    tasks = sum(each["windows"] for each in found)
    paid = "1 paid task" if tasks == 1 else f"{tasks} paid tasks"
    return f"{images}: {paid} at the online service, to which the selected parts are sent."
