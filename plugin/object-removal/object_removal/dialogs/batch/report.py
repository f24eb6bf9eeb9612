"""Keeps the report of a batch as a text file that the person names.

Runs in GIMP, only where there is a screen: imports Gtk.
"""

from __future__ import annotations

from pathlib import Path

from gi.repository import Gtk

from object_removal.text import _

NAME = "object-removal-report.txt"


def save(report: str, above: Gtk.Window) -> str | None:
    """Ask where to, and write; returns the sentence that says so, None when nobody named a file."""
    chooser = Gtk.FileChooserNative.new(
        _("Save Report"), above, Gtk.FileChooserAction.SAVE, _("_Save"), _("_Cancel")
    )
    chooser.set_current_name(NAME)
    chooser.set_do_overwrite_confirmation(True)
    try:
        if chooser.run() != Gtk.ResponseType.ACCEPT:
            return None
        return _written(Path(chooser.get_filename()), report)
    finally:
        chooser.destroy()


def _written(path: Path, report: str) -> str:
    try:
        path.write_text(report, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or error
        return _("The report was not saved: {reason}.").format(reason=reason)
    return _("The report is in {path}.").format(path=path)
