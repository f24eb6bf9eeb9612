"""The plug-in's words in the person's language, by gettext.

Runs in GIMP.  ``_`` translates, ``N_`` only marks a text that is translated where it is shown.
The worker translates its own sentences from the same catalogues.
"""

from __future__ import annotations

import functools
import gettext
import struct

from gi.repository import GLib

from object_removal.names import CATALOGUES, DOMAIN


def _(text: str) -> str:
    """``text`` in the language that GIMP runs in."""
    return _translations().gettext(text)


@functools.cache
def _translations() -> gettext.NullTranslations:
    # Not GLib.dgettext: it stays English wherever the C library does not know the locale, and
    # the worker, which reads by the same rules as this, would speak another language.
    try:
        return gettext.translation(DOMAIN, CATALOGUES, GLib.get_language_names(), fallback=True)
    except (OSError, ValueError, struct.error):
        return gettext.NullTranslations()  # a damaged catalogue: English is better than nothing


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """``text`` itself, marked as one to translate."""
    return text


def languages() -> list[str]:
    """The languages that the person reads, best first."""
    return GLib.get_language_names()
