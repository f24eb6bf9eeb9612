"""What a person reads when the image or its layer went while a paid run was under way."""

from __future__ import annotations

import json

import pytest

from tests.gui.conftest import Seat
from tools.private_debian.root import SUITES

MESSAGE = "GIMP Message"
DELETE_LAYER = """
image = Gimp.Image.get_by_id(number)
tools.add_layer(image, "another", 640, 480)
image.remove_layer([layer for layer in image.get_layers() if layer.get_name() == "photo"][0])
"""
RECOVER = "choose “Recover Last Result” within the hour, at no new cost."


@pytest.fixture(scope="module", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def seat(request, start_gimp):
    return Seat(start_gimp, request.param, TEST_NO_AT_BRIDGE="0", LANGUAGE="en")


@pytest.fixture
def running(person, fill):
    """A run that waits for the service; gives the image's number."""
    host = person.keep_key()
    person.config("settings.json").write_text(json.dumps({"consents": [host]}))
    image = person.open_photo()
    fill.go_on.clear()
    person.menu("o")
    person.wait_until(fill.begun.is_set)
    return image


def told(person):
    """All that GIMP shows as a message, once the run has ended."""
    person.do("windows.wait_for_plug_in_to_end()")
    person.wait_for(MESSAGE)
    return [each["text"] for each in person.widgets(MESSAGE) if len(each["text"].split()) > 4]


def test_of_a_closed_image_one_sentence_says_where_what_was_paid_for_is(person, fill, running):
    person.close_images()
    fill.go_on.set()
    (text,) = told(person)
    person.look("closed-image")
    assert "\nThe image was closed. Its result is paid for and kept:" in text
    assert text.endswith(RECOVER)


def test_of_a_deleted_layer_one_sentence_says_where_what_was_paid_for_is(person, fill, running):
    person.gimp.run(DELETE_LAYER, number=running)
    fill.go_on.set()
    (text,) = told(person)
    person.look("deleted-layer")
    assert (
        "its layer hidden or deleted), so the repair no longer fits and was not inserted." in text
    )
    assert text.endswith(RECOVER)
    assert person.layers(running) == ["another"]
