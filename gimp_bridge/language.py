"""The worker's sentences in the person's language, by gettext.

``_`` translates when it is called, ``N_`` only marks a text for the catalogue; sentences with
values are templates: ``_("{count} pixels").format(count=3)``.  Until ``use_language`` is called,
and wherever a translation is missing or damaged, everything is English.
"""

from __future__ import annotations

import gettext
import struct
from collections.abc import Sequence
from pathlib import Path

DOMAIN = "object-removal"

_PACKAGE = Path(__file__).resolve().parent
CATALOGUES = tuple(
    folder / "locale"
    for folder in (
        _PACKAGE.parent,  # in GIMP's folder
        _PACKAGE.parent / "plugin" / DOMAIN,  # in a checkout
        _PACKAGE / "installer" / "plugin" / DOMAIN,  # in a wheel
    )
)


class _Current:
    """What is in use now; a class only so that ``use_language`` can exchange it."""

    translations: gettext.NullTranslations = gettext.NullTranslations()


def _(text: str) -> str:
    """``text`` in the language in use."""
    return _Current.translations.gettext(text)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """``text`` itself, marked as one to translate where it is shown."""
    return text


def use_language(
    languages: Sequence[str] | None = None, catalogues: Sequence[Path] = CATALOGUES
) -> None:
    """Speak the first of ``languages`` that there is; None takes those the environment names.

    The environment's are LANGUAGE, LC_ALL, LC_MESSAGES and LANG, as gettext reads them.
    """
    _Current.translations = gettext.NullTranslations()
    for folder in catalogues:
        try:
            _Current.translations = gettext.translation(DOMAIN, folder, languages)
        except (OSError, ValueError, struct.error):
            continue  # not here, or damaged: English is better than nothing
        return
