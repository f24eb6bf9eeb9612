"""The worker as a process: greeting, a whole removal, refusals, and the end of the pipe."""

from __future__ import annotations

import os

import numpy as np
import pytest

from gimp_bridge import __version__, wire
from tests.worker.peer import Picture, quadrants


def test_greeting_tells_protocol_and_version(peer):
    frame = peer.greet()
    assert (frame.kind, frame.fields["protocol"], frame.fields["version"]) == (
        "hello",
        wire.PROTOCOL,
        __version__,
    )


@pytest.mark.skipif(os.name == "nt", reason="there the plug-in sets it")
def test_it_gives_way_to_gimp(peer):
    peer.greet()
    priority = os.getpriority(os.PRIO_PROCESS, peer.process.pid)
    assert priority == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 5)


def test_a_removal_reads_selection_and_window_and_inserts_one_patch(peer):
    picture = Picture(quadrants(800, 600), x=7, y=-5, canvas=(900, 700))
    picture.selection[300:340, 420:470] = 255
    assert peer.run(picture).kind == "finished"
    assert peer.inserted
    # The second reading of the layer is of the hole: whether it is still what it was.
    assert [read["what"] for read in peer.reads] == ["selection", "layer", "layer"]
    place, pixels, mask = peer.patch()
    assert {side: peer.begun[side] for side in ("x", "y", "width", "height")} == {
        side: place[side] for side in ("x", "y", "width", "height")
    }
    expected = picture.selection[
        place["y"] : place["y"] + place["height"], place["x"] : place["x"] + place["width"]
    ]
    assert np.array_equal(mask, expected)
    source = picture.read("layer", *(place[side] for side in ("x", "y", "width", "height")))
    outside = mask == 0
    assert np.count_nonzero(pixels[outside] != source[outside]) == 0
    assert np.count_nonzero((pixels != source).any(axis=2) & ~outside) > 0


def test_what_is_read_does_not_grow_with_the_image(peer):
    picture = Picture(quadrants(3000, 2000))
    picture.selection[1000:1040, 1500:1550] = 255
    peer.run(picture)
    pixels = peer.reads[1]
    assert pixels["width"] * pixels["height"] <= 600 * 600


def test_sixteen_bit_pixels_come_back_as_sixteen_bit(peer):
    picture = Picture(quadrants(300, 200).astype(np.uint16) * 256 + 7)
    picture.selection[80:100, 100:130] = 255
    assert peer.run(picture).kind == "finished"
    place, pixels, mask = peer.patch()
    source = picture.read("layer", *(place[side] for side in ("x", "y", "width", "height")))
    assert pixels.dtype == np.uint16
    assert np.count_nonzero(pixels[mask == 0] != source[mask == 0]) == 0


@pytest.mark.parametrize(
    ("dtype", "opaque"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]
)
def test_a_layer_without_alpha_is_read_without_and_comes_back_opaque(peer, dtype, opaque):
    picture = Picture(quadrants(300, 200)[..., :3].astype(dtype), x=7, y=5, canvas=(320, 220))
    if dtype == np.float32:
        picture.layer /= 255
        picture.precision = "float-non-linear"
    picture.selection[80:100, 100:130] = 255
    assert peer.run(picture).kind == "finished"
    place, pixels, mask = peer.patch()
    source = picture.read("layer", *(place[side] for side in ("x", "y", "width", "height")))
    assert peer.reads[1]["format"].startswith("R'G'B' ")
    assert np.count_nonzero(pixels[mask == 0][:, :3] != source[mask == 0]) == 0
    assert np.unique(pixels[..., 3]).tolist() == [opaque]


def test_an_empty_selection_is_refused_before_anything_is_read(peer):
    frame = peer.run(Picture(quadrants(64, 48)))
    assert (frame.kind, frame.fields["code"]) == ("failed", "no-selection")
    assert peer.reads == []


def test_a_selection_beside_the_layer_is_refused(peer):
    picture = Picture(quadrants(64, 48), x=100, y=100, canvas=(300, 300))
    picture.selection[10:20, 10:20] = 255
    frame = peer.run(picture)
    assert (frame.kind, frame.fields["code"]) == ("failed", "selection-outside")
    assert peer.patches == []


def test_with_hardly_anything_left_to_copy_from_it_is_refused_with_the_numbers(peer):
    picture = Picture(quadrants(100, 100))
    picture.selection[:, :95] = 255
    frame = peer.run(picture)
    assert (frame.kind, frame.fields["code"]) == ("failed", "area-too-large")
    assert "95 %" in frame.fields["message"]
    assert "90 %" in frame.fields["message"]


@pytest.mark.parametrize(
    ("columns", "warned", "end"),
    [(50, False, "finished"), (51, True, "finished"), (90, True, "finished")],
)
def test_more_than_half_of_the_layer_may_go_with_a_word_of_warning(peer, columns, warned, end):
    picture = Picture(quadrants(100, 100))
    picture.selection[:, :columns] = 255
    frame = peer.run(picture)
    assert frame.kind == end
    assert ("More than half" in (frame.fields.get("message") or "")) == warned
    _, pixels, mask = peer.patch()
    assert np.count_nonzero(mask) == 100 * columns
    assert pixels.shape[:2] == (100, 100)


def test_a_worker_that_says_nothing_fails_its_test(peer):
    peer.patience_s = 0.2
    with pytest.raises(AssertionError, match=r"said nothing for 0\.2 s"):
        peer.receive()


def test_closing_the_pipe_ends_the_worker(peer):
    picture = Picture(quadrants(800, 600))
    picture.selection[100:400, 100:500] = 255
    peer.greet()
    peer.send("run", {"job": picture.job()})
    for _ in range(4):
        peer.answer(frame, picture) if (frame := peer.receive()).kind in ("read",) else None
    assert peer.close() == 0


def test_nonsense_on_the_pipe_ends_in_a_sentence(peer):
    peer.greet()
    peer.process.stdin.write(b"this is no frame\n")
    peer.process.stdin.flush()
    frame = peer.receive()
    assert (frame.kind, frame.fields["code"]) == ("failed", "wire")
