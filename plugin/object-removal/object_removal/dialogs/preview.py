"""The preview beside the options: the small picture, the numbers, and why it cannot be done.

Runs in GIMP, in a dialog.  Shows what the worker has found out; computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gi.repository import GdkPixbuf, GimpUi, GLib, Gtk

from object_removal.dialogs.batch.words import in_credits
from object_removal.text import _

ACROSS_PX, DOWN_PX = 320, 240
WORDS_ACROSS = 42
KEY_PAGE = "https://picwish.com"


class Pane:
    """A framed picture above a table of facts, a warning and a hint."""

    def __init__(self, open_settings: Callable[[], None]) -> None:
        self._picture = Gtk.Image()
        self._picture.set_size_request(ACROSS_PX, DOWN_PX)
        self._facts = Gtk.Grid(column_spacing=12, row_spacing=3)
        self._warning, self._warning_text = _line(GimpUi.ICON_DIALOG_WARNING)
        self._hint, self._hint_text = _line(GimpUi.ICON_DIALOG_INFORMATION)
        settings = Gtk.Button.new_with_mnemonic(_("Se_ttings…"))
        settings.set_halign(Gtk.Align.START)
        settings.set_tooltip_text(_("Key, service, connection and defaults"))
        settings.connect("clicked", lambda _button: open_settings())
        inside = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=9)
        for part in (self._picture, self._facts, self._warning, self._hint, settings):
            inside.pack_start(part, False, False, 0)
        self.widget = GimpUi.Frame.new(_("Preview"))
        self.widget.add(inside)
        self._accessible = self._picture.get_accessible()
        self._accessible.set_name(_("The part of the picture that is used, the mask in red"))

    def hide_empty(self) -> None:
        """Hide what has nothing to say; to be called after ``show_all`` of what holds the pane."""
        self._warning.hide()
        self._hint.hide()

    def size_px(self) -> list[int]:
        """The largest picture there is room for, [width, height]."""
        return [ACROSS_PX, DOWN_PX]

    def tell(self, sentence: str) -> None:
        """Show why it cannot be done; nothing where ``sentence`` is empty."""
        self._warning_text.set_text(sentence)
        self._warning.set_visible(bool(sentence))

    def show(self, facts: Mapping[str, Any], rgb: bytes | bytearray, *, asked_for: str) -> None:
        """Show what the worker answered; ``asked_for`` is the service that was chosen."""
        if facts["thumbnail"]:
            width, height = facts["thumbnail"]["width"], facts["thumbnail"]["height"]
            self._picture.set_from_pixbuf(
                GdkPixbuf.Pixbuf.new_from_bytes(
                    GLib.Bytes.new(bytes(rgb)),
                    GdkPixbuf.Colorspace.RGB, False, 8, width, height, 3 * width,
                )
            )  # fmt: skip
        else:
            self._picture.clear()
        rows = list(_rows(facts))
        self._fill_table(rows)
        self._accessible.set_description(". ".join(f"{name} {value}" for name, value in rows))
        problem = facts["problem"]
        self.tell(problem["message"] if problem else facts.get("warning", ""))
        self._say_hint(facts, asked_for)

    def _fill_table(self, rows: list[tuple[str, str]]) -> None:
        for child in self._facts.get_children():
            self._facts.remove(child)
        for number, (name, value) in enumerate(rows):
            for column, text in enumerate((name, value)):
                label = Gtk.Label(label=text, xalign=0, selectable=False)
                label.set_line_wrap(column == 1)
                self._facts.attach(label, column, number, 1, 1)
        self._facts.show_all()

    def _say_hint(self, facts: Mapping[str, Any], asked_for: str) -> None:
        missing = asked_for == "auto" and facts.get("by") == "this-computer"
        refused = (facts["problem"] or {}).get("code") == "key-missing"
        hints = []
        if facts.get("transparent"):
            hints.append(
                _(
                    "This part is partly transparent. Where a layer on top would let the object "
                    "show through, a repaired copy takes the original's place, and the original "
                    "is hidden."
                )
            )
        if missing or refused:
            hints.append(
                _(
                    "PicWish, an online service, often does better with large objects and "
                    "complicated backgrounds. It needs a key: <a href='{page}'>get one</a>, then "
                    "enter it in Settings."
                ).format(page=KEY_PAGE)
            )
        self._hint.set_visible(bool(hints))
        self._hint_text.set_markup("\n\n".join(hints))


def _line(icon: str) -> tuple[Gtk.Box, Gtk.Label]:
    box = Gtk.Box(orientation=Gtk.Orientation.HORIZONTAL, spacing=6)
    image = Gtk.Image.new_from_icon_name(icon, Gtk.IconSize.BUTTON)
    image.set_valign(Gtk.Align.START)
    text = Gtk.Label(xalign=0, wrap=True, max_width_chars=WORDS_ACROSS, width_chars=WORDS_ACROSS)
    box.pack_start(image, False, False, 0)
    box.pack_start(text, True, True, 0)
    return box, text


def _rows(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if "by" in facts:
        rows.append((_("Removed by:"), facts.get("host") or _("This computer")))
    if "windows" not in facts:
        return rows
    windows = facts["windows"]
    width, height = max(windows, key=lambda size: size[0] * size[1])
    size = f"{width} × {height} px"
    if len(windows) > 1:
        size = _("{count} windows, the largest {size}").format(count=len(windows), size=size)
    elif facts["scale"] < 1:
        size = _("{size}, reduced to {percent:.0f} %").format(
            size=size, percent=100 * facts["scale"]
        )
    rows.append((_("Area looked at:"), size))
    rows.append((_("Area removed:"), f"{100 * facts['share']:.1f} %"))
    if facts["by"] == "service":
        kilobytes = facts["upload_bytes"] / 1e3
        upload = _("about {megabytes:.1f} MB").format(megabytes=kilobytes / 1e3)
        if kilobytes < 1000:
            upload = _("about {kilobytes:.0f} kB").format(kilobytes=max(1, kilobytes))
        rows += [(_("Upload:"), upload), (_("Cost:"), in_credits(facts["tasks"]))]
    else:
        rows += [(_("Upload:"), _("nothing")), (_("Cost:"), _("free"))]
    return rows
