"""The dialog in which a person chooses how an object is removed, with a live preview.

Runs in GIMP, only in an interactive run: imports Gtk, which a console GIMP may not have.  The
worker is asked what a run would do whenever an option or the selection changes; the newest
question replaces one that waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
import removal_settings  # noqa: E402
from gi.repository import Gimp, GimpUi, GLib, Gtk  # noqa: E402
from removal_conversation import Conversation  # noqa: E402
from removal_image import Source, Unrepairable  # noqa: E402
from removal_last import last_values  # noqa: E402
from removal_preview import Pane  # noqa: E402
from removal_procedures import SEND_ADDRESS, chosen_options  # noqa: E402
from removal_text import _  # noqa: E402
from removal_worker import Worker  # noqa: E402

from gimp_bridge import wire  # noqa: E402

SHOWN = ("service", "sample", "extent", "grow", "feather")
CHOICES = ("service", "sample", "extent", "palette")
START_VALUES = {"grow": "grow_px", "feather": "feather_px"}
"""Options whose first value is a setting, and which."""
CHANGE_MS = 80
"""A dragged slider changes often; the preview follows when it rests this long."""
WATCH_MS = 700
"""How often is looked whether the person has selected something else meanwhile."""


class RemovalDialog:
    """GIMP's own procedure dialog with the preview beside the options."""

    def __init__(
        self,
        procedure: Gimp.Procedure,
        config: Gimp.ProcedureConfig,
        source: Source,
        worker: Worker,
    ) -> None:
        self._procedure = procedure
        self._config = config
        self._source = source
        self._conversation = Conversation(worker, source)
        self._asked: dict[str, Any] = {}
        self._under_way = False
        self._due = 0
        used = last_values(procedure.get_name()).exists()
        self._to_suggest = set() if used else set(START_VALUES)
        self.dialog = GimpUi.ProcedureDialog.new(procedure, config, _("Remove Selected Object"))
        self.dialog.set_ok_label(_("Re_move"))
        self._pane = Pane(self._open_settings)
        self._spins: dict[str, Gtk.SpinButton] = {}
        self._arrange()

    def ask(self) -> bool:
        """Show the dialog; True when the person pressed Remove.  Raises WorkerGone."""
        changed = self._config.connect("notify", lambda *_args: self._schedule())
        watch = GLib.timeout_add(WATCH_MS, self._look_again)
        self._look_again()
        self.dialog.present()
        self.dialog.get_widget_for_response(Gtk.ResponseType.OK).grab_focus()
        try:
            agreed = self.dialog.run()
        finally:
            self._config.disconnect(changed)
            GLib.source_remove(watch)
            if self._due:
                GLib.source_remove(self._due)
            self.dialog.destroy()
        if agreed:
            self._conversation.settle()
        return agreed

    def _arrange(self) -> None:
        options = Gtk.Grid(column_spacing=12, row_spacing=9, valign=Gtk.Align.START)
        # Asked only where there is a palette to keep or to give up.
        indexed = self._source.image.get_base_type() == Gimp.ImageBaseType.INDEXED
        for row, name in enumerate((*SHOWN, "palette") if indexed else SHOWN):
            self._add_option(options, row, name)
        if self._source.address:
            self._add_address(options, len(SHOWN) + 1)
        beside = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=18, border_width=12)
        beside.pack_start(options, True, True, 0)
        beside.pack_start(self._pane.widget, False, False, 0)
        self.dialog.get_content_area().pack_start(beside, True, True, 0)
        beside.show_all()
        self._pane.hide_empty()

    def _add_option(self, grid: Gtk.Grid, row: int, name: str) -> None:
        # Not ProcedureDialog.fill: its choices are radio buttons, without mnemonics, in GIMP 3.2.
        if name in CHOICES:
            widget = GimpUi.prop_choice_combo_box_new(self._config, name)
        else:
            digits = 0 if name == "grow" else 1
            widget = GimpUi.prop_spin_button_new(self._config, name, 1, 10, digits)
            widget.set_activates_default(True)
            self._spins[name] = widget
        argument = self._procedure.find_argument(name)
        label = Gtk.Label.new_with_mnemonic(argument.get_nick())
        label.set_xalign(0)
        label.set_mnemonic_widget(widget)
        widget.set_hexpand(True)
        widget.set_tooltip_text(argument.get_blurb())
        widget.get_accessible().set_name(argument.get_nick().replace("_", ""))
        grid.attach(label, 0, row, 1, 1)
        grid.attach(widget, 1, row, 1, 1)

    def _add_address(self, grid: Gtk.Grid, row: int) -> None:
        argument = self._procedure.find_argument(SEND_ADDRESS)
        box = GimpUi.prop_check_button_new(self._config, SEND_ADDRESS, argument.get_nick())
        box.set_use_underline(True)
        box.set_tooltip_text(argument.get_blurb())
        grid.attach(box, 0, row, 2, 1)

    def _schedule(self) -> None:
        if self._due:
            GLib.source_remove(self._due)
        self._due = GLib.timeout_add(CHANGE_MS, self._changed)

    def _changed(self) -> bool:
        self._due = 0
        self._look_again()
        return GLib.SOURCE_REMOVE

    def _look_again(self) -> bool:
        """Ask for a new preview where there is something new to see."""
        if not self._under_way:
            try:
                job = self._job()
            except Unrepairable as error:
                self._asked = {}
                self._refuse(str(error))
                return GLib.SOURCE_CONTINUE
            if job != self._asked:
                self._asked, self._under_way = job, True
                fields = {"job": job, "thumbnail": self._pane.size_px()}
                self._conversation.request(
                    "preview", fields, lambda *ends: self._previewed(job, *ends)
                )
        return GLib.SOURCE_CONTINUE

    def _job(self) -> dict[str, Any]:
        options = chosen_options(self._config)
        self._source.check(options["sample"])
        return {**self._source.describe(), "options": options}

    def _refuse(self, reason: str) -> None:
        self._pane.tell(reason)
        self._allow(False)

    def _allow(self, possible: bool) -> None:
        button = self.dialog.get_widget_for_response(Gtk.ResponseType.OK)
        if button is None:
            return  # an answer that was under way when the person closed the dialog
        regained = possible and not button.get_sensitive()
        self.dialog.set_response_sensitive(Gtk.ResponseType.OK, possible)
        if regained:
            button.grab_focus()  # it lost the focus with its sensitivity, and Enter with it

    def _previewed(
        self, job: Mapping[str, Any], last: wire.Frame, answer: wire.Frame | None
    ) -> None:
        self._under_way = False
        if answer is None:
            self._refuse(last.fields["message"] or "")
            return
        problem = answer.fields["problem"]
        self._pane.show(answer.fields, answer.payload, asked_for=job["options"]["service"])
        self._allow(problem is None)
        if "grow" in answer.fields:
            self._suggest(answer.fields, job["options"])
        self._look_again()

    def _suggest(self, values: Mapping[str, float], asked: Mapping[str, Any]) -> None:
        for name in self._to_suggest:
            # The person may have been faster than the suggestion: what they set is theirs.
            untouched = self._config.get_property(name) == asked[name]
            if untouched and not self._spins[name].has_focus():
                self._config.set_property(name, values[name])
        self._to_suggest = set()

    def _open_settings(self) -> None:
        settings = removal_settings.SettingsDialog(self._conversation, self.dialog)
        before, after = settings.run()
        # Whoever came for the key only has chosen these in this dialog already.
        changed = {
            name
            for name, setting in START_VALUES.items()
            if before.get(setting) != after.get(setting)
        }
        self._to_suggest |= changed
        self._asked = {}
        self._look_again()


def ask(
    procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, source: Source, worker: Worker
) -> bool:
    """Ask how to remove; True when the person pressed Remove.  Raises WorkerGone."""
    GimpUi.init(procedure.get_name())
    return RemovalDialog(procedure, config, source, worker).ask()
