"""The dialog in which a person chooses how an object is removed.

Runs in GIMP, only in an interactive run: imports Gtk, which a console GIMP may not have.
"""

from __future__ import annotations

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gimp, GimpUi, Gtk  # noqa: E402


def ask(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig) -> bool:
    """Show the options in GIMP's own dialog; True when the person pressed OK."""
    GimpUi.init(procedure.get_name())
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Remove Selected Object")
    dialog.fill(None)
    dialog.present()
    try:
        return dialog.run()
    finally:
        dialog.destroy()


def choose(message: str, choices: list[str]) -> str:
    """Ask a question with the answers ``choices`` and Cancel; "" when the person backs out."""
    GimpUi.init("object-removal")
    dialog = Gtk.MessageDialog(text=message, message_type=Gtk.MessageType.QUESTION)
    dialog.add_button("_Cancel", Gtk.ResponseType.CANCEL)
    for number, choice in enumerate(choices):
        dialog.add_button(choice, number)
    dialog.present()
    try:
        answer = dialog.run()
        return choices[answer] if 0 <= answer < len(choices) else ""
    finally:
        dialog.destroy()
