"""Makes the README's pictures of the dialogs, from a photo that every GIMP carries."""

from __future__ import annotations

import pytest
from PIL import Image

from tests.gimp.session import HOME
from tests.gui.person import DIALOG, SETTINGS

MOST_BYTES = 200_000
OPEN_SPLASH = """
import os, windows
path = os.path.join(Gimp.data_directory(), "images", "gimp-splash.png")
image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
wide, high = image.get_width(), image.get_height()
image.select_ellipse(Gimp.ChannelOps.REPLACE, wide * 0.42, high * 0.4, wide * 0.12, high * 0.16)
tools.show(image)
image.clean_all()
windows.xdotool("mousemove", 3, 890)
"""


@pytest.mark.parametrize(("letter", "title"), [("r", DIALOG), ("s", SETTINGS)])
def test_a_picture_of_the_dialog_alone(person, letter, title):
    person.gimp.run(OPEN_SPLASH)
    person.menu(letter)
    window = person.wait_for(title)
    person.look(f"readme-{letter}")
    _x, _y, *size = person.do("result = windows.geometry(window)", window=window)
    # Not cut from the screen: what is told of a place there counts the window's frame twice.
    person.do("windows.shoot(path, window)", path=f"{HOME}/window.png", window=window)
    kept = person.screenshots / f"{person.gimp.version}-readme-{letter}-window.png"
    picture = Image.open(person.gimp.home / "window.png").convert("RGB")
    picture.quantize(128).save(kept, optimize=True)
    assert kept.stat().st_size < MOST_BYTES
    assert list(picture.size) == size
