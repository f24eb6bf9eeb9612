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
from removal_run import OPTIONS  # noqa: E402

NUMBERS = {"grow": 0, "feather": 1}
"""Options that are numbers, with their decimals; all others are choices."""

SHOWN = ("selection-from", "alignment", "service", "sample", "extent", "grow", "feather")


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


def options_grid(config: Gimp.ProcedureConfig) -> Any:
    """The options in two columns, bound to ``config``."""
    from gi.repository import Gtk

    grid = Gtk.Grid(column_spacing=8, row_spacing=6)
    for number, name in enumerate(SHOWN):
        row, column = number // 2, 2 * (number % 2)
        specification = config.find_property(name)
        widget = _widget(config, name)
        label = Gtk.Label(label=specification.nick, use_underline=True, xalign=0)
        label.set_mnemonic_widget(widget)
        widget.set_tooltip_text(specification.blurb)
        grid.attach(label, column, row, 1, 1)
        grid.attach(widget, column + 1, row, 1, 1)
    return grid


def _widget(config: Gimp.ProcedureConfig, name: str) -> Any:
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi

    if name in NUMBERS:
        return GimpUi.prop_spin_button_new(config, name, 1, 10, NUMBERS[name])
    return GimpUi.prop_choice_combo_box_new(config, name)
