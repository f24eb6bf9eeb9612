"""The dialog in which a person chooses how an object is removed.

Runs in GIMP, only in an interactive run: imports Gtk, which a console GIMP may not have.
"""

import gi

gi.require_version("GimpUi", "3.0")
from gi.repository import GimpUi  # noqa: E402


def ask(procedure, config):
    """Show the options in GIMP's own dialog; True when the person pressed OK."""
    GimpUi.init(procedure.get_name())
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Remove Selected Object")
    dialog.fill(None)
    dialog.present()
    try:
        return dialog.run()
    finally:
        dialog.destroy()
