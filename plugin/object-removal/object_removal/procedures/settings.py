"""The body of *Settings…*.

Runs in GIMP.
"""

from __future__ import annotations

from gi.repository import Gimp, GObject

from object_removal.dialogs.question import asker
from object_removal.outcome import answered, failed
from object_removal.text import _
from object_removal.worker.conversation import Conversation
from object_removal.worker.setup import start_worker


def run_settings(
    procedure: Gimp.Procedure, run_mode: Gimp.RunMode, *_arguments: object
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal-settings``."""
    if run_mode == Gimp.RunMode.NONINTERACTIVE:
        text = _("The settings are a dialog and need a person; scripts need none of them.")
        return failed(procedure, text, Gimp.PDBStatusType.CALLING_ERROR)

    def work() -> list[GObject.Value]:
        from object_removal.dialogs.settings import dialog  # Gtk only where there is a screen

        ask = asker(run_mode)
        with start_worker(ask) as worker:
            dialog.show(procedure.get_name(), Conversation(worker, ask))
        return []

    return answered(procedure, work)
