"""The list of open images in the batch's dialog: what each is, whether it can run, how far it is.

Runs in GIMP, only where there is a screen: imports Gtk.  Shows; decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gi.repository import Gio, Gtk, Pango

from object_removal.batch import Member
from object_removal.dialogs.batch import words
from object_removal.image.thumbnail import thumbnail
from object_removal.text import _

TICK, CAN, PICTURE, NAME, LAYER, SIZE, AREA, STATE, FRACTION, BAR = range(10)
NAME_CHARS, LAYER_CHARS, STATE_CHARS = 16, 12, 34
STATE_PX = 290
"""A sentence longer than this takes another line."""
ROW_PAD_PX = 3


class ImageList(Gtk.ScrolledWindow):
    """One row for each member; ``changed`` is called when the person has changed a tick."""

    def __init__(self, members: Sequence[Member], changed: Callable[[], None]) -> None:
        super().__init__(hscrollbar_policy=Gtk.PolicyType.AUTOMATIC, shadow_type=Gtk.ShadowType.IN)
        self._changed = changed
        self._frozen = False
        self._rows = Gtk.ListStore(bool, bool, Gio.Icon, str, str, str, str, str, int, bool)
        self._view = Gtk.TreeView(model=self._rows, enable_search=False, tooltip_column=STATE)
        self._view.get_accessible().set_name(_("Open images"))
        self._add_columns()
        self.add(self._view)
        self.set_size_request(780, 200)
        self.show(members)

    @property
    def ticked(self) -> list[int]:
        """The rows that are ticked and can run."""
        return [number for number, row in enumerate(self._rows) if row[TICK] and row[CAN]]

    def show(self, members: Sequence[Member]) -> None:
        """Show the images as they are now; rows beyond those known are new."""
        for number, member in enumerate(members):
            if number == len(self._rows):
                self._rows.append([True, True, None, "", "", "", "", "", 0, False])
            row = self._rows[number]
            row[NAME] = member.name
            if member.is_open:
                row[PICTURE] = row[PICTURE] or thumbnail(member.source.image)
                row[LAYER], row[SIZE] = member.layer_name, member.size

    def tick_only(self, numbers: set[int]) -> None:
        """Tick these rows and no others."""
        for number, row in enumerate(self._rows):
            row[TICK] = number in numbers

    def set_ticks_sensitive(self, sensitive: bool) -> None:
        """Whether ticks may be changed now."""
        self._frozen = not sensitive

    def estimate(self, number: int, found: dict[str, Any], *, has_ended: bool) -> None:
        """Show what the worker found out about a row; what became of it before stays there."""
        row = self._rows[number]
        row[CAN] = not found["problem"]
        row[AREA] = words.share(found["share"])
        if not has_ended:
            row[STATE], row[BAR] = found["problem"] or words.ready(found), False

    def wait(self, numbers: set[int]) -> None:
        """Before a run of these rows: they wait for their turn."""
        for number in numbers:
            self._rows[number][STATE] = _("Waiting")

    def progress(self, number: int, text: str, fraction: float | None) -> None:
        """Show how far a row is."""
        row = self._rows[number]
        row[STATE], row[BAR] = text, fraction is not None
        row[FRACTION] = round(100 * (fraction or 0))

    def outcome(self, number: int, state: str, message: str) -> None:
        """Show what became of a row; what is done is not done again unasked."""
        row = self._rows[number]
        row[STATE] = words.ended(state, message)
        row[BAR] = False
        if state == "done":
            row[TICK] = False

    def _add_columns(self) -> None:
        tick = Gtk.CellRendererToggle(ypad=ROW_PAD_PX)
        tick.connect("toggled", self._toggle)
        column = Gtk.TreeViewColumn("", tick, activatable=CAN, sensitive=CAN)
        column.set_cell_data_func(tick, _show_tick)
        self._view.append_column(column)
        picture = Gtk.CellRendererPixbuf(stock_size=Gtk.IconSize.DIALOG, ypad=ROW_PAD_PX)
        self._view.append_column(Gtk.TreeViewColumn("", picture, gicon=PICTURE))
        self._view.append_column(_text_column(_("Image"), NAME, NAME_CHARS))
        self._view.append_column(_text_column(_("Layer"), LAYER, LAYER_CHARS))
        self._view.append_column(_text_column(_("Size"), SIZE))
        self._view.append_column(_text_column(_("Area"), AREA))
        self._view.append_column(_state_column())

    def _toggle(self, _cell: Gtk.CellRendererToggle, path: str) -> None:
        if self._frozen:
            return
        self._rows[path][TICK] = not self._rows[path][TICK]
        self._changed()


def _show_tick(_column: Any, cell: Any, rows: Any, at: Any, _data: object) -> None:
    cell.set_property("active", rows[at][TICK] and rows[at][CAN])


def _text_column(title: str, column: int, most_chars: int = 0) -> Gtk.TreeViewColumn:
    cell = Gtk.CellRendererText()
    if most_chars:
        cell.set_property("ellipsize", Pango.EllipsizeMode.MIDDLE)
        cell.set_property("width-chars", most_chars)
    shown = Gtk.TreeViewColumn(title, cell, text=column)
    shown.set_resizable(True)
    return shown


def _state_column() -> Gtk.TreeViewColumn:
    text = Gtk.CellRendererText(
        wrap_mode=Pango.WrapMode.WORD_CHAR, wrap_width=STATE_PX, width_chars=STATE_CHARS
    )
    bar = Gtk.CellRendererProgress(xpad=6)
    bar.set_fixed_size(90, -1)
    shown = Gtk.TreeViewColumn(_("State"), text, text=STATE)
    shown.set_expand(True)
    shown.pack_end(bar, False)
    shown.add_attribute(bar, "value", FRACTION)
    shown.add_attribute(bar, "visible", BAR)
    return shown
