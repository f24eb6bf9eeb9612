"""The procedures: their names in the menu, their documentation and their bodies.

Runs in GIMP.  Only declares; a body is imported with the procedure that is run.
"""

from __future__ import annotations

from gi.repository import Gimp

from object_removal import names
from object_removal.procedures.arguments import (
    add_batch_options,
    add_batch_results,
    add_layer_result,
    add_options,
    image_procedure,
)
from object_removal.text import _


def create_remove(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Remove Selected Object…*: asks, then removes."""
    from object_removal.procedures.remove import run_remove

    label = _("_Remove Selected Object…")
    procedure = image_procedure(plug_in, name, label, run_remove)
    procedure.set_documentation(
        # TRANSLATORS: GIMP's action search finds an action by the words of its description: give
        # after the colon what people of your language look for.
        _(
            "Remove what is selected and show what was behind it: object removal, inpaint, heal, "
            "erase, retouch, clean up, content-aware fill, generative fill"
        ),
        _(
            "Reads the surroundings of the selection, has the selected object removed by PicWish "
            "or by this computer, and inserts the result as a new layer with a layer mask right "
            "above the source. The rest of the image is not changed. A script that chooses "
            "PicWish thereby agrees that this part of the picture is sent there: it is not asked."
        ),
        name,
    )
    add_options(procedure)
    add_layer_result(procedure)
    return procedure


def create_quick(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Remove at Once*: the last settings, no dialog; may be given a shortcut."""
    from object_removal.procedures.remove import run_quick

    label = _("Remove at _Once")
    procedure = image_procedure(plug_in, name, label, run_quick)
    procedure.set_documentation(
        _("Remove what is selected, with the settings last used and without a question"),
        _("Does what Remove Selected Object… does, with the settings of its last run."),
        name,
    )
    add_layer_result(procedure)
    return procedure


def create_another(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Try Another Result*: the same place once more, with other choices."""
    from object_removal.procedures.remove import run_another

    label = _("_Try Another Result")
    procedure = image_procedure(plug_in, name, label, run_another)
    procedure.set_documentation(
        _("Remove the same object again and show another result instead"),
        _(
            "Works on the result whose layer is active, or on the newest one of the active layer. "
            "The region is the result's layer mask. The result before is hidden, and up to five "
            "are kept. PicWish is asked only after a question, since that costs again."
        ),
        name,
    )
    add_layer_result(procedure)
    return procedure


def create_recover(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Recover Last Result*: what was paid for within the hour and did not arrive."""
    from object_removal.procedures.remove import run_recover

    label = _("Recover _Last Result")
    procedure = image_procedure(plug_in, name, label, run_recover)
    procedure.set_documentation(
        _("Bring back a result that was paid for in the last hour and did not arrive"),
        _(
            "After a crash, a cancel or a lost connection: fetches every removal of this image "
            "that the service has finished and inserts it at its place. You are not charged again."
        ),
        name,
    )
    add_layer_result(procedure, or_none=True)
    return procedure


def create_batch(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Remove in All Open Images…*: asks, then removes in one image after the other."""
    from object_removal.procedures.batch import run_batch

    procedure = image_procedure(plug_in, name, _("Remove in _All Open Images…"), run_batch)
    procedure.set_documentation(
        _("Remove what is selected from every open image, several at a time"),
        _(
            "Works over all images that are open: each gets a layer of its own, as one undo step. "
            "The selection is each image's own, or this image's for all, for a stamp, a scratch or "
            "a logo. One failure does not stop the rest. Returns how many were done, skipped and "
            "failed, and a report with a line for each image. A script that chooses PicWish "
            "thereby agrees that these parts of the pictures are sent there."
        ),
        name,
    )
    add_options(procedure)
    add_batch_options(procedure)
    add_batch_results(procedure)
    return procedure


def create_settings(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Settings…*: key, service and defaults; needs no image."""
    from object_removal.procedures.settings import run_settings

    procedure = image_procedure(plug_in, name, _("_Settings…"), run_settings)
    procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.ALWAYS)
    procedure.set_documentation(
        _("Set the key, the service and the defaults of removals"),
        _(
            "Opens a dialog. What is set is kept in Object Removal's own file, and the key in the "
            "system's key store; neither is an argument of any procedure."
        ),
        name,
    )
    return procedure


def create_help(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*User Guide*: the pages that come with the plug-in; needs no image."""
    from object_removal.procedures.help import run_help

    procedure = image_procedure(plug_in, name, _("_User Guide"), run_help)
    procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.ALWAYS)
    procedure.set_documentation(
        _("Show how to remove objects and what is sent where"),
        _("Opens the help pages, which are on this computer, in the browser."),
        name,
    )
    return procedure


CREATORS = {
    names.REMOVE: create_remove,
    names.QUICK: create_quick,
    names.BATCH: create_batch,
    names.ANOTHER: create_another,
    names.RECOVER: create_recover,
    names.SETTINGS: create_settings,
    names.HELP: create_help,
}
