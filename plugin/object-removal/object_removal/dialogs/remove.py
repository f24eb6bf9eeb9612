"""The dialog in which a person chooses how an object is removed, with a live preview.

Runs in GIMP, only in an interactive run: imports Gtk, which a console GIMP may not have.  The
worker is asked what a run would do whenever an option or the selection changes; the newest
question replaces one that waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gi.repository import Gimp, GimpUi, GLib, Gtk

from gimp_bridge.wire import Frame
from object_removal.dialogs.options import add_option
from object_removal.dialogs.preview import Pane
from object_removal.dialogs.settings.dialog import SettingsDialog
from object_removal.image.source import Source
from object_removal.names import chosen_options
from object_removal.outcome import RunFailed
from object_removal.serving import Serving
from object_removal.text import _
from object_removal.worker.conversation import Conversation

SHOWN = ("service", "sample", "extent", "grow", "feather")
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
        conversation: Conversation,
    ) -> None:
        self._config = config
        self._source = source
        self._serving = Serving(source)
        self._conversation = conversation
        self._asked: dict[str, Any] = {}
        self._under_way = False
        self._due = 0
        self.dialog = GimpUi.ProcedureDialog.new(procedure, config, _("Remove Selected Object"))
        self.dialog.set_ok_label(_("Re_move"))
        self._pane = Pane(self._open_settings)
        self._widgets: dict[str, Gtk.Widget] = {}
        self._arrange()

    def ask(self) -> bool:
        """Show the dialog; True when the person pressed Remove."""
        self._conversation.listen()
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
        self._conversation.settle()
        return agreed

    def _arrange(self) -> None:
        options = Gtk.Grid(column_spacing=12, row_spacing=9, valign=Gtk.Align.START)
        # Asked only where there is a palette to keep or to give up.
        indexed = self._source.image.get_base_type() == Gimp.ImageBaseType.INDEXED
        for row, name in enumerate((*SHOWN, "palette") if indexed else SHOWN):
            _label, self._widgets[name] = add_option(options, (0, row), self._config, name)
        beside = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=18, border_width=12)
        beside.pack_start(options, True, True, 0)
        beside.pack_start(self._pane.widget, False, False, 0)
        self.dialog.get_content_area().pack_start(beside, True, True, 0)
        beside.show_all()
        self._pane.hide_empty()

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
            except RunFailed as error:
                self._asked = {}
                self._refuse(str(error))
                return GLib.SOURCE_CONTINUE
            if job != self._asked:
                self._asked, self._under_way = job, True
                fields = {"job": job, "thumbnail": self._pane.size_px()}
                self._conversation.request(
                    "preview",
                    fields,
                    lambda *ends: self._previewed(job, *ends),
                    grant=self._serving.grant,
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

    def _previewed(self, job: Mapping[str, Any], last: Frame, answer: Frame | None) -> None:
        self._serving.forget_all()
        self._under_way = False
        if answer is None:
            self._refuse(last.fields["message"] or "")
            return
        problem = answer.fields["problem"]
        self._pane.show(answer.fields, answer.payload, asked_for=job["options"]["service"])
        self._allow(problem is None)
        if "grow" in answer.fields:
            self._widgets["grow"].show_chosen(answer.fields["grow"])
        self._look_again()

    def _open_settings(self) -> None:
        SettingsDialog(self._conversation, self.dialog).run()
        self._asked = {}
        self._look_again()


def ask(
    procedure: Gimp.Procedure,
    config: Gimp.ProcedureConfig,
    source: Source,
    conversation: Conversation,
) -> bool:
    """Ask how to remove; True when the person pressed Remove."""
    GimpUi.init(procedure.get_name())
    return RemovalDialog(procedure, config, source, conversation).ask()
