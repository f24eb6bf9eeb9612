"""Every dialog in the light theme, at twice the size, and in each language; to be looked at.

What can be asserted without eyes is: the dialogs open, take their keys and fit on the screen, and
whoever uses them without a mouse or without seeing has a name and a letter for every widget.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from gimp_bridge.errors import InstallError
from tests.gui.fonts import unpack_fonts
from tests.gui.person import INDEX
from tests.unit.test_translations import LANGUAGES
from tools.private_debian.root import SUITES

LOOKS = {
    "light": {"TEST_GIMPRC": "(theme-color-scheme light)"},
    "twice": {"GDK_SCALE": "2", "TEST_SCREEN": "2560x1800"},
    **{language: {"LANGUAGE": language, "LANG": "C.UTF-8"} for language in LANGUAGES},
}
SEEN_IN = [("forky", look) for look in LOOKS] + [("trixie", "light"), ("trixie", "twice")]
"""GIMP 3.0 shows the same dialogs and texts in a theme of its own."""
NEED_FONTS = {"ja", "zh_CN"}
NAME = "plug-in-object-removal"
DIALOGS = {"dialog": (NAME, 1), "settings": (f"{NAME}-settings", 4), "batch": (f"{NAME}-batch", 1)}

# What a person works with; the rest (lists of tabs, labels that can be copied) has its own text.
WORKED_WITH = {"button", "push button", "check box", "combo box", "spin button", "text"}
WORKED_WITH |= {"password text", "entry", "toggle button"}

# Run from code rather than by the menu's letters, which differ from language to language.
OPEN = """
import threading, windows
before = set(windows.titles())
procedure = Gimp.get_pdb().lookup_procedure(name)
config = procedure.create_config()
config.set_property("run-mode", Gimp.RunMode.INTERACTIVE)
config.set_property("image", Gimp.Image.get_by_id(number))
config.set_core_object_array("drawables", Gimp.Image.get_by_id(number).get_layers())
thread = threading.Thread(target=windows.shoot_and_leave, args=(before, paths, keys))
thread.start()
procedure.run(config)
thread.join()
result = windows.seen
"""


@pytest.fixture(
    scope="module", params=SEEN_IN, ids=[f"gimp-{SUITES[suite]}-{look}" for suite, look in SEEN_IN]
)
def look(request, start_gimp):
    suite, name = request.param
    furnish = unpack_fonts if name in NEED_FONTS else None
    try:
        person = start_gimp(suite, furnish, TEST_NO_AT_BRIDGE="0", **LOOKS[name])
    except InstallError as error:
        pytest.skip(f"no fonts for {name}: {error}")
    yield name, person
    person.gimp.close()


@pytest.mark.parametrize("short", DIALOGS)
def test_a_dialog(look, short):
    name, person = look
    procedure, pages = DIALOGS[short]
    image = person.open_photo()
    person.gimp.run(INDEX, number=image)  # with a palette the dialogs have all their rows
    names = [f"look-{name}-{short}-{page}.png" for page in range(pages)]
    seen = person.gimp.run(
        OPEN,
        name=procedure,
        number=image,
        paths=[f"/mnt/home/{each}" for each in names],
        keys=["ctrl+Next"] * pages,
    )
    for each in names:
        picture = Image.open(person.gimp.home / each)
        picture.save(person.screenshots / f"{person.gimp.version}-{each}")
        assert np.asarray(picture.convert("L")).std() > 5
    _x, _y, width, height = seen["box"]
    assert width <= picture.width
    assert height <= picture.height
    assert nameless(seen["widgets"]) == []
    assert ambiguous(seen["widgets"]) == []


def nameless(widgets):
    """Roles and places of what can be worked with and has no name."""
    return [
        (each["role"], each["page"], each["mnemonic"])
        for each in widgets
        if each["role"] in WORKED_WITH and each["focusable"] and not each["name"]
    ]


def ambiguous(widgets):
    """Letters that lead to more than one widget of what is seen together, with the names."""
    found = []
    for page in {each["page"] for each in widgets}:
        together = [each for each in widgets if each["page"] in ("", page) and each["mnemonic"]]
        together = [each for each in together if each["role"] in WORKED_WITH]
        counts = Counter(each["mnemonic"] for each in together)
        found += [
            (letter, sorted(each["name"] for each in together if each["mnemonic"] == letter))
            for letter, count in counts.items()
            if count > 1
        ]
    return found
