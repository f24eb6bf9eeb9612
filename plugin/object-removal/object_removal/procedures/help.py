"""The body of *User Guide*: shows the help pages in the person's own browser.

Runs in GIMP.  Nothing is fetched: the pages come with the plug-in, a folder for each language,
with a ``gimp-help.xml`` that tells GIMP's own help which page is about what.
"""

from __future__ import annotations

import webbrowser
from pathlib import Path

from gi.repository import Gimp, Gio, GLib, GObject

from object_removal.names import PAGES
from object_removal.outcome import RunFailed, answered
from object_removal.text import _


def run_help(procedure: Gimp.Procedure, *_arguments: object) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal-help``."""
    return answered(procedure, _show)


def _show() -> list[GObject.Value]:
    page = _page().as_uri()
    if not _open(page):
        text = _("No browser could be started. The help is here: {page}")
        raise RunFailed(text.format(page=page))
    return []


def _page() -> Path:
    """The page in the first of the person's languages that there is; English otherwise."""
    pages = (PAGES / language / "index.html" for language in GLib.get_language_names())
    return next((page for page in pages if page.is_file()), PAGES / "en" / "index.html")


def _open(page: str) -> bool:
    try:
        return Gio.AppInfo.launch_default_for_uri(page, None)
    except GLib.Error:
        return webbrowser.open(page)  # a desktop that has no default for HTML
