"""The options of a batch: as the request says them, and as widgets of its dialog.

Runs in GIMP.  Imports Gtk only where widgets are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp  # noqa: E402
from removal_batch_run import Member  # noqa: E402
from removal_procedures import OPTIONS  # noqa: E402

NUMBERS = {"grow": 0, "feather": 1}
"""Options that are numbers, with their decimals; all others are choices."""

SHOWN = ("selection-from", "alignment", "service", "sample", "extent", "grow", "feather", "palette")


def settings_of(
    config: Gimp.ProcedureConfig, members: Sequence[Member], image: Gimp.Image
) -> dict[str, Any]:
    """What a request says besides its jobs."""
    shared = config.get_property("selection-from") == "active"
    ids = [member.source.image.get_id() for member in members]
    return {
        "options": {name: config.get_property(name) for name in OPTIONS},
        "selection_of": ids.index(image.get_id()) if shared else None,
        "alignment": config.get_property("alignment"),
    }


def options_grid(config: Gimp.ProcedureConfig) -> tuple[Any, dict[str, tuple[Any, Any]]]:
    """The options in two columns, bound to ``config``, and the label and widget of each."""
    from gi.repository import Gtk

    grid = Gtk.Grid(column_spacing=9, row_spacing=6)
    pairs = {}
    for number, name in enumerate(SHOWN):
        row, column = number // 2, 2 * (number % 2)
        specification = config.find_property(name)
        widget = _widget(config, name)
        label = Gtk.Label(label=specification.nick, use_underline=True, xalign=0)
        label.set_mnemonic_widget(widget)
        label.set_margin_start(9 if column else 0)
        for each in (label, widget):
            each.set_tooltip_text(specification.blurb)
        widget.get_accessible().set_name(specification.nick.replace("_", ""))
        widget.set_hexpand(True)
        grid.attach(label, column, row, 1, 1)
        grid.attach(widget, column + 1, row, 1, 1)
        pairs[name] = label, widget
    _only_where_shared(config, pairs["alignment"])
    return grid, pairs


def _only_where_shared(config: Gimp.ProcedureConfig, widgets: Sequence[Any]) -> None:
    """Keep ``widgets`` greyed while every image has its own selection: nothing is carried over."""

    def follow(*_event: object) -> None:
        for widget in widgets:
            widget.set_sensitive(config.get_property("selection-from") == "active")

    config.connect("notify::selection-from", follow)
    follow()


def _widget(config: Gimp.ProcedureConfig, name: str) -> Any:
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi

    if name in NUMBERS:
        return GimpUi.prop_spin_button_new(config, name, 1, 10, NUMBERS[name])
    return GimpUi.prop_choice_combo_box_new(config, name)
