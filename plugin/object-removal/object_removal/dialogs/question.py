"""Questions of the worker that only a person can answer, as a dialog.

Runs in GIMP.  Imports Gtk when it asks: it is not there in a GIMP without windows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gi.repository import Gimp

from object_removal.text import _


def asker(run_mode: Gimp.RunMode) -> Callable[[Mapping[str, Any]], str | None]:
    """Who answers the worker's questions: the person, or nobody where a script runs."""
    return ask if run_mode != Gimp.RunMode.NONINTERACTIVE else lambda _question: None


def ask(question: Mapping[str, Any]) -> str:
    """Show the worker's question; returns the chosen button, "" when the person backs out."""
    from gi.repository import GimpUi, Gtk

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
