"""The translations: ``python tools/catalogues.py`` brings them up to date with the sources.

Extracts every text marked ``_("...")`` or ``N_("...")`` of both ends of the pipe into
``object-removal.pot``, merges it into each language's ``.po``, and compiles those into the
``locale`` folder that GIMP loads.  Needs Babel; what is installed does not.
"""

from __future__ import annotations

import copy
import io
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

DOMAIN = "object-removal"
PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "plugin" / "po"
SOURCES = ("plugin/object-removal", "gimp_bridge")
TEMPLATE = FOLDER / f"{DOMAIN}.pot"
LOCALE = PROJECT / "plugin" / "object-removal" / "locale"
NO_DATE = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""Equal content gives equal files, whenever they are made."""
KEYWORDS = {"_": None, "N_": None}


def main() -> int:
    """Rewrite template, sources and compiled catalogues; the exit code counts what is missing."""
    template = extracted()
    TEMPLATE.write_bytes(as_po(template))
    missing = 0
    for path in po_files():
        catalogue = merged(path, template)
        path.write_bytes(as_po(catalogue))
        compiled_file(path).parent.mkdir(parents=True, exist_ok=True)
        compiled_file(path).write_bytes(compiled(catalogue))
        left = untranslated(catalogue)
        missing += len(left)
        print(f"{path.stem}: {len(catalogue) - len(left)} of {len(catalogue)} translated")
    return min(missing, 100)


def extracted() -> Catalog:
    """The template of all marked texts, with the files they are in."""
    template = Catalog(
        project=DOMAIN,
        header_comment="# Translations of Object Removal for GIMP; GPL-3.0-or-later.",
        fuzzy=False,
    )
    for name, text, comments in _marked():
        template.add(text, locations=[(name, None)], auto_comments=comments)  # type: ignore[list-item]  # a file without lines, which Babel allows
    return template


def merged(path: Path, template: Catalog) -> Catalog:
    """The language's catalogue with exactly the template's texts; never a guessed translation."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem, domain=DOMAIN)
    # A copy: Babel takes messages over as they are, and a translation would reach all languages.
    catalogue.update(copy.deepcopy(template), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts that the catalogue has no translation of, or only an uncertain one."""
    return [str(each.id) for each in catalogue if each.id and (not each.string or each.fuzzy)]


def as_po(catalogue: Catalog) -> bytes:
    """The catalogue as a .po or .pot file, sorted, without dates: equal content, equal bytes."""
    file = io.BytesIO()
    write_po(file, catalogue, sort_output=True, omit_header=False, include_lineno=False, width=98)
    kept = (line for line in file.getvalue().splitlines() if not _is_dated(line))
    return b"\n".join(kept) + b"\n"


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def po_files() -> list[Path]:
    """Every language's source."""
    return sorted(FOLDER.glob("*.po"))


def compiled_file(path: Path) -> Path:
    """Where a language's compiled catalogue lies."""
    return LOCALE / path.stem / "LC_MESSAGES" / f"{DOMAIN}.mo"


def _marked() -> Iterator[tuple[str, str, list[str]]]:
    for folder in SOURCES:
        for path in sorted((PROJECT / folder).rglob("*.py")):
            name = path.relative_to(PROJECT).as_posix()
            with path.open("rb") as file:
                for _line, text, comments, _context in extract("python", file, KEYWORDS):
                    yield name, str(text), comments


def _is_dated(line: bytes) -> bool:
    # Dates and versions of tools would make every run a change.
    return line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By'))


if __name__ == "__main__":
    sys.exit(main())
