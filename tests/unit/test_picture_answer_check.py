"""What is a repair of what was sent: a sample of ``tests/bench/answers.py``, and its edges."""

from __future__ import annotations

import numpy as np
import pytest

from gimp_bridge.errors import NotARepair
from gimp_bridge.picture.answer_check import check_repair, fault_of
from tests.bench import answer_kinds as kinds


@pytest.fixture(params=range(len(kinds.DRAWN)), ids=[draw.__name__ for draw in kinds.DRAWN])
def scene(request):
    """A drawn picture with a thing of another colour in its hole."""
    random = np.random.default_rng(request.param + 11)
    truth = kinds.DRAWN[request.param]((160, 240), random)
    rows, columns = np.mgrid[:160, :240]
    hole = np.hypot(rows - 70, columns - 100) < 24
    colour = np.where(truth[hole].mean(axis=0) < 128, 235, 20)
    sent = truth.copy()
    sent[np.hypot(rows - 70, columns - 100) < 22] = colour
    return kinds.Scene(truth, sent, hole)


def judged(scene, answer):
    return fault_of(scene.sent, answer, np.where(scene.hole, 255, 0).astype(np.uint8))


@pytest.mark.parametrize("fill", ["truth", "smooth", "grain", "flat"])
@pytest.mark.parametrize("turn", range(6))
def test_an_honest_answer_is_none_other(scene, fill, turn):
    random = np.random.default_rng(turn)
    answer = kinds.in_service(kinds.honest_fill(scene, fill, random), scene.hole, random)
    assert judged(scene, answer) is None


def test_what_was_sent_is_found_out_however_it_was_compressed(scene):
    assert judged(scene, scene.sent) == "unchanged"
    for quality in (40, 60, 75, 85, 95):
        for subsampling in (0, 2):
            answer = kinds.as_file(scene.sent, "JPEG", quality=quality, subsampling=subsampling)
            assert judged(scene, answer) == "unchanged"
            assert judged(scene, kinds.levels(answer * 0.95 + 6.0)) == "unchanged"
        assert judged(scene, kinds.as_file(scene.sent, "WEBP", quality=quality)) == "unchanged"


@pytest.mark.parametrize("quality", [60, 75])
def test_what_compression_changes_a_lot_is_still_there(quality):
    """A fine pattern, of which a quarter is lost."""
    truth = kinds.texture((160, 240), np.random.default_rng(1))
    rows, columns = np.mgrid[:160, :240]
    distance, pattern = np.hypot(rows - 70, columns - 100), 80 * ((rows + columns) % 2)
    sent = kinds.levels(truth + (pattern * (distance < 10))[..., None])
    answer = kinds.as_file(sent, "JPEG", quality=quality)
    assert judged(kinds.Scene(truth, sent, distance < 12), answer) == "unchanged"


@pytest.mark.parametrize("scene", [0, 1], indirect=True)
def test_what_is_only_paler_is_not_removed(scene):
    ghost = kinds.levels(0.7 * scene.sent + 0.3 * scene.truth)
    assert judged(scene, kinds.as_file(ghost, "JPEG", quality=85)) == "unchanged"


def test_another_picture_is_found_out(scene):
    other = scene.truth[::-1, ::-1].copy()
    other[:80] = 255 - other[:80]
    corner = np.zeros_like(scene.sent)
    corner[:80, :120] = scene.truth[::2, ::2]
    black, inverted = np.zeros_like(scene.sent), 255 - scene.truth
    for answer in (other, corner, black, inverted):
        assert judged(scene, answer) == "another picture"


def test_where_nothing_stood_out_nothing_need_change():
    random = np.random.default_rng(4)
    plain = kinds.levels(120 + 3 * random.standard_normal((160, 240, 3)))
    hole = np.zeros((160, 240), np.uint8)
    hole[40:80, 60:120] = 255
    assert fault_of(plain, plain, hole) is None


def test_a_plain_part_next_to_an_edge_need_not_change():
    two = np.full((160, 240, 3), (200, 40, 30), np.uint8)
    two[:, 120:] = (30, 180, 60)
    hole = np.zeros((160, 240), np.uint8)
    hole[40:80, 90:120] = 255
    assert fault_of(two, two, hole) is None


def test_a_small_thing_may_go_from_a_large_selection_that_is_lively():
    random = np.random.default_rng(6)
    truth = kinds.screenshot((240, 320), random)
    sent = truth.copy()
    sent[100:124, 150:174] = kinds.levels(0.8 * truth[100:124, 150:174])
    hole = np.zeros((240, 320), bool)
    hole[60:170, 80:250] = True
    for quality in (90, 95):
        answer = kinds.as_file(truth, "JPEG", quality=quality)
        assert judged(kinds.Scene(truth, sent, hole), answer) is None


@pytest.mark.parametrize("share", ["nothing", "all", "a pixel", "all but a pixel"])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (9, 200)])
def test_any_hole_in_any_size_is_judged(size, share):
    picture = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    hole = np.full(size, 255 if share.startswith("all") else 0, np.uint8)
    if "pixel" in share:
        hole[0, 0] = 255 - hole[0, 0]
    assert fault_of(picture, picture[::-1].copy(), hole) in (None, "unchanged", "another picture")


def test_the_error_says_what_came_and_where_it_is(scene):
    with pytest.raises(NotARepair, match=r"what was sent.*kept for an hour.*This computer"):
        check_repair(scene.sent, scene.sent, np.where(scene.hole, 255, 0).astype(np.uint8))
