"""The procedures: their names, menu entries and arguments.

Runs in GIMP.  Only declares; a run begins in ``removal_run``.  No argument may ever hold a
secret: GIMP writes the arguments of the last run to the user's disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, Gio, GLib, GObject  # noqa: E402
from removal_text import N_, _  # noqa: E402

REMOVE = "plug-in-object-removal"
QUICK = "plug-in-object-removal-quick"
BATCH = "plug-in-object-removal-batch"
RECOVER = "plug-in-object-removal-recover"
SETTINGS = "plug-in-object-removal-settings"
HELP = "plug-in-object-removal-help"
MENU = "<Image>/Filters/Object Removal"
AUTHORS = "The Object Removal for GIMP authors"
OPTIONS = ("service", "sample", "extent", "grow", "feather", "palette")
SEND_ADDRESS = "send-address"
"""An option that only a single picture has."""
AS_SET = {"grow": None, "feather": None}
"""Options that stand for what the person has set as the start of a first removal."""
MAX_GROW_PX = 500
MAX_FEATHER_PX = 500.0

ICONS = Path(__file__).resolve().parent / "icons"

SERVICES = (
    ("auto", N_("Automatic"), N_("PicWish where a key is stored, else this computer")),
    (
        "picwish",
        N_("PicWish (online)"),
        N_("Send the selection and its surroundings; needs a key"),
    ),
    (
        "this-computer",
        N_("This computer"),
        N_("Fill from the surroundings; nothing leaves this computer"),
    ),
)
SAMPLES = (
    ("layer", N_("This layer"), N_("Repair the layer; the result goes right above it")),
    ("visible", N_("All visible layers"), N_("Repair what is seen; the result goes on top")),
)
EXTENTS = (
    ("auto", N_("Selection and its surroundings"), N_("As much as a good result needs")),
    ("selection", N_("Selection only"), N_("The smallest rectangle around the selection")),
    ("layer", N_("Whole layer"), N_("The whole layer, or the whole picture")),
)
PALETTES = (
    ("keep", N_("Keep it"), N_("The repair has the nearest colors of the image's palette")),
    (
        "convert",
        N_("Convert the image to RGB"),
        N_("The repair may have any color; one undo takes back the conversion too"),
    ),
)


def create_remove(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Remove Selected Object…*: asks, then removes."""
    import removal_run

    label = _("_Remove Selected Object…")
    procedure = image_procedure(plug_in, name, label, removal_run.run_remove)
    procedure.set_documentation(
        _("Remove what is selected and show what was behind it, on a new layer"),
        _(
            "Reads the surroundings of the selection, has the selected object removed by PicWish "
            "or by this computer, and inserts the result as a new layer with a layer mask right "
            "above the source. The rest of the image is not changed. A script that chooses "
            "PicWish thereby agrees that this part of the picture is sent there: it is not asked."
        ),
        name,
    )
    add_options(procedure)
    procedure.add_boolean_argument(
        SEND_ADDRESS,
        _("Send the picture's web _address instead of its pixels"),
        _(
            "PicWish then fetches the whole picture from where you opened it. Only where it has "
            "not been changed since, which is checked; else its pixels are sent as usual"
        ),
        False,
        GObject.ParamFlags.READWRITE,
    )
    _add_layer_result(procedure)
    return procedure


def create_quick(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Remove Selected Object*: the last settings, no dialog; may be given a shortcut."""
    import removal_run

    label = _("Remove Selected _Object")
    procedure = image_procedure(plug_in, name, label, removal_run.run_quick)
    procedure.set_documentation(
        _("Remove what is selected, with the settings last used and without a question"),
        _("Does what Remove Selected Object… does, with the settings of its last run."),
        name,
    )
    _add_layer_result(procedure)
    return procedure


def create_recover(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Recover Last Result*: what was paid for within the hour and did not arrive."""
    import removal_run

    label = _("Recover _Last Result")
    procedure = image_procedure(plug_in, name, label, removal_run.run_recover)
    procedure.set_documentation(
        _("Bring back a result that was paid for in the last hour and did not arrive"),
        _(
            "After a crash, a cancel or a lost connection: fetches every removal of this image "
            "that the service has finished and inserts it at its place. Nothing is paid again."
        ),
        name,
    )
    _add_layer_result(procedure)
    return procedure


def create_batch(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Remove in All Open Images…*."""
    import removal_batch_procedure

    return removal_batch_procedure.create(plug_in, name)


def failure(message: str) -> GLib.Error:
    """An EXECUTION_ERROR's GLib.Error carrying ``message``; GIMP shows it to the person."""
    return GLib.Error.new_literal(Gimp.PlugIn.error_quark(), message, 0)


def image_procedure(
    plug_in: Gimp.PlugIn, name: str, label: str, run: Callable[..., Any]
) -> Gimp.Procedure:
    """A procedure of ours on an image, in our menu under ``label``."""
    procedure = Gimp.ImageProcedure.new(plug_in, name, Gimp.PDBProcType.PLUGIN, run, None)
    procedure.set_image_types("*")
    procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
    procedure.set_menu_label(label)  # before the path: a path without a label is refused
    procedure.add_menu_path(MENU)
    procedure.set_icon_file(Gio.File.new_for_path(str(ICONS / f"{name}.svg")))
    procedure.set_attribution(AUTHORS, AUTHORS, "2026")
    return procedure


def add_options(procedure: Gimp.Procedure) -> None:
    """Add the options of a removal."""
    add_choice(procedure, "service", _("Ser_vice"), _("Who removes the object"), SERVICES)
    add_choice(procedure, "sample", _("S_ource"), _("What is repaired"), SAMPLES)
    add_choice(procedure, "extent", _("_Use"), _("How much of the picture is looked at"), EXTENTS)
    procedure.add_int_argument(
        "grow",
        _("_Grow selection (px)"),
        _("Grow the selection by this many pixels, so that the object's rim goes too"),
        0,
        MAX_GROW_PX,
        4,
        GObject.ParamFlags.READWRITE,
    )
    procedure.add_double_argument(
        "feather",
        _("_Feather edge (px)"),
        _("Let the edge of the result fade out over this many pixels"),
        0.0,
        MAX_FEATHER_PX,
        2.0,
        GObject.ParamFlags.READWRITE,
    )
    blurb = _("What becomes of an indexed image, whose palette may lack colors that a repair needs")
    add_choice(procedure, "palette", _("_Palette"), blurb, PALETTES)


def chosen_options(config: Gimp.ProcedureConfig) -> dict[str, Any]:
    """The options of one removal, as the worker reads them."""
    return {name: config.get_property(name) for name in (*OPTIONS, SEND_ADDRESS)}


def add_choice(
    procedure: Gimp.Procedure,
    name: str,
    label: str,
    blurb: str,
    rows: Sequence[tuple[str, str, str]],
) -> None:
    """Add an argument that is one of ``rows`` (nick, label, meaning), at first the first."""
    choice = Gimp.Choice.new()
    for number, (nick, title, meaning) in enumerate(rows):
        choice.add(nick, number, _(title), _(meaning))
    procedure.add_choice_argument(
        name, label, blurb, choice, rows[0][0], GObject.ParamFlags.READWRITE
    )


def _add_layer_result(procedure: Gimp.Procedure) -> None:
    procedure.add_layer_return_value(
        "layer", _("Layer"), _("The inserted layer"), False, GObject.ParamFlags.READWRITE
    )


def create_settings(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Settings…*: key, service and defaults; needs no image."""

    def run(*arguments: Any) -> Gimp.ValueArray:
        import removal_settings  # only now: Gtk is not there in a GIMP without windows

        return removal_settings.run_settings(*arguments)

    procedure = image_procedure(plug_in, name, _("_Settings…"), run)
    procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.ALWAYS)
    procedure.set_documentation(
        _("Set the key, the service and the defaults of Object Removal"),
        _(
            "Opens a dialog. What is set is kept in Object Removal's own file, and the key in the "
            "system's key store; neither is an argument of any procedure."
        ),
        name,
    )
    return procedure


def create_help(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*User Guide*: the pages that come with the plug-in; needs no image."""
    import removal_help

    procedure = image_procedure(plug_in, name, _("_User Guide"), removal_help.run_help)
    procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.ALWAYS)
    procedure.set_documentation(
        _("Show how to remove objects and what is sent where"),
        _("Opens the help pages, which are on this computer, in the browser."),
        name,
    )
    return procedure


CREATORS = {
    REMOVE: create_remove,
    QUICK: create_quick,
    BATCH: create_batch,
    RECOVER: create_recover,
    SETTINGS: create_settings,
    HELP: create_help,
}
