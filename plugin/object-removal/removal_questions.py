"""Questions of the worker that only a person can answer, as a dialog.

Runs in GIMP, only where there is a screen: imports Gtk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GimpUi, Gtk  # noqa: E402
from removal_text import _  # noqa: E402


def ask(question: Mapping[str, Any]) -> str:
    """Show the worker's question; returns the chosen button, "" when the person backs out."""
    GimpUi.init("object-removal")
    dialog = Gtk.MessageDialog(
        message_type=Gtk.MessageType.QUESTION,
        title=_("Object Removal"),
        text=question["message"],
        secondary_text=question.get("detail") or None,
    )
    dialog.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
    choices = question["choices"]
    for number in reversed(range(len(choices))):
        dialog.add_button(choices[number], number)
    # The Enter that ended the dialog before, pressed twice, must not agree to anything.
    dialog.set_default_response(Gtk.ResponseType.CANCEL)
    GimpUi.window_set_transient(dialog)
    dialog.present()
    try:
        response = dialog.run()
    finally:
        dialog.destroy()
    return choices[response] if 0 <= response < len(choices) else ""
