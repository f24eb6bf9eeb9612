"""A batch in a worker process: each image its own result, its own outcome, nothing paid twice."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from gimp_bridge.worker import batch
from tests.service_peer import KEY, local_service, place_fill
from tests.worker.batch_peer import BatchPeer, pictures
from tests.worker.peer import Picture, quadrants


class Service:
    """The local server; counts creates and tasks done, and answers as a test wants."""

    def __init__(self):
        self.creates = self.filled = self.at_once = self.most_at_once = 0
        self.answer = None
        self.two_at_once = threading.Event()
        self._lock = threading.Lock()

    def hold(self):
        """What a task does until it is done."""
        time.sleep(0.1)

    def observe(self, request):
        if request.method == "POST":
            with self._lock:
                self.creates += 1
                number = self.creates
            return self.answer(number) if self.answer else None
        return None

    def fill(self, image, mask, **options):
        with self._lock:
            self.filled += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            if self.at_once > 1:
                self.two_at_once.set()
        self.hold()
        with self._lock:
            self.at_once -= 1
        return place_fill(image, mask, **options)


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def worker(folders, service):
    """Makes workers whose service is ``service``; its pace is as fast as a setting may say."""
    peers = []
    folder = Path(folders["XDG_CONFIG_HOME"], "gimp-object-removal")
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text('{"per_second": 50}')
    with local_service(service.observe, fill=service.fill, workers=8) as address:

        def make():
            peer = BatchPeer(**folders, PICWISH_BASE_URL=address, PICWISH_API_KEY=KEY)
            peers.append(peer)
            peer.greet()
            return peer

        yield make
        for peer in peers:
            peer.close()


@pytest.fixture
def slowly(folders, worker):
    """The pace at which eight images are under way at once, the fewest."""
    Path(folders["XDG_CONFIG_HOME"], "gimp-object-removal", "settings.json").write_text(
        '{"per_second": 4}'
    )


@pytest.mark.parametrize(("per_second", "at_once"), [(2, 8), (4, 8), (10, 20), (16, 32), (50, 32)])
def test_so_many_are_under_way_that_the_pace_is_used(per_second, at_once):
    assert batch.images_at_once(per_second) == at_once


def test_who_waits_for_a_batch_looks_up_in_between():
    """On Windows a thread that joins another one hears of no Ctrl+C until it has ended."""
    go_on = threading.Event()

    def hold(_number, _outcome):
        go_on.wait(60)

    def waits():
        batch.run_batch(
            [batch.Order("image 0", problem="It is held up.")],
            None,
            hold,
            lambda: False,
        )

    waiting = threading.Thread(target=waits)
    waiting.start()
    while not (inside := functions_of_the_pool(waiting) & {"wait", "shutdown"}):
        time.sleep(0.01)
    go_on.set()
    waiting.join()
    assert inside == {"wait"}


def functions_of_the_pool(thread):
    """The names of the functions of ``concurrent.futures`` that a thread is in."""
    frame, names = sys._current_frames().get(thread.ident), set()
    while frame:
        if frame.f_globals["__name__"].startswith("concurrent.futures"):
            names.add(frame.f_code.co_name)
        frame = frame.f_back
    return names


def test_every_image_gets_its_own_result(worker, service):
    service.hold = lambda: service.two_at_once.wait(60)
    peer, images = worker(), pictures(12)
    frame = peer.batch(images)
    assert (frame.kind, frame.fields["done"], frame.fields["message"]) == ("finished", 12, None)
    assert sorted(peer.inserted_jobs) == list(range(12))
    for number, image in enumerate(images):
        assert peer.filled_rightly(number, image, image.selection), number
    assert service.creates == 12
    assert service.two_at_once.is_set()


def test_the_report_has_a_line_for_each_image(worker):
    images = pictures(3)
    images[1].selection[:] = 0
    frame = worker().batch(images)
    assert frame.fields["report"].splitlines() == [
        "2 done, 1 skipped, 0 failed.",
        "",
        "done    image 0",
        "skipped image 1: Nothing is selected. Draw a selection around what should go, "
        "then try again. Or switch Quick Mask on (Shift+Q) and paint white over what should go.",
        "done    image 2",
    ]


def test_what_became_of_an_image_before_is_told_again_and_not_run(worker, service):
    peer, images = worker(), pictures(3)
    frame = peer.batch(images)
    sent = service.creates
    failed = {"state": "failed", "message": "It failed.", "code": "task-failed"}
    again = peer.batch(images, earlier={0: peer.outcomes[0], 1: failed})
    assert frame.fields["done"] == sent == 3
    assert peer.inserted_jobs == [2]
    assert service.creates == 4
    assert again.fields["report"].splitlines() == [
        "2 done, 0 skipped, 1 failed.",
        "",
        "done    image 0",
        "failed  image 1: It failed.",
        "done    image 2",
    ]


def test_pixels_are_read_only_as_far_as_there_is_room(worker):
    # Windows of 12 MP: one alone takes more than half of the room, so no two are read at once.
    images = [Picture(quadrants(3600, 3400)) for _ in range(2)]
    for image in images:
        image.selection[200:3200, 200:2200] = 255
    under_way, most = set(), []

    def watch(frame):
        if frame.kind == "read" and frame.fields["what"] == "layer":
            under_way.add(frame.fields["job"])
        if frame.kind == "insert":
            under_way.discard(frame.fields["job"])
        most.append(len(under_way))

    frame = worker().batch(images, on_frame=watch)
    assert frame.fields["done"] == 2
    assert max(most) == 1


def test_one_failure_does_not_stop_the_rest(worker, service):
    service.answer = lambda number: ("", 500) if number == 2 else None
    peer = worker()
    frame = peer.batch(pictures(6))
    assert (frame.fields["done"], frame.fields["failed"]) == (5, 1)
    (failed,) = [each for each in peer.outcomes.values() if each["state"] == "failed"]
    assert failed["code"] == "maybe-sent"
    assert service.creates == 6


@pytest.mark.parametrize(
    ("status", "code"), [(401, "key-refused"), (402, "no-credit")], ids=["key", "credit"]
)
def test_what_would_meet_all_ends_it_early_and_says_so(worker, slowly, service, status, code):
    service.answer = lambda number: ("", status)
    peer = worker()
    frame = peer.batch(pictures(30))
    assert frame.fields["message"].startswith("Stopped early")
    assert str(status) in frame.fields["message"]
    assert service.creates <= 8
    assert frame.fields["failed"] == service.creates
    assert frame.fields["skipped"] == 30 - service.creates
    assert {each["code"] for each in peer.outcomes.values()} == {code, "cancelled"}


def test_a_service_that_is_gone_ends_it_early(folders):
    peer = BatchPeer(**folders, PICWISH_BASE_URL="http://127.0.0.1:9", PICWISH_API_KEY=KEY)
    peer.greet()
    frame = peer.batch(pictures(20))
    peer.close()
    assert frame.fields["message"].startswith("Stopped early")
    assert 3 <= frame.fields["failed"] <= 8
    assert frame.fields["failed"] + frame.fields["skipped"] == 20


def test_without_a_key_nothing_begins(folders):
    hidden = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    peer = BatchPeer(**folders, **hidden, PICWISH_BASE_URL="https://service.example")
    peer.greet()
    frame = peer.batch(pictures(2))
    peer.close()
    assert (frame.kind, frame.fields["code"]) == ("failed", "key-missing")
    assert peer.outcomes == {}


def test_stop_sends_no_more_and_finishes_what_is_under_way(worker, slowly, service):
    peer = worker()

    def stop_at_the_third(frame):
        if frame.kind == "outcome" and len(peer.outcomes) == 2:
            peer.send("stop")

    frame = peer.batch(pictures(30), on_frame=stop_at_the_third)
    assert frame.fields["message"].startswith("Stopped")
    assert frame.fields["failed"] == 0
    assert frame.fields["done"] == service.creates == service.filled == len(peer.inserted_jobs)
    assert 3 <= frame.fields["done"] < 30
    assert service.most_at_once <= 8
    assert frame.fields["skipped"] == 30 - frame.fields["done"]
    assert "earlier" not in frame.fields["report"]


def test_a_stop_is_for_its_own_batch_only(worker):
    peer, images = worker(), pictures(2)
    peer.start(images)
    peer.send("stop")
    while (frame := peer.receive()).kind != "finished":
        peer.serve(frame, images)
    assert peer.batch(images).fields["done"] == 2


def test_an_image_closed_before_its_result_keeps_it_for_recovery(worker, service):
    peer, images = worker(), pictures(5)

    def close_when_begun(frame):
        if frame.kind == "begin" and frame.fields["job"] == 3:
            peer.closed.add(3)

    frame = peer.batch(images, on_frame=close_when_begun)
    assert (frame.fields["done"], frame.fields["failed"]) == (4, 1)
    assert peer.outcomes[3]["code"] == "document-refused"
    assert "Recover Last Result" in peer.outcomes[3]["message"]
    peer.closed.clear()
    again = peer.batch(images[3:4])
    assert again.fields["done"] == 1
    assert service.creates == 5
    assert "already paid" in peer.outcomes[0]["message"]


def test_closing_the_pipe_keeps_all_that_was_paid(worker, service):
    images = pictures(6)
    lost = worker()
    lost.start(images)
    while service.filled < 4:
        lost.serve(lost.receive(), images)
    lost.process.stdin.close()
    assert lost.process.wait(timeout=60) == 0
    paid = service.filled
    peer = worker()
    frame = peer.batch(images)
    assert frame.fields["done"] == 6
    assert service.creates == service.filled == 6
    assert frame.fields["report"].count("already paid") == paid - len(lost.inserted_jobs)


def test_the_embedded_engine_does_one_image_after_the_other(worker, service):
    peer, images = worker(), pictures(3, 300, 260)
    seen = []
    frame = peer.batch(
        images,
        service="this-computer",
        on_frame=lambda frame: seen.append(frame.fields.get("job")),
    )
    assert (frame.fields["done"], service.creates) == (3, 0)
    numbers = [number for number in seen if number is not None]
    assert numbers == sorted(numbers)


def test_an_estimate_says_what_it_will_take_and_sends_nothing(worker, service):
    wide = Picture(np.tile(quadrants(640, 480), (1, 8, 1)))
    wide.selection[100:130, 60:90] = wide.selection[200:230, 5000:5030] = 255
    none = Picture(quadrants(64, 48))
    full = Picture(quadrants(64, 48))
    full.selection[:40] = 255
    peer = worker()
    assert peer.batch([wide, none, full, *pictures(1)], kind="estimate").kind == "finished"
    said = [(s["windows"], round(s["share"], 4), s["problem"][:19]) for s in peer.estimated]
    assert said == [
        (2, 0.0007, ""),
        (0, 0.0, "Nothing is selected"),
        (0, 0.8333, "The area to remove "),
        (1, 0.0007, ""),
    ]
    assert service.creates == 0


@pytest.mark.parametrize(
    ("alignment", "x", "y"),
    [("top-left", 200, 100), ("bottom-right", 260, 180), ("top-right", 260, 100)],
)
def test_one_selection_for_all_keeps_its_distance_from_a_corner(worker, alignment, x, y):
    images = [*pictures(1), Picture(quadrants(700, 600))]
    peer = worker()
    frame = peer.batch(images, selection_of=0, alignment=alignment)
    assert frame.fields["done"] == 2
    expected = np.zeros((600, 700), np.uint8)
    expected[y : y + 12, x : x + 20] = 255
    assert peer.filled_rightly(1, images[1], expected)


def test_a_shared_selection_that_falls_beside_an_image_says_so(worker):
    images = [*pictures(1), Picture(quadrants(150, 90))]
    peer = worker()
    peer.batch(images, selection_of=0)
    assert peer.states() == ["done", "skipped"]
    assert "another corner" in peer.outcomes[1]["message"]
