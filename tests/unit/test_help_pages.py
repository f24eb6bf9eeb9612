"""The help pages: one in each language, of the same structure, speaking of what the menu shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.unit.test_icons import NAMES
from tests.unit.test_translations import LANGUAGES, catalogues

PAGES = Path(__file__).resolve().parents[2] / "plugin" / "object-removal" / "help"
OPTIONS = [
    "Service",
    "Source",
    "Use",
    "Grow selection (px)",
    "Feather edge (px)",
    "Palette",
]
SPACE = "{object-removal}"


class Page(HTMLParser):
    """What a page is made of: its tags in order, its anchors, and what it names by <em> or <th>."""

    def __init__(self, language):
        super().__init__()
        self.tags, self.anchors, self.links, self.names = [], [], [], []
        self._naming = False
        self.feed((PAGES / language / "index.html").read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        self.anchors += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        self._naming = tag in ("em", "th")

    def handle_endtag(self, tag):
        self._naming = False

    def handle_data(self, data):
        if self._naming:
            self.names.append(" ".join(data.split()))


def shown(text):
    """A label as it is seen: without the mark of its mnemonic."""
    return re.sub(r"\(_[A-Z]\)|_", "", text)


def test_the_page_explains_every_option_of_the_dialog():
    assert [name for name in OPTIONS if name not in Page("en").names] == []


def test_there_is_a_page_in_every_language():
    assert sorted(page.parent.name for page in PAGES.glob("*/index.html")) == sorted(
        ["en", *LANGUAGES]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_of_one_structure(language):
    english, translated = Page("en"), Page(language)
    assert translated.anchors == english.anchors
    assert translated.links == english.links
    assert sorted(translated.tags) == sorted(english.tags)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_page_names_is_what_the_window_shows(language):
    catalogue = catalogues.merged(catalogues.FOLDER / f"{language}.po", catalogues.extracted())
    labels = {shown(each.id): shown(each.string or "") for each in catalogue if each.id}
    names = set(Page(language).names)
    missing = [name for name in Page("en").names if name in labels and labels[name] not in names]
    assert missing == []


def test_the_english_page_names_what_there_is():
    labels = {shown(each.id) for each in catalogues.extracted() if each.id}
    gimps_own = {"Filters ▸ Object Removal", "Edit ▸ Keyboard Shortcuts"}
    gimps_own |= {"Help ▸ Search and Run a Command"}
    assert [name for name in Page("en").names if name not in labels | gimps_own] == []


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_gimps_help_finds_a_page_for_every_procedure(language):
    items = ElementTree.parse(PAGES / language / "gimp-help.xml").getroot()
    found = {item.get("id"): item.get("ref") for item in items.findall(f"{SPACE}help-item")}
    assert sorted(found) == sorted(NAMES)
    places = {"index.html", *(f"index.html#{anchor}" for anchor in Page(language).anchors)}
    assert set(found.values()) <= places
