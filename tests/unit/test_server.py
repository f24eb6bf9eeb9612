"""The local server speaks the service's interface: routes, fields, limits, states, life."""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import logging
import threading
import time
import weakref

import numpy as np
import pytest
import requests
from flask import Response
from waitress.trigger import trigger

from gimp_bridge.cli import main
from gimp_bridge.errors import EngineError
from gimp_bridge.server import create_app, running
from gimp_bridge.server.form import Form
from tests.moving_clock import MovingClock
from tests.service_peer import (
    KEY,
    hole,
    local_service,
    pixels_of,
    place_fill,
    png,
    quadrants,
)

PATH = "/api/tasks/visual/inpaint"
IMAGE = ("image.png", png(quadrants()), "image/png")
MASK = ("mask.png", png(hole()), "image/png")
EXPECTED = place_fill(quadrants(), hole())


class Caller:
    """Flask's test client with the key."""

    def __init__(self, **options):
        self.app = create_app(**{"fill": place_fill, "key": KEY, "qps": None, **options})
        self.web = self.app.test_client()

    def post(self, fields, key=KEY):
        import io

        data = {
            name: (io.BytesIO(value[1]), value[0]) if isinstance(value, tuple) else value
            for name, value in fields.items()
        }
        answer = self.web.post(PATH, data=data, headers={"X-API-KEY": key})
        answer.request.input_stream.close()  # a temporary file, where it is long
        return answer

    def get(self, path):
        return self.web.get(path, headers={"X-API-KEY": KEY})

    def ended(self, answer):
        task_id = answer.json["data"]["task_id"]
        self.app.extensions["tasks"].find(task_id).ended.wait(60)
        return self.get(f"{PATH}/{task_id}").json["data"]


def test_a_task_is_created_queried_and_downloaded_without_the_key():
    caller = Caller()
    created = caller.post({"image_file": IMAGE, "mask_file": MASK})
    assert (created.status_code, created.json["status"]) == (200, 200)
    assert set(created.json["data"]) == {"task_id"}
    task = caller.ended(created)
    assert (task["state"], task["progress"], task["return_type"]) == (1, 100, 1)
    assert task["created_at"] <= task["processed_at"] <= task["completed_at"]
    picture = caller.web.get(task["image"])
    assert picture.mimetype == "image/png"
    assert np.array_equal(pixels_of(picture.data), EXPECTED)


def test_sync_answers_with_the_result_itself():
    answer = Caller().post(
        {"image_file": IMAGE, "mask_file": MASK, "sync": "1", "return_type": "2"}
    )
    task = answer.json["data"]
    assert task["state"] == 1
    assert np.array_equal(pixels_of(base64.b64decode(task["image"])), EXPECTED)


def test_rectangles_serve_as_a_mask():
    rectangles = json.dumps([{"x": 20, "y": 8, "width": 12, "height": 8}])
    answer = Caller().post(
        {"image_file": IMAGE, "rectangles": rectangles, "sync": "1", "return_type": "2"}
    )
    assert np.array_equal(pixels_of(base64.b64decode(answer.json["data"]["image"])), EXPECTED)


@pytest.mark.parametrize(
    "fields",
    [
        {"image_file": IMAGE},
        {"mask_file": MASK},
        {"image_file": IMAGE, "mask_file": MASK, "mask_url": "http://127.0.0.1/m"},
        {"image_file": IMAGE, "image_url": "http://127.0.0.1/i", "mask_file": MASK},
        {"image_file": IMAGE, "rectangles": "nonsense"},
        {"image_file": IMAGE, "rectangles": "[]"},
        {"image_file": IMAGE, "rectangles": '[{"x":0,"y":0,"width":65,"height":1}]'},
        {
            "image_file": IMAGE,
            "rectangles": json.dumps([{"x": 0, "y": 0, "width": 1, "height": 1}] * 51),
        },
        {"image_file": IMAGE, "mask_file": MASK, "sync": "2"},
        {"image_file": IMAGE, "mask_file": MASK, "return_type": "x"},
        {"image_file": IMAGE, "mask_file": ("m.png", png(hole(48, 64)))},
        {"image_file": IMAGE, "mask_file": ("m.png", png(np.zeros((48, 64), np.uint8)))},
        {"image_file": IMAGE, "mask_file": ("m.png", png(np.full((48, 64), 255, np.uint8)))},
        {"image_file": ("i.png", png(np.zeros((1, 4097, 3), np.uint8))), "mask_file": MASK},
    ],
)
def test_what_breaks_a_rule_is_refused_with_400(fields):
    answer = Caller().post(fields)
    assert (answer.status_code, answer.json["status"]) == (400, 400)


def test_half_the_area_is_still_allowed():
    half = np.zeros((48, 64), np.uint8)
    half[:24] = 255
    assert Caller().post({"image_file": IMAGE, "mask_file": ("m", png(half))}).status_code == 200
    half[24, 0] = 255
    assert Caller().post({"image_file": IMAGE, "mask_file": ("m", png(half))}).status_code == 400


def test_files_over_20_mb_are_refused_with_413():
    big = ("i.bmp", b"BM" + b"\0" * 20_000_000)
    assert Caller().post({"image_file": big, "mask_file": MASK}).status_code == 413
    assert Caller().post({"image_file": big, "mask_file": big}).status_code == 413
    assert Caller().post({"image_file": ("i", big[1] * 3), "mask_file": MASK}).status_code == 413


def test_a_file_that_is_no_picture_ends_in_state_7():
    caller = Caller()
    created = caller.post({"image_file": ("i.png", b"GIF89a"), "mask_file": MASK})
    assert created.status_code == 200
    assert caller.ended(created)["state"] == -7


@pytest.mark.parametrize(
    ("key", "status"), [("", 401), ("wrong", 401), ("k\u00e9y", 401), (KEY, 200)]
)
def test_the_key_is_asked_for(key, status):
    answer = Caller().post({"image_file": IMAGE, "mask_file": MASK}, key=key)
    assert (answer.status_code, answer.json["status"]) == (status, status)


def test_unknown_tasks_and_addresses_are_404_in_json():
    caller = Caller()
    for path in (f"{PATH}/nothing", "/results/xyz.png/", "/"):
        answer = caller.get(path)
        assert (answer.status_code, answer.json["status"]) == (404, 404)


def test_a_forged_result_address_is_403():
    caller = Caller()
    task = caller.ended(caller.post({"image_file": IMAGE, "mask_file": MASK}))
    token = task["image"].rsplit("/", 1)[1]
    forged = ("B" if token[0] == "A" else "A") + token[1:]
    assert caller.web.get(f"/results/{forged}").status_code == 403


def test_tasks_and_results_live_one_hour():
    clock = MovingClock(1000.0)
    caller = Caller(clock=clock)
    task = caller.ended(caller.post({"image_file": IMAGE, "mask_file": MASK}))
    clock.now += 3600
    assert caller.web.get(task["image"]).status_code == 200
    clock.now += 1
    assert caller.web.get(task["image"]).status_code == 404
    assert caller.get(f"{PATH}/{task['task_id']}").status_code == 404


def test_the_third_request_within_a_second_is_429():
    ticks = MovingClock()
    caller = Caller(qps=2, ticks=ticks)
    statuses = []
    for moment in (0.0, 0.5, 0.99, 1.0, 1.4, 1.5):
        ticks.now = moment
        statuses.append(caller.get(f"{PATH}/x").status_code)
    assert statuses == [404, 404, 429, 404, 429, 404]
    ticks.now = 1.6
    assert caller.get(f"{PATH}/x").headers["Retry-After"] == "1"


def test_a_fill_that_fails_ends_in_state_1_below_zero(caplog):
    def fill(*arguments, **keywords):
        raise EngineError("no")

    caller = Caller(fill=fill)
    with caplog.at_level(logging.CRITICAL):
        task = caller.ended(caller.post({"image_file": IMAGE, "mask_file": MASK}))
    assert (task["state"], task["image"]) == (-1, "")


def test_queued_and_processing_tasks_show_their_progress():
    halfway, go_on = threading.Event(), threading.Event()

    def fill(image, mask, *, seed, progress, cancel):
        progress(0.5)
        halfway.set()
        go_on.wait(60)
        return image

    caller = Caller(fill=fill, workers=1)
    first = caller.post({"image_file": IMAGE, "mask_file": MASK})
    second = caller.post({"image_file": IMAGE, "mask_file": MASK})
    halfway.wait(60)
    tasks = [
        caller.get(f"{PATH}/{a.json['data']['task_id']}").json["data"] for a in (first, second)
    ]
    go_on.set()
    assert [(task["state"], task["progress"]) for task in tasks] == [(4, 50), (0, 0)]


def test_jpeg_answers_and_data_prefixes():
    answer = Caller(answer_format="JPEG", data_prefix=True).post(
        {"image_file": IMAGE, "mask_file": MASK, "sync": "1", "return_type": "2"}
    )
    assert answer.json["data"]["image"].startswith("data:image/jpeg;base64,/9j/")


def test_addresses_on_this_machine_are_fetched():
    source = create_app(fill=place_fill, qps=None)
    files = {"i.png": png(quadrants()), "m.png": png(hole())}
    source.add_url_rule("/f/<name>", "f", lambda name: files[name])
    with running(source) as there, local_service() as address:
        answer = requests.post(
            address + PATH,
            data={"image_url": f"{there}/f/i.png", "mask_url": f"{there}/f/m.png", "sync": 1},
            headers={"X-API-KEY": KEY},
            timeout=60,
        ).json()
        picture = requests.get(answer["data"]["image"], timeout=60).content
    assert np.array_equal(pixels_of(picture), EXPECTED)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/none", "http://192.0.2.1/i.png", "file:///x", "http://["]
)
def test_addresses_that_cannot_be_fetched_end_in_state_3(url):
    caller = Caller()
    assert caller.ended(caller.post({"image_url": url, "mask_file": MASK}))["state"] == -3


def test_an_answer_of_an_address_that_cannot_be_unpacked_ends_in_state_3():
    source = create_app(fill=place_fill, qps=None)
    no_gzip = Response(b"no gzip", headers={"Content-Encoding": "gzip"})
    source.add_url_rule("/i.png", "f", lambda: no_gzip)
    caller = Caller()
    with running(source) as there:
        answer = caller.post({"image_url": f"{there}/i.png", "mask_file": MASK})
        assert caller.ended(answer)["state"] == -3


def test_what_was_uploaded_is_not_kept_beside_the_result():
    caller = Caller()
    tasks = caller.app.extensions["tasks"]
    form = Form(png(quadrants()), png(hole()), return_type=1, sync=False)
    uploaded = weakref.ref(form)
    job = tasks.add(form)
    del form
    assert job.ended.wait(60)
    gc.collect()
    assert uploaded() is None
    assert tasks.find(job.task_id).result


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_command_says_in_a_sentence_that_its_port_is_taken(capsys):
    with local_service() as address:
        port = address.rsplit(":", 1)[1]
        assert main(["serve", "--port", port]) == 1
    gc.collect()  # waitress leaves the socket that it cannot bind, which is no later test's fault
    assert capsys.readouterr().err.startswith(f"Port {port} of 127.0.0.1 cannot be used: ")


def test_it_ends_in_the_middle_of_requests(monkeypatch):
    """The loop is woken by a request's end just as it is told to end, and closes what wakes it."""
    wake = trigger._physical_pull

    def wake_late(self):
        time.sleep(0.05)
        wake(self)

    monkeypatch.setattr(trigger, "_physical_pull", wake_late)

    def ask(address):
        with contextlib.suppress(requests.ConnectionError):
            while True:
                requests.get(f"{address}{PATH}/none", timeout=60)

    with local_service() as address:
        askers = [threading.Thread(target=ask, args=(address,)) for _ in range(4)]
        for asker in askers:
            asker.start()
        time.sleep(0.3)
    for asker in askers:
        asker.join(60)
        assert not asker.is_alive()
