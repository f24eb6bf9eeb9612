"""The retouching loop by keys and mouse: remove, look, refine, undo, go on."""

from __future__ import annotations

from tests.gui.person import DIALOG

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
