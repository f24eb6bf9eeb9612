"""The plug-in's words in the person's language, by GLib's gettext.

Runs in GIMP.  ``_`` translates, ``N_`` only marks a text that is translated where it is shown.
The worker translates its own sentences.
"""

from __future__ import annotations

import gi

gi.require_version("GLib", "2.0")
from gi.repository import GLib  # noqa: E402

DOMAIN = "object-removal"


def _(text: str) -> str:
    """``text`` in the language that GIMP runs in."""
    return GLib.dgettext(DOMAIN, text)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """``text`` itself, marked as one to translate."""
    return text


def languages() -> str:
    """The languages that the person reads, best first, as the variable LANGUAGE names them."""
    return ":".join(GLib.get_language_names())
