"""Somebody who sits before GIMP: presses keys, reads titles, looks at the screen."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from tests.gimp.session import HOME, GimpSession
from tests.service_peer import KEY

DIALOG = "Remove Selected Object"
BATCH = "Remove in All Open Images"
SETTINGS = "Object Removal Settings"
QUESTION = "Object Removal"
PATIENCE_S = 60

OPEN_PHOTO = """
import windows
image = tools.new_image(*size)
layer = tools.add_layer(image, "photo", *size, pixels=tools.flat_quadrants(*size))
if selection:
    tools.select(image, *selection)
tools.show(image)
image.clean_all()
windows.press("shift+ctrl+j")  # fit the image into its window
windows.xdotool("mousemove", 3, 890)  # where no tooltip comes up
result = image.get_id()
"""

CLOSE_IMAGES = """
for number in range(1, 200):
    display = Gimp.Display.get_by_id(number)
    if display is not None and display.is_valid():
        display.delete()
"""

CLOSE = f"""
import windows
windows.close_all()
windows.wait_for_plug_in_to_end()
{CLOSE_IMAGES}
"""

INDEX = """
image = Gimp.Image.get_by_id(number)
image.convert_indexed(
    Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 4, False, False, "")
image.clean_all()
"""

LAYERS = """
image = Gimp.Image.get_by_id(number)
result = [layer.get_name() for layer in image.get_layers()]
"""


class Person:
    """Drives one GIMP session; ``screenshots`` is where pictures of the screen are kept."""

    def __init__(self, gimp: GimpSession, screenshots: Path) -> None:
        self.gimp = gimp
        self.screenshots = screenshots
        screenshots.mkdir(parents=True, exist_ok=True)

    def open_photo(self, size=(640, 480), selection=(200, 150, 60, 40)) -> int:
        """Open a photo with a selection in the window; returns the image's id."""
        return self.gimp.run(OPEN_PHOTO, size=size, selection=selection)

    def menu(self, letter: str) -> None:
        """Choose from Filters > Object Removal, the last of the Filters, by its letter."""
        self.do("tools.press('alt+r')")
        self.do("import time; time.sleep(0.7); windows.press('Up', 'Right'); time.sleep(0.3)")
        self.press(letter)

    def press(self, *keys: str) -> None:
        self.do("windows.press(*keys)", keys=keys)

    def type_text(self, text: str) -> None:
        self.do("windows.type_text(text)", text=text)

    def click(self, x: int, y: int) -> None:
        self.do("windows.click(x, y)", x=x, y=y)

    def wait_for(self, title: str) -> str:
        return self.do("result = windows.wait_for(title)", title=title)

    def wait_gone(self, title: str) -> None:
        self.do("windows.wait_gone(title)", title=title)

    def titles(self) -> list[str]:
        return self.do("result = windows.titles()")

    def look(self, name: str) -> Path:
        """A picture of the screen, once it rests, kept under ``name``."""
        self.do("windows.wait_still(path)", path=f"{HOME}/look.png")
        kept = self.screenshots / f"{self.gimp.version}-{name}.png"
        shutil.copy(self.gimp.home / "look.png", kept)
        return kept

    def layers(self, image: int) -> list[str]:
        return self.gimp.run(LAYERS, number=image)

    def wait_until(self, true) -> None:
        until = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < until, f"it never came true; open: {self.titles()}"
            time.sleep(0.1)

    def do(self, code: str, **values: Any) -> Any:
        return self.gimp.run(f"import windows\n{code}", **values)

    def forget_everything(self) -> None:
        """No key, no consent, no last values, no results of earlier runs."""
        shutil.rmtree(self.gimp.home / ".config/gimp-object-removal", ignore_errors=True)
        shutil.rmtree(self.gimp.home / ".local/share/gimp-object-removal/journal", True)
        shutil.rmtree(self.gimp.profile / "plug-in-settings", ignore_errors=True)

    def config(self, name: str) -> Path:
        """A file of the plug-in's own configuration."""
        return self.gimp.home / ".config/gimp-object-removal" / name

    def keep_key(self) -> str:
        """Have a key for the service in use; returns the service's host."""
        self.config("keys.json").parent.mkdir(parents=True, exist_ok=True)
        host = self.gimp.run("import os; result = os.environ['PICWISH_BASE_URL']")[7:]
        self.config("keys.json").write_text(json.dumps({host: KEY}))
        return host

    def widgets(self, title: str) -> list[dict[str, Any]]:
        """What a screen reader is told of a window, in a GIMP that tells it."""
        return self.do("result = windows.accessible(title)", title=title)

    def close_images(self) -> None:
        """Close the windows of all images, as if they had been saved."""
        self.gimp.run(CLOSE_IMAGES)

    def close_everything(self) -> None:
        self.gimp.run(CLOSE)
