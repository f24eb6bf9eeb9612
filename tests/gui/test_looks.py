"""Every dialog in the light theme, at twice the size, and in each language; to be looked at.

What can be asserted without eyes is: the dialogs open, take their keys, and fit on the screen.
"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

LOOKS = {
    "light": {"TEST_GIMPRC": "(theme-color-scheme light)"},
    "twice": {"GDK_SCALE": "2", "TEST_SCREEN": "2560x1800"},
    "de": {"LANGUAGE": "de", "LANG": "C.UTF-8"},
    "fr": {"LANGUAGE": "fr", "LANG": "C.UTF-8"},
    "es": {"LANGUAGE": "es", "LANG": "C.UTF-8"},
    "ja": {"LANGUAGE": "ja", "LANG": "C.UTF-8"},
    "zh_CN": {"LANGUAGE": "zh_CN", "LANG": "C.UTF-8"},
}
REMOVE, SETTINGS = "plug-in-object-removal", "plug-in-object-removal-settings"

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


@pytest.fixture(scope="module", params=LOOKS)
def look(request, start_gimp):
    person = start_gimp("forky", **LOOKS[request.param])
    yield request.param, person
    person.gimp.close()


def test_the_dialogs(look):
    name, person = look
    image = person.open_photo()
    for procedure, pages in ((REMOVE, 1), (SETTINGS, 4)):
        short = "dialog" if procedure == REMOVE else "settings"
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
        x, y, width, height = seen["box"]
        assert min(x, y) >= 0
        assert x + width <= picture.width
        assert y + height <= picture.height
