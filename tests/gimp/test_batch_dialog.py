"""The batch's dialog in a real window: estimated, run, stopped and tried again by keys.

The code runs in GIMP's interpreter, which is busy with the procedure until the dialog is closed;
so a thread of it is the person, who only uses the keyboard and looks at the screen.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from pathlib import Path

import pytest

from tests.gimp.test_batch import CLEAN, PREPARE

PERSON = """
import os, pathlib, threading, time, windows

HOME = pathlib.Path(os.environ["HOME"])
TITLE = "Remove in All Open Images"
problems = []

def wait_for(sign, key=None):
    "Wait for the file ``sign``; press ``key`` again as long as its button is not yet able."
    until = time.monotonic() + 120
    while not (HOME / sign).exists():
        if time.monotonic() > until:
            raise AssertionError(f"no {sign}")
        if key:
            windows.wait_for(TITLE)
            windows.press(key)
        time.sleep(0.3)

def look(name):
    windows.wait_still(str(HOME / f"{name}.png"))

def close():
    "Press Close, which cannot be pressed before the run has ended."
    windows.press_until_gone(TITLE, "alt+c", patience_s=120)

def guarded():
    try:
        person()
    except Exception as error:
        problems.append(repr(error))
        windows.press("Escape")

"""
RUN = """
displays = [tools.show(image) for image in images]
thread = threading.Thread(target=guarded)
thread.start()
status, values, error = tools.call(
    "plug-in-object-removal-batch", run_mode=Gimp.RunMode.INTERACTIVE, image=images[0],
    drawables=images[0].get_selected_drawables(), grow=0, feather=0.0, service=service,
)
thread.join()
result = [status, list(values[:3]), values[3] if len(values) > 3 else error, problems,
          [len(image.get_layers()) for image in images]]
for display in displays:
    display.delete()
images = []
"""

WHOLE = """
def person():
    windows.wait_for(TITLE)
    look("before")
    wait_for("begun", key="alt+r")
    windows.shoot(str(HOME / "during.png"))
    wait_for("all done")
    look("after")
    close()
"""

STOPPED = """
def person():
    wait_for("begun", key="alt+r")
    wait_for("stop now")
    windows.wait_for(TITLE)
    windows.press("alt+t")
    close()
"""


@pytest.fixture
def screen(gimp, service):
    """A person who has agreed to the service; keeps the screenshots where it is said to."""
    folder = gimp.home / ".config" / "gimp-object-removal"
    folder.mkdir(parents=True, exist_ok=True)
    agreed = {"consents": [service.address.removeprefix("http://")]}
    (folder / "settings.json").write_text(json.dumps(agreed))
    for name in ("begun", "all done", "stop now"):
        (gimp.home / name).unlink(missing_ok=True)
    yield gimp
    (folder / "settings.json").unlink()
    folder = os.environ.get("OBJECT_REMOVAL_SCREENSHOTS")
    for path in gimp.home.glob("*.png") if folder else []:
        shutil.copy(path, Path(folder, f"batch-{gimp.version}-{path.name}"))


def polls(gimp, service, signs):
    """Gives the person each of ``signs`` once so many polls of the service have come."""
    seen = itertools.count(1)

    def poll():
        if (name := signs.get(next(seen))) is not None:
            (gimp.home / name).touch()

    return service.on_poll(poll)


def test_a_whole_run_by_the_keyboard(screen, service):
    code = PREPARE + "Gimp.Selection.none(images[2])\n" + PERSON + WHOLE + RUN + CLEAN
    billed = service.tasks
    with polls(screen, service, {1: "begun", 5: "all done"}):
        status, counts, report, problems, layers = screen.run(code, count=6, service="picwish")
    assert problems == []
    assert (status, counts) == ("success", [5, 1, 0])
    assert layers == [2, 2, 1, 2, 2, 2]
    assert report.startswith("5 done, 1 skipped, 0 failed.")
    assert "Nothing is selected" in report
    assert service.tasks == billed + 5


def test_stop_by_the_keyboard_sends_no_more(screen, service):
    billed = service.tasks

    def sign():
        (screen.home / "begun").touch()
        if service.tasks - billed >= 4:
            (screen.home / "stop now").touch()

    code = PREPARE + PERSON + STOPPED + RUN + CLEAN
    with service.on_poll(sign):
        status, counts, report, problems, layers = screen.run(code, count=14, service="picwish")
    assert problems == []
    assert status == "success"
    assert counts[2] == 0
    assert counts[0] == service.tasks - billed == sum(number - 1 for number in layers)
    assert 4 <= counts[0] < 14
    assert "Stopped" in report
