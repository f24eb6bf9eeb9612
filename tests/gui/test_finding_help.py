"""What helps a person along: action search, help pages, diagnostics, the check, the error console.

All by keys, in a GIMP whose windows tell a screen reader what they show.
"""

from __future__ import annotations

import time

import pytest

from tests.gui.browser import install_browser, opened
from tests.gui.conftest import Seat
from tests.gui.person import BATCH, DIALOG, SETTINGS
from tests.gui.test_removing import REMOVED
from tools.private_debian.root import SUITES

SEARCH = "Search Actions"
WORDS = (
    "object removal",
    "heal",
    "inpaint",
    "erase",
    "content-aware",
    "retouch",
    "clean up",
    "generative fill",
)
TABS = 14
PASTE = """
import subprocess
code = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gdk, Gtk; " \
       "print(Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).wait_for_text())"
result = subprocess.run(["python3", "-c", code], capture_output=True, text=True).stdout
"""


@pytest.fixture(scope="module", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def seat(request, start_gimp):
    return Seat(start_gimp, request.param, install_browser, TEST_NO_AT_BRIDGE="0", LANGUAGE="en")


def shown_text(person, title, words):
    """Wait until a text in the window has these words; returns that text."""
    found = []

    def there():
        found[:] = [each["text"] for each in person.widgets(title) if words in each["text"]]
        return bool(found)

    person.wait_until(there)
    return found[0]


def look_for(person, words):
    person.press("slash")
    person.wait_for(SEARCH)
    person.type_text(words)
    time.sleep(2)  # the list is filled while one types
    person.look(f"search-{words.split()[0].lower()}")


def search(person, words):
    look_for(person, words)
    person.press("Return")


def test_the_words_that_people_use_find_it(person):
    person.open_photo()
    found = {}
    for words in WORDS:
        look_for(person, words)
        cells = [each["text"] for each in person.widgets(SEARCH) if each["role"] == "table cell"]
        found[words] = [text.split(" | ")[0] for text in cells if " | " in text]
        person.press("Escape")
        person.wait_gone(SEARCH)
    label = "Remove Selected Object…"
    assert {words for words, labels in found.items() if label in labels} == set(WORDS), found
    # GIMP lists what has the word in its name, such as its Heal tool, before what describes it so.
    later = {words: labels[0] for words, labels in found.items() if labels[0] != label}
    assert all(words in first.lower() for words, first in later.items()), later
    assert len(later) <= 2


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("show what was behind it", DIALOG),
        ("open images", BATCH),
        ("defaults of removals", SETTINGS),
    ],
)
def test_gimps_action_search_finds_it(person, words, title):
    person.open_photo()
    search(person, words)
    person.wait_for(title)
    person.press("Escape")
    person.wait_gone(title)


def test_action_search_removes_at_once(person):
    image = person.open_photo()
    search(person, "last used and without a question")
    person.wait_until(lambda: person.layers(image) == REMOVED)


def test_the_user_guide_opens_in_the_browser(person):
    person.open_photo()
    person.menu("u")
    pages = []
    person.wait_until(lambda: pages.extend(opened(person.gimp.home)) or pages)
    assert pages[0].endswith("/plug-ins/object-removal/help/en/index.html")


@pytest.mark.parametrize(
    ("letter", "title", "place"),
    [("r", DIALOG, "remove"), ("a", BATCH, "batch"), ("s", SETTINGS, "settings")],
)
def test_a_dialogs_help_button_opens_its_place_in_the_guide(person, letter, title, place):
    person.open_photo()
    person.menu(letter)
    person.wait_for(title)
    person.press("alt+h")
    pages = []
    person.wait_until(lambda: pages.extend(opened(person.gimp.home)) or pages)
    assert pages[0].startswith("file:///")
    assert pages[0].endswith(f"/plug-ins/object-removal/help/en/index.html#{place}")
    assert title in person.titles()
    person.press("Escape")


def test_copied_diagnostics_hold_versions_and_no_home(person):
    person.open_photo()
    person.menu("s")
    person.wait_for(SETTINGS)
    person.press("ctrl+Next", "ctrl+Next", "ctrl+Next", "alt+d")
    shown_text(person, SETTINGS, "Copied")
    person.look("diagnostics-copied")
    copied = person.do(PASTE)
    assert copied.startswith("GIMP 3.")
    assert "\nPackages requests " in copied
    assert "/mnt/home" not in copied
    person.press("Escape")


def test_the_installation_is_checked_from_settings(person):
    person.open_photo()
    person.menu("s")
    person.wait_for(SETTINGS)
    person.press("ctrl+Next", "ctrl+Next", "ctrl+Next", "alt+i")
    report = shown_text(person, SETTINGS, "The helper starts and answers")
    person.look("installation-checked")
    assert "ok     All files are there and unchanged" in report
    assert "BROKEN" not in report
    person.press("Escape")


def test_all_is_reached_by_the_tab_key(person):
    image = person.open_photo()
    person.menu("r")
    person.wait_for(DIALOG)
    reached = set()
    for _ in range(TABS):
        reached |= {each["name"] for each in person.widgets(DIALOG) if each["focused"]}
        person.press("Tab")
    # A list of choices tells its focus to nobody; its letter is looked at in test_looks.
    assert {"Grow selection (px)", "Feather edge (px)", "Settings…"} <= reached
    assert {"Help", "Reset", "Cancel", "Remove"} <= reached
    person.press("alt+m")
    person.wait_until(lambda: person.layers(image) == REMOVED)


def test_an_error_is_in_the_error_console_and_in_the_log(person):
    image = person.open_photo(selection=None)
    search(person, "error console")
    time.sleep(2)
    person.gimp.run("import windows; windows.xdotool('windowactivate', windows.image_window())")
    person.menu("o")
    text = shown_text(person, "GIMP", "othing is selected")
    person.look("error-console")
    assert "Traceback" not in text
    assert person.titles() == []
    assert person.layers(image) == ["photo"]
    log = person.gimp.home / ".local/state/gimp-object-removal/log/worker.log"
    assert "no-selection: " in log.read_text()
    assert "Traceback" not in log.read_text()
