"""The help pages that come with the plug-in, shown in the person's own browser.

Runs in GIMP.  Nothing is fetched: the pages are files beside this one, a folder for each
language, with a ``gimp-help.xml`` that tells GIMP's own help which page is about what.
"""

from __future__ import annotations

import webbrowser
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
import removal_procedures as procedures  # noqa: E402
from gi.repository import Gimp, Gio, GLib  # noqa: E402
from removal_text import _  # noqa: E402

PAGES = Path(__file__).resolve().parent / "help"


def run_help(
    procedure: Gimp.Procedure,
    _run_mode: Gimp.RunMode,
    _image: Gimp.Image | None,
    _drawables: list[Gimp.Drawable],
    _config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal-help``."""
    page = _page().as_uri()
    if not _open(page):
        text = _("No browser could be started. The help is here: {page}").format(page=page)
        return procedure.new_return_values(
            Gimp.PDBStatusType.EXECUTION_ERROR, procedures.failure(text)
        )
    return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)


def _page() -> Path:
    """The page in the first of the person's languages that there is; English otherwise."""
    pages = (PAGES / language / "index.html" for language in GLib.get_language_names())
    return next((page for page in pages if page.is_file()), PAGES / "en" / "index.html")


def _open(page: str) -> bool:
    try:
        return Gio.AppInfo.launch_default_for_uri(page, None)
    except GLib.Error:
        return webbrowser.open(page)  # a desktop that has no default for HTML
