"""A service whose answer is no repair: it is told, kept, and neither inserted nor paid again."""

from __future__ import annotations

import numpy as np
import pytest

from tests.service_peer import place_fill
from tests.worker.peer import Picture, flat_quadrants


class Answers:
    """A fill that gives the ``wrong`` answer until it is told to do its work."""

    def __init__(self, wrong):
        self.wrong = wrong
        self.tasks = 0

    def __call__(self, image, mask, **options):
        self.tasks += 1
        return self.wrong(image) if self.wrong else place_fill(image, mask, **options)


@pytest.fixture
def picture():
    """Four quadrants with a dark object in one of them, selected with some room."""
    picture = Picture(flat_quadrants(700, 500), x=40, y=30, canvas=(800, 600))
    y, x = np.mgrid[:600, :800]
    distance = np.hypot((x - 320) / 20, (y - 250) / 12)
    picture.layer[(distance <= 0.9)[30:530, 40:740], :3] = (10, 20, 30)
    picture.selection[distance <= 1] = 255
    return picture


WRONG = {
    "the same": (lambda image: image.copy(), "with what was sent"),
    "turned": (lambda image: np.ascontiguousarray(image[::-1, ::-1]), "another picture"),
    "black": (np.zeros_like, "another picture"),
}


@pytest.mark.parametrize(("wrong", "said"), WRONG.values(), ids=WRONG)
def test_it_is_told_and_not_inserted(served, picture, wrong, said):
    peer = served(fill=Answers(wrong))()
    end = peer.run(picture, service="picwish")
    assert (end.kind, end.fields["code"]) == ("failed", "not-a-repair")
    assert said in end.fields["message"]
    assert "Recover Last Result" in end.fields["message"]
    assert "This computer" in end.fields["message"]
    assert not peer.inserted


def test_the_same_run_again_asks_before_it_pays_again(served, picture):
    fill = Answers(WRONG["the same"][0])
    worker = served(fill=fill)
    first, second, third = worker(), worker(), worker()
    first.run(picture, service="picwish")
    assert first.questions == []
    second.choice = "Cancel"
    assert second.run(picture, service="picwish").kind == "failed"
    assert "with what was sent" in second.questions[0]
    assert fill.tasks == 1
    fill.wrong = None
    third.choice = "Send again"
    assert third.run(picture, service="picwish").kind == "finished"
    assert (fill.tasks, third.inserted) == (2, True)


def test_a_recovery_inserts_it_as_it_came_and_says_so(served, picture):
    fill = Answers(WRONG["the same"][0])
    worker = served(fill=fill)
    worker().run(picture, service="picwish")
    peer = worker()
    peer.greet()
    end = peer.request("recover", picture)
    assert end.kind == "finished"
    assert "no repair" in end.fields["message"]
    place, pixels, mask = peer.patch()
    row, column = np.argwhere(mask == 255)[200]
    at = row + place["y"] - picture.y, column + place["x"] - picture.x
    assert pixels[row, column].tolist() == picture.layer[at].tolist()
    assert fill.tasks == 1
    again = worker()
    again.greet()
    assert again.request("recover", picture).kind == "failed"
