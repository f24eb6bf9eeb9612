"""The preview over the pipe: the same numbers as the run, its small picture, and every refusal."""

from __future__ import annotations

import numpy as np
import pytest

from gimp_bridge.worker.preview import MASK_COLOUR, MASK_OPACITY
from tests.worker.peer import Picture, quadrants

WHITE = [255, 255, 255]


def photo():
    picture = Picture(quadrants(800, 600), x=7, y=-5, canvas=(900, 700))
    picture.selection[300:340, 420:470] = 255
    return picture


def look(peer, picture, thumbnail=(320, 240), **options):
    peer.greet()
    wish = {"job": picture.job(**options), "thumbnail": thumbnail}
    last, answer = peer.call("preview", wish, picture=picture)
    assert last.kind == "finished"
    return answer


def test_this_computer_is_free_and_sends_nothing(peer):
    facts = look(peer, photo(), service="auto").fields
    assert (facts["by"], facts["tasks"], facts["problem"]) == ("this-computer", 0, None)
    assert "host" not in facts
    assert "upload_bytes" not in facts


def test_it_says_beforehand_where_something_is_transparent(peer):
    picture = photo()
    picture.layer[500:, :, 3] = 128
    assert look(peer, picture).fields["transparent"] is False
    picture.layer[310:340, 420:460, 3] = 128
    assert peer.call("preview", {"job": picture.job(), "thumbnail": (320, 240)}, picture=picture)[
        1
    ].fields["transparent"]


def test_the_window_is_the_one_that_the_run_reads(peer):
    picture = photo()
    facts = look(peer, picture).fields
    peer.request("run", picture)
    window, _pixels, _coverage = peer.patch()
    assert facts["windows"] == [[window["width"], window["height"]]]
    assert facts["share"] == pytest.approx(40 * 50 / (window["width"] * window["height"]))


def test_the_picture_is_the_window_with_the_mask_over_it(peer):
    picture = photo()
    picture.layer[..., :3] = (10, 200, 90)
    answer = look(peer, picture, thumbnail=(256, 256))
    size = answer.fields["thumbnail"]
    shown = np.frombuffer(answer.payload, np.uint8).reshape(size["height"], size["width"], 3)
    assert (size["width"], size["height"]) == (256, 256)
    kinds, counts = np.unique(shown.reshape(-1, 3), axis=0, return_counts=True)
    tinted = np.rint(np.array((10, 200, 90)) * (1 - MASK_OPACITY) + MASK_COLOUR * MASK_OPACITY)
    assert sorted(kinds.tolist()) == sorted([[10, 200, 90], WHITE, tinted.astype(int).tolist()])
    # The window of 512 px is shown at half its size: 25 × 20 px of mask, or one more where the
    # halving cuts a pixel of it; its rim is white.
    rows, columns = np.nonzero((shown != (10, 200, 90)).any(axis=2))
    assert columns.max() - columns.min() + 1 in (25, 26)
    assert rows.max() - rows.min() + 1 in (20, 21)
    assert counts[kinds.tolist().index(WHITE)] >= 2 * (25 + 20) - 4


def test_the_service_tells_host_tasks_and_the_size_of_the_upload(served):
    peer = served()()
    facts = look(peer, photo(), service="auto").fields
    assert (facts["by"], facts["tasks"]) == ("service", 1)
    assert facts["host"].startswith("127.0.0.1:")
    assert 10_000 < facts["upload_bytes"] < 3 * 512 * 512


def test_the_estimate_is_near_the_upload_of_a_large_window(served):
    peer = served()()
    noise = np.random.default_rng(1).integers(0, 256, (1600, 1600, 4), np.uint8)
    noise[..., 3] = 255
    picture = Picture(noise)
    picture.selection[500:1100, 500:1100] = 255
    facts = look(peer, picture, service="picwish").fields
    width, height = facts["windows"][0]
    # Noise cannot be compressed: three bytes a pixel.
    assert facts["upload_bytes"] == pytest.approx(3 * width * height, rel=0.05)


def test_large_selections_are_read_in_strips(peer):
    picture = Picture(quadrants(3000, 1500))
    picture.selection[100:1400, 100:2900] = 255
    look(peer, picture)
    strips = [read for read in peer.reads if read["what"] == "selection"]
    assert len(strips) > 3
    assert max(read["width"] * read["height"] for read in strips) <= 1 << 20
    assert sum(read["height"] for read in strips) == 1300


def refused(peer, picture, **options):
    return look(peer, picture, **options).fields


def test_nothing_selected_is_a_problem_and_no_error(peer):
    facts = refused(peer, Picture(quadrants(64, 48)))
    assert facts["problem"]["code"] == "no-selection"
    assert facts["thumbnail"] is None


@pytest.mark.parametrize(("columns", "said"), [(100, ""), (150, "More than half is removed")])
def test_more_than_half_selected_is_warned_of(peer, columns, said):
    picture = Picture(quadrants(200, 100))
    picture.selection[:, :columns] = 255
    facts = refused(peer, picture)
    assert facts["problem"] is None
    assert facts["warning"].startswith(said)
    assert bool(facts["warning"]) == bool(said)


def test_too_much_selected_is_shown_and_refused(peer):
    picture = Picture(quadrants(200, 100))
    picture.selection[:, :190] = 255
    facts = refused(peer, picture)
    assert facts["problem"]["code"] == "area-too-large"
    assert "95 %" in facts["problem"]["message"]
    assert facts["thumbnail"] == {"width": 200, "height": 100}


def test_a_missing_key_is_refused_before_anything_is_sent(peer):
    facts = refused(peer, photo(), service="picwish")
    assert facts["problem"]["code"] == "key-missing"
    assert "This computer" in facts["problem"]["message"]
    assert facts["thumbnail"] is not None


@pytest.mark.parametrize(("grow", "px"), [(-1, 3), (None, 3), (0, 0), (7, 7)])
def test_it_tells_how_far_the_selection_grows(peer, grow, px):
    picture = Picture(quadrants(800, 600))
    picture.selection[100:112, 100:112] = 255
    assert look(peer, picture, grow=grow).fields["grow"] == px
