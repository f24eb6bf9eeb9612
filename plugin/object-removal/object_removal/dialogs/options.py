"""Options as widgets, each with a label whose mnemonic leads to it.

Runs in GIMP, only where there is a screen: imports Gtk.
"""

from __future__ import annotations

from gi.repository import Gimp, GimpUi, Gtk

from object_removal.text import _

FEATHER_STEP_PX, FEATHER_PAGE_PX, FEATHER_DIGITS = 1, 10, 1


def add_labelled(
    grid: Gtk.Grid,
    at: tuple[int, int],
    label: str,
    widget: Gtk.Widget,
    tip: str = "",
    entry: Gtk.Widget | None = None,
) -> Gtk.Label:
    """Put a label and ``widget`` side by side into ``grid``, ``at`` (column, row); the label.

    ``entry``: the part of ``widget`` that the label names, if not all of it.
    """
    column, row = at
    entry = entry or widget
    words = Gtk.Label(label=label, use_underline=True, xalign=0, mnemonic_widget=entry)
    widget.set_hexpand(True)
    entry.get_accessible().set_name(label.replace("_", "").rstrip(":"))
    for each in (words, entry):
        each.set_tooltip_text(tip or None)
    grid.attach(words, column, row, 1, 1)
    grid.attach(widget, column + 1, row, 1, 1)
    return words


def add_option(
    grid: Gtk.Grid, at: tuple[int, int], config: Gimp.ProcedureConfig, name: str
) -> tuple[Gtk.Label, Gtk.Widget]:
    """The label and the widget of an argument of a procedure, bound to ``config``, in ``grid``."""
    argument = config.find_property(name)
    if name == "grow":
        growth = Growth(config)
        return add_labelled(grid, at, argument.nick, growth, argument.blurb, growth.spin), growth
    if name == "feather":
        steps = FEATHER_STEP_PX, FEATHER_PAGE_PX, FEATHER_DIGITS
        widget = GimpUi.prop_spin_button_new(config, name, *steps)
        widget.set_activates_default(True)
    else:
        # Not ProcedureDialog.fill: its choices are radio buttons, without mnemonics, in GIMP 3.2.
        widget = GimpUi.prop_choice_combo_box_new(config, name)
    return add_labelled(grid, at, argument.nick, widget, argument.blurb), widget


class Growth(Gtk.Box):
    """A number and a box for *Automatic*, which is ticked until the person says a number."""

    def __init__(self, config: Gimp.ProcedureConfig) -> None:
        super().__init__(orientation=Gtk.Orientation.HORIZONTAL, spacing=6)
        self._config = config
        self.spin = Gtk.SpinButton.new_with_range(0, config.find_property("grow").maximum, 1)
        self.spin.set_activates_default(True)
        self._automatic = Gtk.CheckButton.new_with_mnemonic(_("Automat_ic"))
        self._automatic.set_tooltip_text(
            _("2 to 10 pixels, by the size of the picture and of the selection")
        )
        self.pack_start(self.spin, True, True, 0)
        self.pack_start(self._automatic, False, False, 0)
        self._follow()
        self._typing = self.spin.connect("value-changed", self._typed)
        self._automatic.connect("toggled", self._toggled)
        config.connect("notify::grow", self._follow)

    def show_chosen(self, grow_px: int) -> None:
        """Show the number that *Automatic* has chosen."""
        if self._automatic.get_active() and not self.spin.has_focus():
            with self.spin.handler_block(self._typing):
                self.spin.set_value(grow_px)

    def _typed(self, spin: Gtk.SpinButton) -> None:
        self._config.set_property("grow", spin.get_value_as_int())

    def _toggled(self, button: Gtk.CheckButton) -> None:
        automatic = button.get_active()
        if automatic != (self._config.get_property("grow") < 0):
            grow = -1 if automatic else self.spin.get_value_as_int()
            self._config.set_property("grow", grow)

    def _follow(self, *_event: object) -> None:
        grow = self._config.get_property("grow")
        self._automatic.set_active(grow < 0)
        if grow >= 0:
            self.spin.set_value(grow)
