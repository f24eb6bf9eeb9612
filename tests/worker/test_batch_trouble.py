"""A batch in which every third task fails in another way, an image goes, and Stop is pressed."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.service_peer import KEY, local_service
from tests.worker.batch_peer import BatchPeer, pictures

CLOSED, COUNT, STOP_AFTER = 7, 30, 20
PROHIBITED = {"data": {"task_id": "prohibited", "state": -10, "progress": 100}}


def answer(status, body=""):
    return body, status, {"Content-Type": "application/json"}


WAYS = [
    lambda: answer(500),  # it may have been billed
    lambda: answer(400, json.dumps({"status": 400, "message": "bad picture"})),
    lambda: answer(200, json.dumps({"status": 200, "data": {"task_id": "prohibited"}})),
    lambda: answer(200, "<html>a proxy's page</html>"),
    lambda: answer(413),
]
CODES = ["maybe-sent", "request-refused", "task-failed", "maybe-sent", "request-refused"]


class Trouble:
    """A service of which every third create goes wrong, each in another way."""

    def __init__(self):
        self.creates = self.refused = 0
        self.lock = threading.Lock()

    def observe(self, request):
        if request.method == "GET":
            ended = request.path.endswith("/prohibited")
            return answer(200, json.dumps({"status": 200, **PROHIBITED})) if ended else None
        with self.lock:
            self.creates += 1
            if self.creates % 3:
                return None
            self.refused += 1
            return WAYS[(self.refused - 1) % len(WAYS)]()


@pytest.fixture
def trouble():
    return Trouble()


@pytest.fixture
def peer(folders, trouble):
    folder = Path(folders["XDG_CONFIG_HOME"], "gimp-object-removal")
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text('{"per_second": 4}')
    with local_service(trouble.observe, workers=8) as address:
        peer = BatchPeer(**folders, PICWISH_BASE_URL=address, PICWISH_API_KEY=KEY)
        peer.greet()
        yield peer
        peer.close()


def test_report_and_images_are_exact_and_nothing_is_paid_twice(peer, trouble):
    images = pictures(COUNT)

    def meanwhile(frame):
        if frame.kind == "begin" and frame.fields["job"] == CLOSED:
            peer.closed.add(CLOSED)
        if frame.kind == "outcome" and len(peer.outcomes) == STOP_AFTER:
            peer.send("stop")

    end = peer.batch(images, on_frame=meanwhile).fields
    states = Counter(peer.states())
    assert states == {state: end[state] for state in ("done", "skipped", "failed") if end[state]}
    assert sum(states.values()) == COUNT
    assert end["message"] == "Stopped: what had not been sent was not sent."

    # Images: exactly those reported as done have their layer, and each the right one.
    done = [number for number in range(COUNT) if peer.outcomes[number]["state"] == "done"]
    assert sorted(peer.inserted_jobs) == done
    assert all(peer.filled_rightly(n, images[n], images[n].selection) for n in done)

    # Money: each image was sent once, or not at all.
    closed = peer.outcomes[CLOSED]["code"] == "document-refused"
    assert states["failed"] == trouble.refused + closed
    assert trouble.creates == COUNT - states["skipped"]
    codes = Counter(each["code"] for each in peer.outcomes.values() if each["state"] == "failed")
    expected = Counter(CODES[n % len(CODES)] for n in range(trouble.refused))
    assert codes == expected + Counter({"document-refused": int(closed)})

    # The report: a line for each image, in order, saying what the outcome says.
    lines = end["report"].splitlines()
    assert lines[:3] == [
        f"{end['done']} done, {end['skipped']} skipped, {end['failed']} failed.",
        end["message"],
        "",
    ]
    for number, line in enumerate(lines[3:]):
        outcome = peer.outcomes[number]
        assert line.startswith(f"{outcome['state']:8}image {number}")
        assert outcome["message"] in line


def test_what_failed_is_tried_again_and_the_kept_result_is_used(peer, trouble):
    images = pictures(8)

    def close_one(frame):
        if frame.kind == "begin" and not peer.closed:
            peer.closed.add(frame.fields["job"])

    peer.batch(images, on_frame=close_one)
    failed = [n for n in range(8) if peer.outcomes[n]["state"] == "failed"]
    before, peer.closed = trouble.creates, set()
    trouble.creates = 300_000  # the next ones: the first two go well
    again = peer.batch([images[number] for number in failed]).fields
    assert len(failed) == 3
    assert again["done"] == 3
    assert (before, trouble.creates - 300_000) == (8, 2)
    assert again["report"].count("already paid") == 1
