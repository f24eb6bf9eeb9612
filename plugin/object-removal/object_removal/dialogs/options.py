"""Options as widgets, each with a label whose mnemonic leads to it.

Runs in GIMP, only where there is a screen: imports Gtk.
"""

from __future__ import annotations

from gi.repository import Gimp, GimpUi, Gtk

from object_removal.text import _

NUMBERS = {"grow": 0, "feather": 1}
"""Options that are numbers, with their decimals; all others are choices."""


def add_labelled(
    grid: Gtk.Grid, at: tuple[int, int], label: str, widget: Gtk.Widget, tip: str = ""
) -> Gtk.Label:
    """Put a label and ``widget`` side by side into ``grid``, ``at`` (column, row); the label."""
    column, row = at
    words = Gtk.Label(label=label, use_underline=True, xalign=0, mnemonic_widget=widget)
    widget.set_hexpand(True)
    widget.get_accessible().set_name(label.replace("_", "").rstrip(":"))
    for each in (words, widget):
        each.set_tooltip_text(tip or None)
    grid.attach(words, column, row, 1, 1)
    grid.attach(widget, column + 1, row, 1, 1)
    return words


def add_option(
    grid: Gtk.Grid, at: tuple[int, int], config: Gimp.ProcedureConfig, name: str
) -> tuple[Gtk.Label, Gtk.Widget]:
    """The label and the widget of an argument of a procedure, bound to ``config``, in ``grid``."""
    argument = config.find_property(name)
    widget = _widget(config, name)
    return add_labelled(grid, at, argument.nick, widget, argument.blurb), widget


def _widget(config: Gimp.ProcedureConfig, name: str) -> Gtk.Widget:
    # Not ProcedureDialog.fill: its choices are radio buttons, without mnemonics, in GIMP 3.2.
    if name not in NUMBERS:
        return GimpUi.prop_choice_combo_box_new(config, name)
    spin = GimpUi.prop_spin_button_new(config, name, 1, 10, NUMBERS[name])
    spin.set_activates_default(True)
    if name == "grow":
        spin.connect("output", _show_automatic)
        spin.update()
    return spin


def _show_automatic(spin: Gtk.SpinButton) -> bool:
    """Show the lowest value, -1, as what it means; any other as the number."""
    if spin.get_value_as_int() >= 0:
        return False
    spin.set_text(_("Automatic"))
    return True
