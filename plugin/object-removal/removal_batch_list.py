"""The list of open images in the batch's dialog: what each is, whether it can run, how far it is.

Runs in GIMP, only where there is a screen: imports Gtk.  Shows; decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Gtk", "3.0")
gi.require_version("Pango", "1.0")
from gi.repository import GdkPixbuf, GLib, Gtk, Pango  # noqa: E402
from removal_batch_run import Member  # noqa: E402

THUMBNAIL_PX = 48
TICK, CAN, PICTURE, NAME, LAYER, SIZE, AREA, STATE, FRACTION, BAR = range(10)
SHOWN = {"done": "Done", "skipped": "Skipped", "failed": "Failed"}


class ImageList(Gtk.ScrolledWindow):
    """One row for each member; ``changed`` is called when a tick has changed."""

    def __init__(self, members: Sequence[Member], changed: Callable[[], None]) -> None:
        super().__init__(hscrollbar_policy=Gtk.PolicyType.AUTOMATIC, shadow_type=Gtk.ShadowType.IN)
        self._changed = changed
        self._frozen = False
        self._rows = Gtk.ListStore(bool, bool, GdkPixbuf.Pixbuf, str, str, str, str, str, int, bool)
        for member in members:
            self._rows.append(_row(member))
        self._tick = Gtk.CellRendererToggle()
        view = Gtk.TreeView(model=self._rows, enable_search=False, tooltip_column=STATE)
        self._add_columns(view)
        self.add(view)
        self.set_size_request(760, 340)

    @property
    def ticked(self) -> list[bool]:
        """Which rows are ticked and can run."""
        return [row[TICK] and row[CAN] for row in self._rows]

    def tick_only(self, numbers: set[int]) -> None:
        """Tick these rows and no others."""
        for number, row in enumerate(self._rows):
            row[TICK] = number in numbers

    def set_ticks_sensitive(self, sensitive: bool) -> None:
        """Whether ticks may be changed now."""
        self._frozen = not sensitive

    def survey(self, number: int, found: dict[str, Any]) -> None:
        """Show what the worker found out about a row."""
        row = self._rows[number]
        row[CAN] = not found["problem"]
        row[AREA] = f"{100 * found['share']:.2g} %" if found["share"] else ""
        row[STATE] = found["problem"] or _takes(found)

    def progress(self, number: int, text: str, fraction: float | None) -> None:
        """Show how far a row is."""
        row = self._rows[number]
        row[STATE], row[BAR] = text, fraction is not None
        row[FRACTION] = round(100 * (fraction or 0))

    def outcome(self, number: int, state: str, message: str) -> None:
        """Show what became of a row."""
        row = self._rows[number]
        row[STATE] = f"{SHOWN[state]}. {message}".strip()
        row[BAR] = False

    def clear_states(self) -> None:
        """Before a run: forget what the rows said last."""
        for row in self._rows:
            row[STATE], row[BAR] = ("Waiting" if row[TICK] and row[CAN] else row[STATE]), False

    def _add_columns(self, view: Gtk.TreeView) -> None:
        self._tick.connect("toggled", self._toggle)
        view.append_column(
            Gtk.TreeViewColumn("", self._tick, active=TICK, activatable=CAN, sensitive=CAN)
        )
        view.append_column(Gtk.TreeViewColumn("", Gtk.CellRendererPixbuf(), pixbuf=PICTURE))
        for title, column, width in (("Image", NAME, 14), ("Layer", LAYER, 10), ("Size", SIZE, -1)):
            view.append_column(_text_column(title, column, width))
        view.append_column(_text_column("Area", AREA, -1))
        bar = Gtk.CellRendererProgress()
        state = _text_column("State", STATE, 30)
        state.set_expand(True)
        state.pack_end(bar, False)
        state.add_attribute(bar, "value", FRACTION)
        state.add_attribute(bar, "visible", BAR)
        view.append_column(state)

    def _toggle(self, _cell: Gtk.CellRendererToggle, path: str) -> None:
        if self._frozen:
            return
        self._rows[path][TICK] = not self._rows[path][TICK]
        self._changed()


def _text_column(title: str, column: int, width_chars: int) -> Gtk.TreeViewColumn:
    cell = Gtk.CellRendererText(ellipsize=Pango.EllipsizeMode.END if width_chars > 0 else 0)
    if width_chars > 0:
        cell.set_property("width-chars", width_chars)
    shown = Gtk.TreeViewColumn(title, cell, text=column)
    shown.set_resizable(True)
    return shown


def _row(member: Member) -> list[Any]:
    image, layer = member.source.image, member.source.layer
    return [
        True,
        not member.problem,
        _thumbnail(image),
        member.name,
        layer.get_name() if layer else "",
        f"{image.get_width()} × {image.get_height()}",
        "",
        member.problem,
        0,
        False,
    ]


def _thumbnail(image: Any) -> GdkPixbuf.Pixbuf:
    # Not the variant that gives a pixbuf: in GIMP 3.2.6 freeing it twice ends the plug-in.
    *_, data, width, height, channels = image.get_thumbnail_data(THUMBNAIL_PX, THUMBNAIL_PX)
    pixels = GLib.Bytes.new(_as_rgb(data.get_data(), channels))
    return GdkPixbuf.Pixbuf.new_from_bytes(
        pixels, GdkPixbuf.Colorspace.RGB, False, 8, width, height, 3 * width
    )


def _as_rgb(data: bytes, channels: int) -> bytes:
    """Grey or colour, with or without alpha, as RGB; a small picture, so plain Python will do."""
    colour = 3 if channels >= 3 else 1
    pixels = (data[at : at + colour] for at in range(0, len(data), channels))
    return b"".join(pixel if colour == 3 else pixel * 3 for pixel in pixels)


def _takes(found: dict[str, Any]) -> str:
    if not found["paid"]:
        return "Ready"
    tasks = found["windows"]
    text = "Ready: 1 paid task" if tasks == 1 else f"Ready: {tasks} paid tasks"
    return text if found["scale"] == 1 else f"{text}, sent at {found['scale']:.0%} of its size"
