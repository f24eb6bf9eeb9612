"""The arguments and results of the procedures, and what every procedure of ours has in common.

Runs in GIMP.  No argument may ever hold a secret: GIMP writes the arguments of the last run to
the user's disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gi.repository import Gimp, Gio, GObject

from object_removal.names import ICONS
from object_removal.text import N_, _

MENU = "<Image>/Filters/Object Removal"
AUTHORS = "The Object Removal for GIMP authors"
AUTOMATIC_PX = -1
"""A growth that follows the sizes of the selection and of the picture."""
MAX_VARIANT = 1000
MAX_GROW_PX = 500
MAX_FEATHER_PX = 500.0
FLAGS = GObject.ParamFlags.READWRITE

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
    (
        "auto",
        N_("Automatic"),
        N_("Repair the layer together with earlier results; the new one goes above them"),
    ),
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


FROM = (
    ("each", N_("Each image's own"), N_("In every image, what is selected there")),
    (
        "active",
        N_("This image's for all"),
        N_("What is selected in this image, carried over to the others"),
    ),
)
ALIGNMENTS = (
    (
        "top-left",
        N_("Same place, from the top left"),
        N_("The same distance from the top left corner"),
    ),
    ("top-right", N_("From the top right"), N_("The same distance from the top right corner")),
    (
        "bottom-left",
        N_("From the bottom left"),
        N_("The same distance from the bottom left corner"),
    ),
    (
        "bottom-right",
        N_("From the bottom right"),
        N_("The same distance from the bottom right corner"),
    ),
    ("scaled", N_("Scaled with the image"), N_("The same part of the width and of the height")),
)
COUNTS = (
    ("done", N_("Done"), N_("Images that got their layer")),
    ("skipped", N_("Skipped"), N_("Images that were not sent")),
    ("failed", N_("Failed"), N_("Images that were tried and got no layer")),
)


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
    add_choice(procedure, "service", _("Ser_vice"), _("Where the object is removed"), SERVICES)
    add_choice(procedure, "sample", _("S_ource"), _("What is repaired"), SAMPLES, "layer")
    add_choice(procedure, "extent", _("_Use"), _("How much of the picture is used"), EXTENTS)
    procedure.add_int_argument(
        "grow",
        _("_Grow selection (px)"),
        _("Grow the selection by this many pixels, so that its outline is removed as well"),
        AUTOMATIC_PX,
        MAX_GROW_PX,
        AUTOMATIC_PX,
        FLAGS,
    )
    procedure.add_double_argument(
        "feather",
        _("_Feather edge (px)"),
        _("Fade the edge over this many pixels"),
        0.0,
        MAX_FEATHER_PX,
        2.0,
        FLAGS,
    )
    procedure.add_int_argument(
        "variant",
        _("_Variant"),
        _("Another result of the same removal on this computer; 0 is the usual one"),
        0,
        MAX_VARIANT,
        0,
        FLAGS,
    )
    blurb = _("What becomes of an indexed image, whose palette may lack colors that a repair needs")
    add_choice(procedure, "palette", _("_Palette"), blurb, PALETTES)


def add_choice(
    procedure: Gimp.Procedure,
    name: str,
    label: str,
    blurb: str,
    rows: Sequence[tuple[str, str, str]],
    default: str = "",
) -> None:
    """Add an argument that is one of ``rows`` (nick, label, meaning); by default the first."""
    choice = Gimp.Choice.new()
    for number, (nick, title, meaning) in enumerate(rows):
        choice.add(nick, number, _(title), _(meaning))
    procedure.add_choice_argument(name, label, blurb, choice, default or rows[0][0], FLAGS)


def add_layer_result(procedure: Gimp.Procedure, *, or_none: bool = False) -> None:
    """Add the result of a procedure that inserts a layer."""
    procedure.add_layer_return_value("layer", _("Layer"), _("The inserted layer"), or_none, FLAGS)


def add_batch_options(procedure: Gimp.Procedure) -> None:
    """Add the options that a batch has besides those of a removal."""
    add_choice(procedure, "selection-from", _("Se_lection"), _("Whose selection"), FROM)
    blurb = _("How it is carried over to another size")
    add_choice(procedure, "alignment", _("_Align"), blurb, ALIGNMENTS)


def add_batch_results(procedure: Gimp.Procedure) -> None:
    """Add the results of a batch: counts and a report."""
    for name, nick, blurb in COUNTS:
        procedure.add_int_return_value(name, _(nick), _(blurb), 0, GObject.G_MAXINT, 0, FLAGS)
    procedure.add_string_return_value("report", _("Report"), _("A line for each image"), "", FLAGS)
