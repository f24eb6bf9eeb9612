"""The retouching loop by keys and mouse: remove, look, refine, undo, go on."""

from __future__ import annotations

import json

from tests.gui.person import DIALOG, QUESTION

SEEN = """
copy = Gimp.Image.get_by_id(number).duplicate()
result = tools.digest(copy.flatten())
copy.delete()
"""
SELECT = "tools.select(Gimp.Image.get_by_id(number), *box)"
ACTIVE = """
image = Gimp.Image.get_by_id(number)
result = [each.get_name() for each in image.get_selected_drawables()]
"""


def at_once(person, image, count):
    """Remove at once; ``count`` layers are there then."""
    person.menu("o")
    person.wait_until(lambda: len(person.layers(image)) == count)
    person.do("windows.wait_for_plug_in_to_end()")
    assert person.titles() == []


def test_each_removal_of_a_loop_is_seen_and_one_undo_takes_it_back(person):
    image = person.open_photo(selection=(250, 180, 140, 120))
    looks = [person.gimp.run(SEEN, number=image)]
    boxes = [(290, 210, 60, 50), (300, 215, 30, 30), (310, 220, 12, 12), (394, 220, 40, 40)]
    at_once(person, image, 2)
    for count, box in enumerate(boxes, start=3):
        looks.append(person.gimp.run(SEEN, number=image))
        person.gimp.run(SELECT, number=image, box=box)
        at_once(person, image, count)
    looks.append(person.gimp.run(SEEN, number=image))
    assert len(set(looks)) == 6
    person.look("five-removals")
    for count in (5, 4):
        person.do("tools.press('ctrl+z')")  # the removal
        person.wait_until(lambda count=count: len(person.layers(image)) == count)
        assert person.gimp.run(SEEN, number=image) == looks[count - 1]
        person.do("tools.press('ctrl+z')")  # the selection
    person.do("tools.press('ctrl+y', 'ctrl+y')")
    person.wait_until(lambda: len(person.layers(image)) == 5)
    assert person.gimp.run(ACTIVE, number=image) != ["photo"]  # GIMP chooses the result's mask
    at_once(person, image, 6)


def test_the_dialog_begins_with_automatic_and_goes_on_from_a_result(person):
    image = person.open_photo(selection=(250, 180, 140, 120))
    at_once(person, image, 2)
    before = person.gimp.run(SEEN, number=image)
    person.gimp.run(
        "image = Gimp.Image.get_by_id(number)\n"
        "image.set_selected_layers(image.get_layers()[:1])\n"
        "tools.select(image, 290, 210, 60, 50)",
        number=image,
    )
    person.menu("r")
    person.wait_for(DIALOG)
    person.look("dialog-on-a-result")
    person.press("alt+m")
    person.wait_until(lambda: len(person.layers(image)) == 3)
    person.do("windows.wait_for_plug_in_to_end()")
    assert person.gimp.run(SEEN, number=image) != before


# Wherever the canvas lies in the window, what is painted over changes.
TEXTURE = """
import random
random.seed(4)
image = Gimp.Image.get_by_id(number)
layer = image.get_layers()[0]
values = bytes(random.choices((20, 110, 200), k=640 * 480))
tools.write(layer, bytes(255 if at % 4 == 3 else values[at // 4] for at in range(4 * 640 * 480)))
"""
CENTRE = """
import windows
windows.press("d", "x", "p")  # white in front, the paintbrush
windows.xdotool("mousemove", 500, 450, "mousedown", 1)
for x in range(500, 580, 8):
    windows.xdotool("mousemove", x, 450)
windows.xdotool("mouseup", 1)
windows.xdotool("mousemove", 3, 890)
import time; time.sleep(1)
"""
CHANNELS = """
image = Gimp.Image.get_by_id(number)
result = [each.get_name() for each in image.get_channels()]
"""


def test_what_is_painted_goes_stroke_after_stroke(person):
    image = person.open_photo(selection=None)
    person.gimp.run(TEXTURE, number=image)
    looks = [person.gimp.run(SEEN, number=image)]
    for count in (2, 3):
        person.press("shift+q")
        person.wait_until(lambda: person.gimp.run(CHANNELS, number=image) == ["Qmask"])
        person.do(CENTRE)
        person.look(f"painted-{count}")
        at_once(person, image, count)
        assert person.gimp.run(CHANNELS, number=image) == []
        person.look(f"painted-{count}-removed")
        looks.append(person.gimp.run(SEEN, number=image))
    assert looks[0] != looks[1]
    person.do("tools.press('ctrl+z')")
    person.wait_until(lambda: len(person.layers(image)) == 2)
    assert person.gimp.run(CHANNELS, number=image) == ["Qmask"]


SHOWN = """
image = Gimp.Image.get_by_id(number)
result = [each.get_visible() for each in image.get_layers()]
"""


def test_three_results_differ_and_each_undo_brings_back_the_one_before(person):
    image = person.open_photo()
    person.gimp.run(TEXTURE, number=image)
    at_once(person, image, 2)
    looks = [person.gimp.run(SEEN, number=image)]
    for count in (3, 4):
        person.menu("t")
        person.wait_until(lambda count=count: len(person.layers(image)) == count)
        person.do("windows.wait_for_plug_in_to_end()")
        looks.append(person.gimp.run(SEEN, number=image))
    assert len(set(looks)) == 3
    assert person.gimp.run(SHOWN, number=image) == [True, False, False, True]
    person.do("tools.press('ctrl+z')")
    person.wait_until(lambda: len(person.layers(image)) == 3)
    assert person.gimp.run(SHOWN, number=image) == [True, False, True]
    assert person.gimp.run(SEEN, number=image) == looks[1]


def test_a_refused_key_offers_this_computer_and_nothing_to_recover_is_no_error(person, fill):
    host = person.keep_key()
    person.config("keys.json").write_text(json.dumps({host: "not-the-key"}))
    person.config("settings.json").write_text(json.dumps({"consents": [host]}))
    image = person.open_photo()
    person.menu("o")
    person.wait_for(QUESTION)
    person.look("service-failed")
    person.press("alt+t")
    person.wait_until(lambda: len(person.layers(image)) == 2)
    person.do("windows.wait_for_plug_in_to_end()")
    assert person.titles() == []
    assert not fill.begun.is_set()
    person.menu("l")
    person.wait_until(lambda: person.titles() != [])
    person.look("nothing-to-recover")
