"""The procedures: their names, menu entries and arguments.

Runs in GIMP.  Only declares; a run begins in ``removal_run``.  No argument may ever hold a
secret: GIMP writes the arguments of the last run to the user's disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, GLib, GObject  # noqa: E402

REMOVE = "plug-in-object-removal"
QUICK = "plug-in-object-removal-quick"
BATCH = "plug-in-object-removal-batch"
RECOVER = "plug-in-object-removal-recover"
MENU = "<Image>/Filters/Object Removal"
AUTHORS = "The Object Removal for GIMP authors"
MAX_GROW_PX = 500
MAX_FEATHER_PX = 500.0

SERVICES = (
    ("auto", "Automatic", "PicWish where a key is stored, else this computer"),
    ("picwish", "PicWish (online)", "Send the selection and its surroundings; needs a key"),
    ("this-computer", "This computer", "Fill from the surroundings; nothing leaves this computer"),
)
SAMPLES = (
    ("layer", "This layer", "Repair the layer; the result goes right above it"),
    ("visible", "All visible layers", "Repair what is seen; the result goes on top"),
)
EXTENTS = (
    ("auto", "Selection and its surroundings", "As much as a good result needs"),
    ("selection", "Selection only", "The smallest rectangle around the selection"),
    ("layer", "Whole layer", "The whole layer, or the whole picture"),
)


def create_remove(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Remove Selected Object…*: asks, then removes."""
    import removal_run

    label = "_Remove Selected Object…"
    procedure = image_procedure(plug_in, name, label, removal_run.run_remove)
    procedure.set_documentation(
        "Remove what is selected and show what was behind it, on a new layer",
        "Reads the surroundings of the selection, has the selected object removed by PicWish or "
        "by this computer, and inserts the result as a new layer with a layer mask right above "
        "the source. The rest of the image is not changed.",
        name,
    )
    add_options(procedure)
    _add_layer_result(procedure)
    return procedure


def create_quick(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Remove Selected Object*: the last settings, no dialog; may be given a shortcut."""
    import removal_run

    label = "Remove Selected _Object"
    procedure = image_procedure(plug_in, name, label, removal_run.run_quick)
    procedure.set_documentation(
        "Remove what is selected, with the settings last used and without a question",
        "Does what Remove Selected Object… does, with the settings of its last run.",
        name,
    )
    _add_layer_result(procedure)
    return procedure


def create_recover(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Recover Last Result*: what was paid for within the hour and did not arrive."""
    import removal_run

    label = "Recover _Last Result"
    procedure = image_procedure(plug_in, name, label, removal_run.run_recover)
    procedure.set_documentation(
        "Bring back a result that was paid for in the last hour and did not arrive",
        "After a crash, a cancel or a lost connection: fetches every removal of this image that "
        "the service has finished and inserts it at its place. Nothing is paid again.",
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
    procedure.set_attribution(AUTHORS, AUTHORS, "2026")
    return procedure


def add_options(procedure: Gimp.Procedure) -> None:
    """Add the options of a removal."""
    add_choice(procedure, "service", "_Service", "Who removes the object", SERVICES)
    add_choice(procedure, "sample", "S_ource", "What is repaired", SAMPLES)
    add_choice(procedure, "extent", "_Use", "How much of the picture is looked at", EXTENTS)
    procedure.add_int_argument(
        "grow",
        "_Grow selection (px)",
        "Grow the selection by this many pixels, so that the object's rim goes too",
        0,
        MAX_GROW_PX,
        4,
        GObject.ParamFlags.READWRITE,
    )
    procedure.add_double_argument(
        "feather",
        "_Feather edge (px)",
        "Let the edge of the result fade out over this many pixels",
        0.0,
        MAX_FEATHER_PX,
        2.0,
        GObject.ParamFlags.READWRITE,
    )


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
        choice.add(nick, number, title, meaning)
    procedure.add_choice_argument(
        name, label, blurb, choice, rows[0][0], GObject.ParamFlags.READWRITE
    )


def _add_layer_result(procedure: Gimp.Procedure) -> None:
    procedure.add_layer_return_value(
        "layer", "Layer", "The inserted layer", False, GObject.ParamFlags.READWRITE
    )


CREATORS = {
    REMOVE: create_remove,
    QUICK: create_quick,
    BATCH: create_batch,
    RECOVER: create_recover,
}
