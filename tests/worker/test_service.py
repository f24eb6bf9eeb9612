"""A worker whose service is the local server: what is sent, and that nothing paid is lost."""

from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pytest

from tests.service_peer import place_fill
from tests.worker.peer import Picture, flat_quadrants


class Counted:
    """A fill that counts the tasks it was billed for."""

    def __init__(self):
        self.tasks = 0
        self.begun = threading.Event()

    def __call__(self, image, mask, **options):
        self.tasks += 1
        self.begun.set()
        return place_fill(image, mask, **options)


@pytest.fixture
def fill():
    return Counted()


@pytest.fixture
def polled():
    return threading.Event()


@pytest.fixture
def slow(served, fill, polled):
    """Makes workers of a service that takes a second for a task."""

    def observe(request):
        if request.method == "GET":
            polled.set()

    return served(fill=fill, task_seconds=1.0, observe=observe)


@pytest.fixture
def picture():
    """A layer off the canvas' corner, an ellipse selected: no rectangles, no symmetry."""
    picture = Picture(flat_quadrants(700, 500), x=40, y=30, canvas=(800, 600))
    y, x = np.mgrid[:600, :800]
    picture.selection[((x - 320) / 20) ** 2 + ((y - 250) / 12) ** 2 <= 1] = 255
    return picture


def check_filled(peer):
    place, pixels, mask = peer.patch()
    rows, columns = np.nonzero(mask)
    assert (rows.size, place["x"] + columns.min(), place["y"] + rows.min()) == (749, 300, 238)
    at = (rows[0], columns[0])
    assert pixels[at].tolist() == [columns[0] % 256, rows[0] % 256, 77, 255]


def test_the_answer_is_in_the_patch(served, fill, picture):
    peer = served(fill=fill)()
    assert peer.run(picture, service="picwish").kind == "finished"
    check_filled(peer)
    assert fill.tasks == 1


def test_progress_is_told_in_words(served, picture):
    peer = served()()
    peer.run(picture, service="picwish")
    said = list(dict.fromkeys(peer.progress))
    assert said[:2] == ["Reading", "Encoding"]
    assert said[-1] == "Blending"
    assert "Processing" in said


def test_an_exact_rectangle_goes_as_numbers_and_a_grown_one_as_a_mask(served, picture):
    sent = []
    worker = served(observe=lambda request: sent.append(sorted([*request.form, *request.files])))
    picture.selection[:] = 0
    picture.selection[200:212, 300:316] = 255
    assert worker().run(picture, service="picwish").kind == "finished"
    assert worker().run(picture, service="picwish", grow=2).kind == "finished"
    creates = [fields for fields in sent if fields]
    assert creates == [
        ["image_file", "rectangles", "return_type", "sync"],
        ["image_file", "mask_file", "return_type", "sync"],
    ]


def start_and_lose(peer, picture, polled):
    """Serve the worker until it has asked for its task, so its id has reached the machine."""
    peer.greet()
    peer.send("run", {"job": picture.job(service="picwish")})
    while not polled.is_set():
        peer.answer(peer.receive(), picture)


@pytest.mark.parametrize("end", ["the pipe is closed", "the worker is killed"])
def test_what_was_paid_is_recovered_and_not_paid_again(slow, fill, polled, picture, end):
    lost = slow()
    start_and_lose(lost, picture, polled)
    if end == "the worker is killed":
        lost.process.kill()
        lost.process.wait()
    else:
        lost.process.stdin.close()
        assert lost.process.wait(timeout=60) == 0
    peer = slow()
    peer.greet()
    assert peer.request("recover", picture).kind == "finished"
    check_filled(peer)
    assert fill.tasks == 1
    frame = peer.request("recover", picture)
    assert (frame.kind, frame.fields["message"][:29]) == ("failed", "There is nothing to recover: ")


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to another process there")
def test_at_the_end_of_the_session_the_answer_to_a_request_is_waited_for(served, fill, picture):
    """SIGTERM while the picture is at the service and its id on no disk yet."""
    sent, go_on = threading.Event(), threading.Event()

    def observe(request):
        if request.method == "POST":
            sent.set()
            go_on.wait(60)

    worker = served(fill=fill, observe=observe)
    lost = worker()
    start_and_lose(lost, picture, sent)
    lost.process.terminate()
    time.sleep(0.3)  # only makes a wrong end more likely to be seen
    assert lost.process.poll() is None
    go_on.set()
    assert lost.process.wait(timeout=60) == 0
    peer = worker()
    peer.greet()
    assert peer.request("recover", picture).kind == "finished"
    check_filled(peer)
    assert fill.tasks == 1


def test_the_same_run_again_uses_the_result_already_paid(slow, fill, polled, picture):
    lost = slow()
    start_and_lose(lost, picture, polled)
    lost.process.stdin.close()
    lost.process.wait(timeout=60)
    peer = slow()
    frame = peer.run(picture, service="picwish")
    assert frame.kind == "finished"
    assert "already paid" in frame.fields["message"]
    check_filled(peer)
    assert fill.tasks == 1


def test_a_recovery_into_a_changed_image_says_so(slow, polled, picture):
    lost = slow()
    start_and_lose(lost, picture, polled)
    lost.process.stdin.close()
    lost.process.wait(timeout=60)
    picture.layer[200:260, 200:300] ^= 15
    peer = slow()
    peer.greet()
    frame = peer.request("recover", picture)
    assert frame.kind == "finished"
    assert "has changed" in frame.fields["message"]
    check_filled(peer)


def far_apart():
    picture = Picture(np.tile(flat_quadrants(640, 480), (1, 8, 1)))
    picture.selection[100:130, 60:90] = 255
    picture.selection[200:230, 5000:5030] = 255
    return picture


def test_several_paid_tasks_are_confirmed_first(served, fill):
    peer = served(fill=fill)()
    peer.choice = "Send"
    assert peer.run(far_apart(), service="picwish").kind == "finished"
    assert len(peer.questions) == 1
    assert "2 paid tasks" in peer.questions[0]
    assert (fill.tasks, len(peer.patches), peer.begun["width"] > 4900) == (2, 2, True)


def test_two_windows_that_look_the_same_are_paid_for_once(served, fill):
    picture = Picture(np.tile(flat_quadrants(640, 480), (1, 10, 1)))
    picture.selection[200:230, 700:730] = 255
    picture.selection[200:230, 5180:5210] = 255
    peer = served(fill=fill)()
    peer.choice = "Send"
    assert peer.run(picture, service="picwish").kind == "finished"
    (_, first, _), (_, second, _) = peer.patch(0), peer.patch(1)
    assert (fill.tasks, len(peer.patches), np.array_equal(first, second)) == (1, 2, True)


def test_backing_out_of_several_paid_tasks_sends_nothing(served, fill):
    peer = served(fill=fill)()
    peer.choice = ""
    frame = peer.run(far_apart(), service="picwish")
    assert (frame.kind, frame.fields["code"]) == ("failed", "cancelled")
    assert fill.tasks == 0
    assert [read["what"] for read in peer.reads] == ["selection"]
