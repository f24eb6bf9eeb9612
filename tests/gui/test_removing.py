"""Removing by the window: menu, dialog, consent, layer; quick; refusals; errors; cancel."""

from __future__ import annotations

import json
import time

import numpy as np
from PIL import Image

from tests.gui.person import DIALOG, INDEX, QUESTION, SETTINGS

REMOVED = ["Object removed", "photo"]
COVERED_WIDTH = """
mask = Gimp.Image.get_by_id(number).get_layers()[0].get_mask()
data, width = tools.read(mask, "Y u8"), mask.get_width()
rows = [data[start : start + width] for start in range(0, len(data), width)]
result = max(width - row.count(0) for row in rows)
"""


def test_the_first_minute_needs_no_key(person):
    image = person.open_photo()
    person.menu("r")
    person.wait_for(DIALOG)
    person.look("dialog-without-key")
    person.press("Return")
    person.wait_until(lambda: person.layers(image) == REMOVED)
    assert person.titles() == []
    person.look("result")


def test_consent_is_asked_once_and_the_service_answers(person):
    host = person.keep_key()
    for attempt in range(2):
        image = person.open_photo()
        person.menu("r")
        person.wait_for(DIALOG)
        person.look(f"dialog-with-key-{attempt}")
        person.press("Return")
        if attempt == 0:
            person.wait_for(QUESTION)
            assert person.layers(image) == ["photo"]
            person.look("consent")
            person.press("alt+s")
        person.wait_until(lambda image=image: person.layers(image) == REMOVED)
        assert json.loads(person.config("settings.json").read_text())["consents"] == [host]


def test_an_impatient_second_enter_does_not_consent(person, fill):
    person.keep_key()
    image = person.open_photo()
    person.menu("r")
    person.wait_for(DIALOG)
    person.press("Return")
    person.wait_for(QUESTION)
    person.press("Return")
    person.wait_gone(QUESTION)
    assert person.layers(image) == ["photo"]
    assert not fill.begun.is_set()
    assert person.titles() == []


def test_this_computer_can_be_chosen_instead_of_consent(person, fill):
    person.keep_key()
    image = person.open_photo()
    person.menu("r")
    person.wait_for(DIALOG)
    person.press("Return")
    person.wait_for(QUESTION)
    person.press("alt+t")
    person.wait_until(lambda: person.layers(image) == REMOVED)
    assert not fill.begun.is_set()
    assert not person.config("settings.json").exists()


def test_an_indexed_image_may_become_rgb_and_one_undo_takes_both_back(person):
    def base():
        return person.gimp.run(
            "result = Gimp.Image.get_by_id(number).get_base_type().value_nick", number=image
        )

    image = person.open_photo()
    person.gimp.run(INDEX, number=image)
    person.menu("r")
    person.wait_for(DIALOG)
    person.press("alt+p", "Down")
    person.look("dialog-indexed")
    person.press("alt+m")
    person.wait_until(lambda: person.layers(image) == REMOVED)
    assert base() == "rgb"
    person.gimp.run("import windows; windows.wait_for_plug_in_to_end()")
    person.do("tools.press('ctrl+z')")
    person.wait_until(lambda: person.layers(image) == ["photo"])
    assert base() == "indexed"


def test_quick_removes_without_a_dialog(person):
    image = person.open_photo()
    person.menu("o")
    person.wait_until(lambda: person.layers(image) == REMOVED)
    assert person.titles() == []


def test_dialog_and_quick_begin_with_what_was_used_last(person):
    widths = []
    for letter, grow in (("o", None), ("r", "40"), ("o", None), ("r", None)):
        image = person.open_photo()
        person.menu(letter)
        if letter == "r":
            person.wait_for(DIALOG)
            if grow:
                person.press("alt+g")
                person.type_text(grow)
            person.look(f"grown-{len(widths)}")
            person.press("Return")
        person.wait_until(lambda image=image: person.layers(image) == REMOVED)
        widths.append(person.gimp.run(COVERED_WIDTH, number=image))
    # 60 px, grown by 4 or 40 px and fading out over 2 px more, on each side.
    assert widths == [72, 144, 144, 144]


def test_growth_follows_each_selection_until_a_person_says_a_number(person):
    image = person.open_photo(selection=(40, 40, 12, 12))
    person.menu("r")
    person.wait_for(DIALOG)
    person.look("grow-automatic")
    person.press("alt+m")
    person.wait_until(lambda: person.layers(image) == REMOVED)
    # 12 px, grown by a quarter of them, fading out over 2 px more, on each side.
    assert person.gimp.run(COVERED_WIDTH, number=image) == 12 + 2 * 3 + 2 * 2
    person.do("windows.wait_for_plug_in_to_end()")
    other = person.open_photo(selection=(200, 150, 250, 250))
    person.menu("o")
    person.wait_until(lambda: person.layers(other) == REMOVED)
    # The longer side of the picture, 640 px, counts: 4 px.
    assert person.gimp.run(COVERED_WIDTH, number=other) == 250 + 2 * 4 + 2 * 2


def test_growth_is_automatic_again_by_its_box(person):
    image = person.open_photo()
    person.menu("r")
    person.wait_for(DIALOG)
    person.press("alt+g")
    person.type_text("30")
    person.press("Tab")
    person.look("grow-by-hand")
    person.press("alt+i")
    person.look("grow-automatic-again")
    person.press("alt+m")
    person.wait_until(lambda: person.layers(image) == REMOVED)
    assert person.gimp.run(COVERED_WIDTH, number=image) == 72


def test_the_settings_leave_what_was_typed_in_the_dialog(person):
    image = person.open_photo()
    person.menu("r")
    person.wait_for(DIALOG)
    person.press("alt+g")
    person.type_text("40")
    person.press("Tab", "alt+t")
    person.wait_for(SETTINGS)
    person.look("settings-from-the-dialog")
    person.press("Return")
    person.wait_gone(SETTINGS)
    person.wait_for(DIALOG)
    person.press("alt+m")
    person.wait_until(lambda: person.layers(image) == REMOVED)
    assert person.gimp.run(COVERED_WIDTH, number=image) == 144


def test_an_image_closed_while_a_run_starts_takes_nothing_along(person):
    for seconds in (0.3, 0.5, 0.7, 0.9):
        image = person.open_photo()
        person.menu("o")
        time.sleep(seconds)
        person.close_images()
        person.do("windows.wait_for_plug_in_to_end()")
        assert person.gimp.run("result = Gimp.Image.id_is_valid(number)", number=image) is False
        person.do("windows.close_all()")
    image = person.open_photo()
    person.menu("o")
    person.wait_until(lambda: person.layers(image) == REMOVED)


def test_the_dialog_says_why_it_cannot_be_done(person):
    image = person.open_photo(selection=None)
    person.menu("r")
    person.wait_for(DIALOG)
    person.look("dialog-nothing-selected")
    person.press("Return")
    person.look("dialog-nothing-selected-after-enter")
    assert DIALOG in person.titles()
    person.press("Escape")
    person.wait_gone(DIALOG)
    assert person.layers(image) == ["photo"]


def test_the_dialog_follows_the_selection(person):
    image = person.open_photo(selection=None)
    person.menu("r")
    person.wait_for(DIALOG)
    person.gimp.run("tools.select(Gimp.Image.get_by_id(number), 300, 100, 50, 80)", number=image)
    person.look("dialog-selected-meanwhile")
    person.press("Return")
    person.wait_until(lambda: person.layers(image) == REMOVED)


def test_an_error_is_shown_once(person):
    image = person.open_photo(selection=None)
    person.menu("o")
    person.wait_until(lambda: person.titles() != [])
    person.look("error")
    assert len(person.titles()) == 1
    person.press("Return")
    person.wait_until(lambda: person.titles() == [])
    assert person.layers(image) == ["photo"]


FILTER = """
image = Gimp.Image.get_by_id(number)
layer = image.get_layers()[0]
layer.append_filter(Gimp.DrawableFilter.new(layer, "gegl:invert-gamma", "invert"))
image.clean_all()
"""


def test_the_dialog_leaves_no_step_behind(person):
    image = person.open_photo()
    person.gimp.run(FILTER, number=image)
    person.menu("r")
    person.wait_for(DIALOG)
    person.look("dialog-with-a-filter")
    person.press("Escape")
    person.wait_gone(DIALOG)
    dirty = "result = Gimp.Image.get_by_id(number).is_dirty()"
    assert person.gimp.run(dirty, number=image) is False


def test_quick_begins_anew_where_the_last_values_are_damaged(person):
    person.gimp.profile.joinpath("plug-in-settings").mkdir(exist_ok=True)
    name = "GimpProcedureConfigRun-plug-in-object-removal.last"
    last = person.gimp.profile / "plug-in-settings" / name
    last.write_bytes(b"(grow 40)\n\xff\xfe")
    image = person.open_photo()
    person.menu("o")
    person.wait_until(lambda: person.layers(image) == REMOVED)
    assert person.gimp.run(COVERED_WIDTH, number=image) == 72


def test_cancel_beside_the_progress_bar_ends_it(person, fill):
    host = person.keep_key()
    person.config("settings.json").write_text(json.dumps({"consents": [host]}))
    image = person.open_photo()
    before = np.asarray(Image.open(person.look("before-the-run")).convert("L"), int)
    fill.go_on.clear()
    person.menu("o")
    person.wait_until(fill.begun.is_set)
    person.do("import time; time.sleep(1); windows.shoot(path)", path="/mnt/home/look.png")
    running = np.asarray(Image.open(person.gimp.home / "look.png").convert("L"), int)
    Image.open(person.gimp.home / "look.png").save(
        person.screenshots / f"{person.gimp.version}-running.png"
    )
    x, y = cancel_button(before, running)
    person.click(x, y)
    after = person.look("after-cancel")
    again = np.asarray(Image.open(after).convert("L"), int)
    assert np.abs(again - before)[y - 8 : y + 8, x - 20 : x + 20].max() < 40
    fill.go_on.set()
    assert person.layers(image) == ["photo"]
    assert person.titles() == []


def cancel_button(before, running):
    """Where GIMP's Cancel is: the right end of what has appeared in the status bar."""
    # The status bar belongs to the image, between the docks, and nothing lies below it.
    rows, columns = np.nonzero(np.abs(running - before)[:, 300:870] > 40)
    bar = rows > rows.max() - 30
    return int(columns[bar].max()) + 300 - 12, int(np.median(rows[bar]))
