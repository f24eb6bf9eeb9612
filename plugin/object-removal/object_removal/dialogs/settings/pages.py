"""The settings dialog's pages of plain values: each shows a part of them and gives it back.

Runs in GIMP, in a dialog.  Knows nothing of the worker; no key passes through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gi.repository import Gtk

from object_removal.dialogs.options import add_labelled
from object_removal.text import N_, _


class Number(NamedTuple):
    """A setting that is a number: what it is called, its range, step and decimals."""

    name: str
    label: str
    low: float
    high: float
    step: float
    digits: int
    tip: str


PACE = (
    Number(
        "per_second", N_("_Requests per second:"), 0.05, 100, 0.5, 2,
        N_("PicWish allows 2 with an ordinary key; more are refused."),
    ),
    Number(
        "connect_s", N_("Wait for a co_nnection (s):"), 1, 600, 1, 0,
        N_("Give up connecting after this time."),
    ),
    Number(
        "answer_s", N_("Wait for an _answer (s):"), 5, 600, 5, 0,
        N_("Longest silence before giving up."),
    ),
    Number(
        "task_s", N_("Wait for a re_sult (s):"), 5, 3600, 10, 0,
        N_("A result that comes later can be fetched within the hour."),
    ),
    Number(
        "download_s", N_("Wait for a _download (s):"), 5, 3600, 10, 0,
        N_("Time limit for the whole download."),
    ),
)  # fmt: skip


class Page:
    """A grid of labelled widgets, grown row by row."""

    def __init__(self) -> None:
        self.grid = Gtk.Grid(column_spacing=12, row_spacing=6, border_width=12)
        self._rows = 0

    def add_row(self, label: str, widget: Gtk.Widget, tip: str = "") -> None:
        """Put ``widget`` beside a label whose mnemonic leads to it."""
        add_labelled(self.grid, (0, self._rows), label, widget, tip)
        self._rows += 1

    def add_wide(self, widget: Gtk.Widget) -> None:
        """Put ``widget`` across the page."""
        self.grid.attach(widget, 0, self._rows, 2, 1)
        self._rows += 1

    def add_number(self, number: Number) -> Gtk.SpinButton:
        """Add a row for a number."""
        spin = Gtk.SpinButton.new_with_range(number.low, number.high, number.step)
        spin.set_digits(number.digits)
        spin.set_activates_default(True)
        self.add_row(_(number.label), spin, _(number.tip))
        return spin


class RemovalPage(Page):
    """What every removal does."""

    def __init__(self) -> None:
        super().__init__()
        self._grain = Gtk.CheckButton.new_with_mnemonic(_("_Match the grain of the surroundings"))
        self._grain.set_tooltip_text(_("Without the photograph's noise, the result looks flat."))
        self.add_wide(self._grain)

    def show(self, values: Mapping[str, Any]) -> None:
        """Show the page's settings."""
        self._grain.set_active(values["grain"])

    def values(self) -> dict[str, Any]:
        """The page's settings as they stand."""
        return {"grain": self._grain.get_active()}


class ConnectionPage(Page):
    """Pace, patience and the way to the network."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = {number.name: self.add_number(number) for number in PACE}
        self._proxy = Gtk.ComboBoxText()
        for nick, title in (
            ("system", _("Use system settings")),
            ("none", _("None")),
            ("by-hand", _("This one:")),
        ):
            self._proxy.append(nick, title)
        self._address = Gtk.Entry(placeholder_text="http://proxy.example:8080")
        self._address.set_activates_default(True)
        self.add_row(_("Pro_xy:"), self._proxy)
        self.add_row(_("Proxy addr_ess:"), self._address, _("http://, https:// or socks5h://"))
        self._proxy.connect("changed", lambda _combo: self._proxy_chosen())

    def show(self, values: Mapping[str, Any]) -> None:
        """Show the page's settings."""
        for name, spin in self._numbers.items():
            spin.set_value(values[name])
        by_hand = values["proxy"] not in ("system", "none")
        self._proxy.set_active_id("by-hand" if by_hand else values["proxy"])
        self._address.set_text(values["proxy"] if by_hand else "")
        self._proxy_chosen()

    def values(self) -> dict[str, Any]:
        """The page's settings as they stand."""
        chosen = self._proxy.get_active_id()
        proxy = self._address.get_text().strip() if chosen == "by-hand" else chosen
        numbers = {name: round(spin.get_value(), 2) for name, spin in self._numbers.items()}
        return {**numbers, "proxy": proxy or "system"}

    def _proxy_chosen(self) -> None:
        self._address.set_sensitive(self._proxy.get_active_id() == "by-hand")
