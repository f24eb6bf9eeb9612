"""The procedure that removes from all open images: its arguments and what it returns.

Runs in GIMP.  Only declares; a run begins in ``removal_batch``.
"""

from __future__ import annotations

import gi

gi.require_version("Gimp", "3.0")
import removal_procedures as procedures  # noqa: E402
from gi.repository import Gimp, GObject  # noqa: E402
from removal_text import N_, _  # noqa: E402

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
    ("skipped", N_("Skipped"), N_("Images of which nothing was sent")),
    ("failed", N_("Failed"), N_("Images that were tried and got no layer")),
)


def create(plug_in: Gimp.PlugIn, name: str) -> Gimp.Procedure:
    """*Remove in All Open Images…*: asks, then removes in one image after the other."""

    def run(*arguments: object) -> Gimp.ValueArray:
        import removal_batch

        return removal_batch.run_batch(*arguments)

    procedure = procedures.image_procedure(plug_in, name, _("Remove in _All Open Images…"), run)
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
    procedures.add_options(procedure)
    procedures.add_choice(procedure, "selection-from", _("Se_lection"), _("Whose selection"), FROM)
    procedures.add_choice(
        procedure, "alignment", _("_Align"), _("How it is carried over to another size"), ALIGNMENTS
    )
    _add_results(procedure)
    return procedure


def _add_results(procedure: Gimp.Procedure) -> None:
    flags = GObject.ParamFlags.READWRITE
    for name, nick, blurb in COUNTS:
        procedure.add_int_return_value(name, _(nick), _(blurb), 0, GObject.G_MAXINT, 0, flags)
    procedure.add_string_return_value("report", _("Report"), _("A line for each image"), "", flags)
