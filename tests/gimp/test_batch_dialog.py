"""The batch's dialog in a real window: estimated, run, stopped and tried again by keys.

The code runs in GIMP's interpreter, which is busy with the procedure until the dialog is closed;
so a thread of it is the person, who only uses the keyboard and looks at the screen.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from tests.gimp.test_batch import CLEAN, PREPARE

PERSON = """
import os, pathlib, subprocess, threading, time

HOME = pathlib.Path(os.environ["HOME"])
TITLE = "Remove in All Open Images"
problems = []

def window():
    for _ in range(400):
        found = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", TITLE], capture_output=True, text=True
        ).stdout.split()
        if found:
            return found[-1]
        time.sleep(0.05)
    raise AssertionError("the dialog did not open")

def press(*keys):
    subprocess.run(["xdotool", "windowactivate", "--sync", window()], check=True)
    for key in keys:
        subprocess.run(["xdotool", "key", key], check=True)
        time.sleep(0.2)

def look(name):
    subprocess.run(["import", "-window", "root", str(HOME / f"{name}.png")], check=True)

def wait_for(name):
    for _ in range(1200):
        if (HOME / name).exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"no {name}")

def guarded():
    try:
        person()
    except Exception as error:
        problems.append(repr(error))
        subprocess.run(["xdotool", "key", "Escape"])

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
    window()
    time.sleep(2.5)
    look("before")
    press("alt+r")
    time.sleep(3)
    look("during")
    wait_for("all done")
    time.sleep(2.5)
    look("after")
    press("alt+c")
"""

STOPPED = """
def person():
    window()
    time.sleep(2.5)
    press("alt+r")
    wait_for("stop now")
    press("alt+t")
    wait_for("all done")
    time.sleep(2)
    look("stopped")
    press("alt+c")
"""


@pytest.fixture
def screen(gimp, service):
    """A person who has agreed to the service; keeps the screenshots where it is said to."""
    folder = gimp.home / ".config" / "gimp-object-removal"
    folder.mkdir(parents=True, exist_ok=True)
    agreed = {"consents": [service.address.removeprefix("http://")]}
    (folder / "settings.json").write_text(json.dumps(agreed))
    for name in ("all done", "stop now"):
        (gimp.home / name).unlink(missing_ok=True)
    yield gimp
    (folder / "settings.json").unlink()
    folder = os.environ.get("OBJECT_REMOVAL_SCREENSHOTS")
    for path in gimp.home.glob("*.png") if folder else []:
        shutil.copy(path, Path(folder, f"batch-{gimp.version}-{path.name}"))


def after_polls(gimp, service, count, name):
    """A hook on the service's polls that gives the person a sign once so many have come."""
    seen = []

    def poll():
        seen.append(time.monotonic())
        if len(seen) == count:
            (gimp.home / name).touch()

    return service.on_poll(poll)


def test_a_whole_run_by_the_keyboard(screen, service):
    code = PREPARE + "Gimp.Selection.none(images[2])\n" + PERSON + WHOLE + RUN + CLEAN
    billed = service.tasks
    with after_polls(screen, service, 5, "all done"):
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
        if service.tasks - billed >= 4:
            (screen.home / "stop now").touch()
            (screen.home / "all done").touch()

    code = (
        PREPARE
        + PERSON
        + STOPPED.replace('wait_for("all done")\n    time.sleep(2)', "time.sleep(8)")
        + RUN
        + CLEAN
    )
    with service.on_poll(sign):
        status, counts, report, problems, layers = screen.run(code, count=14, service="picwish")
    assert problems == []
    assert status == "success"
    assert counts[2] == 0
    assert counts[0] == service.tasks - billed == sum(number - 1 for number in layers)
    assert 4 <= counts[0] < 14
    assert "Stopped" in report
