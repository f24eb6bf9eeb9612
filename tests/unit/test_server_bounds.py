"""What a greedy or a slow client can take from the local server, and what is left for others."""

from __future__ import annotations

import base64
import contextlib
import socket
import sys
import threading
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from gimp_bridge.server import app as app_module
from gimp_bridge.server import create_app, running, tasks
from gimp_bridge.server.form import Form, Refused
from tests.service_peer import KEY, hole, local_service, pixels_of, place_fill, png, quadrants

PATH = "/api/tasks/visual/inpaint"
HEADERS = {"X-API-KEY": KEY}
IMAGE, MASK = png(quadrants()), png(hole())
LIMIT_S = 30.0
bounds = sys.modules["gimp_bridge.server.running"]  # the package has a function of that name


def create(address, **fields):
    files = {"image_file": ("i.png", IMAGE), "mask_file": ("m.png", MASK)}
    return requests.post(address + PATH, files=files, data=fields, headers=HEADERS, timeout=LIMIT_S)


def poll(address):
    """The status of a poll; an answer at all is what counts."""
    return requests.get(f"{address}{PATH}/x", headers=HEADERS, timeout=LIMIT_S).status_code


def poll_again(address):
    """The same, asked up to thrice as clients do: what is read late may move later than a poll."""
    with requests.Session() as session:
        again = Retry(2, status_forcelist=(429,), backoff_factor=0.2)
        session.mount("http://", HTTPAdapter(max_retries=again))
        return session.get(f"{address}{PATH}/x", headers=HEADERS, timeout=LIMIT_S).status_code


def until(true):
    """Wait for what must happen."""
    end = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def stuck():
    """A fill that does not end before it is told to."""
    go_on = threading.Event()

    def fill(image, mask, **_):
        go_on.wait(LIMIT_S)
        return place_fill(image, mask)

    fill.go_on = go_on
    yield fill
    go_on.set()


# --- tasks


def test_the_queue_is_bounded_in_number(stuck, monkeypatch):
    monkeypatch.setattr(tasks, "WAITING_TASKS", 3)
    with local_service(fill=stuck) as address:
        answers = [create(address) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        assert answers[-1].json()["message"] == "too many tasks are waiting"
        assert answers[-1].headers["Retry-After"] == "1"
        assert poll(address) == 404
        stuck.go_on.set()
        until(lambda: create(address).status_code == 200)


def test_the_queue_is_bounded_in_bytes(stuck, monkeypatch):
    monkeypatch.setattr(tasks, "WAITING_BYTES", 2 * len(IMAGE + MASK))
    with local_service(fill=stuck) as address:
        assert [create(address).status_code for _ in range(3)] == [200, 200, 429]


def test_an_address_that_waits_counts_as_what_it_may_bring():
    form = Form("http://127.0.0.1/", [], return_type=1, sync=False)
    assert (form.size_bytes, form.has_addresses) == (20_000_000, True)


@pytest.mark.parametrize(("name", "most"), [("KEPT_TASKS", 2), ("KEPT_BYTES", None)])
def test_of_results_the_oldest_go_first(name, most, monkeypatch):
    app = create_app(fill=place_fill, qps=None)
    all_tasks = app.extensions["tasks"]
    form = Form(IMAGE, MASK, return_type=1, sync=False)
    jobs = []
    for _ in range(4):
        jobs.append(all_tasks.add(form))
        assert jobs[-1].ended.wait(LIMIT_S)
        if most is None:
            most = 2 * len(jobs[0].result) + 1
        monkeypatch.setattr(tasks, name, most)
    until(lambda: len(all_tasks._jobs) == 2)
    assert [all_tasks.find(job.task_id) for job in jobs] == [None, None, *jobs[2:]]


def test_large_pictures_are_filled_one_by_one_and_do_not_hold_up_small_ones(monkeypatch):
    monkeypatch.setattr(tasks, "LARGE_PX", 64 * 48)
    go_on, started = threading.Event(), []

    def fill(image, mask, **_):
        if image.shape[1] > 64:
            started.append(1)
            go_on.wait(LIMIT_S)
        return image

    all_tasks = create_app(fill=fill, workers=1).extensions["tasks"]
    wide = Form(png(quadrants(80, 48)), png(hole(80, 48)), return_type=1, sync=False)
    large = [all_tasks.add(wide) for _ in range(3)]
    small = all_tasks.add(Form(IMAGE, MASK, return_type=1, sync=False))
    assert small.ended.wait(LIMIT_S)
    assert len(started) <= 1
    go_on.set()
    assert all(job.ended.wait(LIMIT_S) for job in large)


def test_creating_leaves_threads_for_polls(stuck):
    """As many ``sync`` requests as are taken wait for their results; another one is refused."""
    with local_service(fill=stuck) as address, contextlib.ExitStack() as stack:
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(create(address, sync=1)))
            for _ in range(2 * bounds.THREADS)
        ]
        for thread in threads:
            thread.start()
        stack.callback(lambda: [thread.join(LIMIT_S) for thread in threads])
        stack.callback(stuck.go_on.set)
        until(lambda: "taken at once" in create(address).json()["message"])
        assert [poll(address) for _ in range(20)] == [404] * 20
    assert {answer.status_code for answer in answers} <= {200, 429}


def test_base64_is_made_while_it_is_sent(monkeypatch):
    monkeypatch.setattr(app_module, "PIECE_BYTES", 3)
    with local_service() as address:
        answer = create(address, sync=1, return_type=2).json()
    picture = base64.b64decode(answer["data"]["image"], validate=True)
    assert np.array_equal(pixels_of(picture), place_fill(quadrants(), hole()))


# --- connections


class Slow:
    """Clients that begin a request each and do not go on."""

    def __init__(self, address, count, beginning):
        place = urlsplit(address)
        self.sockets = [
            socket.create_connection((place.hostname, place.port), LIMIT_S) for _ in range(count)
        ]
        for each in self.sockets:
            each.sendall(beginning)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.sockets:
            each.close()


UNFINISHED = (
    b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: " + KEY.encode()
    + b"\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 250000\r\n\r\n--b"
)  # fmt: skip


CHUNKED = UNFINISHED.replace(b"Content-Length: 250000", b"Transfer-Encoding: chunked")[:-3]


@pytest.fixture
def patient(monkeypatch):
    """A server that ends nobody for being slow."""
    monkeypatch.setattr(bounds, "PATIENCE_S", 1000)


@pytest.mark.parametrize(
    "beginning", [b"", b"GET", b"GET / HTTP/1.1\r\n", UNFINISHED, CHUNKED + b"3\r\n--b\r\n"]
)
def test_unfinished_requests_leave_room_for_polls(beginning, patient):
    with local_service() as address, Slow(address, 3 * bounds.CONNECTIONS, beginning):
        assert [poll_again(address) for _ in range(20)] == [404] * 20


BEGINNINGS = [UNFINISHED, b"GET / HTTP/1.1\r\nHost: "]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_who_stands_still_is_answered_408(beginning, monkeypatch):
    monkeypatch.setattr(bounds, "PATIENCE_S", 0.2)
    with local_service() as address, Slow(address, 1, beginning) as slow:
        assert slow.sockets[0].recv(4096).split(b"\r\n")[0].endswith(b" 408 Request Timeout")


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_who_sends_byte_by_byte_is_ended_too(beginning, monkeypatch):
    """By an answer, or by a reset where a byte crossed it."""
    monkeypatch.setattr(bounds, "PATIENCE_S", 0.2)
    with local_service() as address, Slow(address, 1, beginning) as slow:
        end = time.monotonic() + LIMIT_S
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < end:
                slow.sockets[0].sendall(b"x")
                time.sleep(0.05)
            raise AssertionError("it was not ended")


def test_what_moves_may_take_longer(monkeypatch):
    """By a second for every 16 kB, but nothing is saved up for later."""
    channel = object.__new__(bounds._Channel)
    moved = []
    for now, size_bytes, anew in [(100, 0, True), (110, 16_384, False), (120, 1, False),
                                  (121, 1_000_000, False), (122, 0, False)]:  # fmt: skip
        monkeypatch.setattr(bounds, "time", SimpleNamespace(time=lambda now=now: now))
        channel._moved(size_bytes, anew=anew)
        moved.append(round(channel.alive_at, 2))
    assert moved == [100, 101, 101, 121, 121]


def test_what_is_under_way_is_bounded_in_bytes(monkeypatch):
    """The client that waits longest goes, the one that uploads is served."""
    monkeypatch.setattr(bounds, "UNDER_WAY_BYTES", 300_000)
    beginning = UNFINISHED + bytes(100_000)
    with local_service() as address, Slow(address, 5, beginning) as slow:
        assert create(address).status_code == 200
        heads = [each.recv(12) for each in slow.sockets[:2]]
    assert heads == [b"HTTP/1.1 429"] * 2


def test_answers_that_nobody_reads_leave_threads_for_polls(patient, monkeypatch):
    """Each is larger than what the system's buffers take."""
    monkeypatch.setattr(bounds, "UNDER_WAY_BYTES", 64 << 20)
    noise = np.random.default_rng(5).integers(0, 256, (2400, 2400, 3), np.uint8)
    mask = np.zeros((2400, 2400), np.uint8)
    mask[9:99, 9:99] = 255
    with local_service() as address:
        files = {"image_file": ("i.png", png(noise)), "mask_file": ("m.png", png(mask))}
        data = {"return_type": 2, "sync": 1}
        made = requests.post(
            address + PATH, files=files, data=data, headers=HEADERS, timeout=LIMIT_S
        )
        task = made.json()["data"]["task_id"]
        asked = f"GET {PATH}/{task} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {KEY}\r\n\r\n"
        with Slow(address, 2 * bounds.THREADS, asked.encode()):
            assert [poll(address) for _ in range(20)] == [404] * 20


def test_pictures_that_drip_leave_room_for_polls():
    """More addresses than are fetched at once; each sends a byte now and then."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(connection):
            with contextlib.suppress(OSError), connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
                while not ended.wait(0.1):
                    connection.sendall(b"x")

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(listener.accept()[0],)).start()

        threading.Thread(target=accept, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/i.png"
        fields = {"image_url": url, "rectangles": '[{"x":0,"y":0,"width":9,"height":9}]'}
        with local_service() as address:
            made = [
                requests.post(address + PATH, data=fields, headers=HEADERS, timeout=LIMIT_S)
                for _ in range(tasks.FETCHES + 2)
            ]
            assert [poll(address) for _ in range(20)] == [404] * 20
        # What they may bring, 20 MB each, is more than may wait.
        assert [answer.status_code for answer in made] == [200] * 6 + [429] * 4
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)


def test_a_fetch_ends_in_time_however_it_drips(monkeypatch):
    from gimp_bridge.server import fetching

    monkeypatch.setattr(fetching, "PATIENCE", fetching.Timeouts(1, 1, 0.5))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            with contextlib.suppress(OSError):
                connection = listener.accept()[0]
                for letter in b"HTTP/1.1 200 OK\r\n" + b"X" * 9999:
                    connection.sendall(bytes([letter]))
                    time.sleep(0.02)

        threading.Thread(target=answer, daemon=True).start()
        all_tasks = create_app(fill=place_fill, qps=None).extensions["tasks"]
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/i.png"
        job = all_tasks.add(Form(url, MASK, return_type=1, sync=False))
        assert job.ended.wait(LIMIT_S)
    assert job.state == -3


def test_too_much_waiting_is_refused_before_it_is_looked_at(stuck, monkeypatch):
    monkeypatch.setattr(tasks, "WAITING_TASKS", 0)
    all_tasks = create_app(fill=stuck).extensions["tasks"]
    with pytest.raises(Refused) as caught:
        all_tasks.add(Form(b"no picture", b"", return_type=1, sync=False))
    assert caught.value.status == 429


def test_a_name_that_has_two_addresses_is_served():
    with running(create_app(fill=place_fill, qps=None), host="localhost") as address:
        assert poll(address) == 404
