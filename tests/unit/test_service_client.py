"""The client against the local server over real HTTP: every way to ask, every way to answer."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from gimp_bridge.errors import (
    AddressRefused,
    Cancelled,
    InputError,
    KeyMissing,
    KeyRefused,
    MaybeSent,
    RequestRefused,
    ResultGone,
    SettingsError,
    TaskFailed,
)
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.progress import Progress
from gimp_bridge.service.request import Rectangle, RemovalRequest, ReturnType
from gimp_bridge.service.task import run_task
from gimp_bridge.service.transport import Timeouts
from gimp_bridge.service.waiting import download, wait_for
from tests.faults.elsewhere import Elsewhere
from tests.faults.hostile import TASKS, Forever, Hostile, Request, Script
from tests.faults.special import to_elsewhere
from tests.service_peer import KEY, hole, local_service, pixels_of, place_fill, png, quadrants

EXPECTED = place_fill(quadrants(), hole())
BY_FILE = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole()), size_px=(64, 48))


def quick(address: str, key: str = KEY) -> PicWish:
    client = PicWish(address, key, pace=Pace(1000))
    client.expected_s = 0.05
    return client


def removed(client: PicWish, request: RemovalRequest) -> np.ndarray:
    task = client.create(request)
    if not task.is_done:
        task = wait_for(client, task.task_id, max_bytes=request.max_result_bytes)
    return pixels_of(download(client, task, max_bytes=request.max_result_bytes))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_download_follows_every_redirect_and_takes_no_key_along(status):
    with Elsewhere() as other, Hostile() as server:
        other.files["/moved.png"] = png(quadrants())
        there = {"Location": f"{other.address}/moved.png"}
        server.script.result = [lambda link: link.reply(status, there, b"")]
        answer = quick(server.address).fetch(f"{server.address}/results/x.png", max_bytes=10_000)
    assert (answer.status, answer.body) == (200, png(quadrants()))
    assert KEY.encode() not in other.received


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_create_request_follows_no_redirect(status):
    with Elsewhere() as other, Hostile(Script(create=[to_elsewhere(status)])) as server:
        server.elsewhere = other
        # 303 leads to what came of the request, so there may be something.
        error = MaybeSent if status == 303 else RequestRefused
        with pytest.raises(error, match=str(status)):
            quick(server.address).create(BY_FILE)
        assert (server.count("create"), server.tasks_created) == (1, 0)
    assert not other.received


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("return_type", list(ReturnType))
@pytest.mark.parametrize("way", ["mask_file", "rectangles"])
def test_every_way_to_ask_gives_the_filled_picture(sync, return_type, way):
    mask: dict[str, Any] = {"mask_file": png(hole())}
    if way == "rectangles":
        mask = {"rectangles": (Rectangle(20, 8, 6, 8), Rectangle(26, 8, 6, 8))}
    request = RemovalRequest(
        image_file=png(quadrants()),
        **mask,
        return_type=return_type,
        sync=sync,
        size_px=(64, 48),
    )
    with local_service() as address:
        assert np.array_equal(removed(quick(address), request), EXPECTED)


def test_base64_with_a_data_prefix_is_read():
    request = RemovalRequest(
        image_file=png(quadrants()), mask_file=png(hole()), return_type=ReturnType.BASE64
    )
    with local_service(data_prefix=True) as address:
        assert np.array_equal(removed(quick(address), request), EXPECTED)


def test_a_jpeg_answer_to_a_png_comes_through_as_it_is():
    with local_service(answer_format="JPEG") as address:
        client = quick(address)
        task = wait_for(client, client.create(BY_FILE).task_id, max_bytes=1 << 20)
        assert download(client, task, max_bytes=1 << 20)[:3] == b"\xff\xd8\xff"


def test_a_wrong_key_is_refused_in_words():
    with local_service() as address, pytest.raises(KeyRefused) as caught:
        quick(address, "another-key").create(BY_FILE)
    assert str(caught.value) == (
        "The service refused the key (401): check the key in the settings. "
        'Message from the service: "the key is wrong"'
    )


def test_a_key_is_checked_at_no_cost():
    with local_service() as address:
        quick(address).check()
        with pytest.raises(KeyRefused):
            quick(address, "another-key").check()


def test_an_unknown_task_is_gone():
    with local_service() as address, pytest.raises(ResultGone):
        quick(address).query("no-such-task")


def test_a_mask_of_another_size_is_refused():
    request = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole(48, 64)))
    with local_service() as address, pytest.raises(RequestRefused, match="image's size"):
        quick(address).create(request)


def test_a_file_that_is_no_picture_fails_with_state_7():
    request = RemovalRequest(image_file=b"\x89PNG\r\n\x1a\n nothing", mask_file=png(hole()))
    with local_service() as address:
        client = quick(address)
        task = client.create(request)
        with pytest.raises(TaskFailed) as caught:
            wait_for(client, task.task_id, max_bytes=1 << 20)
    assert (caught.value.state, caught.value.retryable) == (-7, False)
    assert caught.value.task_id == task.task_id


def test_progress_names_the_stages_in_order():
    heard: list[Progress] = []
    with local_service(task_seconds=0.3) as address:
        client = quick(address)
        client.expected_s = 0.1
        task = client.create(BY_FILE, progress=heard.append)
        task = wait_for(client, task.task_id, max_bytes=1 << 20, progress=heard.append)
        download(client, task, max_bytes=1 << 20, progress=heard.append)
    assert "processing" in [progress.stage for progress in heard]


def test_cancel_before_sending_sends_nothing():
    asked = threading.Event()

    def fill(*arguments, **keywords):
        asked.set()
        return place_fill(*arguments, **keywords)

    with local_service(fill=fill) as address, pytest.raises(Cancelled):
        quick(address).create(BY_FILE, cancel=lambda: True)
    assert not asked.is_set()


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("http://techhk.aoscdn.com", AddressRefused),
        ("ftp://127.0.0.1", AddressRefused),
        ("https://user:word@techhk.aoscdn.com", AddressRefused),
        ("http://localhost.example.org", AddressRefused),
        ("http://[::1", AddressRefused),
        ("https://techhk.aoscdn.com:port", AddressRefused),
        ("", AddressRefused),
    ],
)
def test_an_address_the_key_must_not_go_to_is_refused(address, error):
    with pytest.raises(error):
        PicWish(address, KEY)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"])
def test_this_machine_may_be_asked_without_tls_and_key(address):
    assert PicWish(address + "/", None).base_url == address


def test_a_service_elsewhere_needs_a_key():
    with pytest.raises(KeyMissing):
        PicWish("https://techhk.aoscdn.com", "  ")


def test_a_key_that_cannot_be_a_header_is_never_quoted():
    with pytest.raises(SettingsError) as caught:
        PicWish("https://techhk.aoscdn.com", "two\r\nlines")
    assert "lines" not in str(caught.value)


@pytest.mark.parametrize(
    "parts",
    [
        {"mask_file": b"m"},
        {"image_file": b"i"},
        {"image_file": b"i", "image_url": "https://x/i.png", "mask_file": b"m"},
        {"image_file": b"i", "mask_file": b"m", "mask_url": "https://x/m.png"},
        {"image_file": b"i", "rectangles": ()},
        {"image_file": b"i", "rectangles": (Rectangle(0, 0, 1, 1),) * 51},
        {"image_file": b"i", "rectangles": (Rectangle(0, 0, 0, 1),)},
        {"image_url": "file:///etc/passwd", "mask_file": b"m"},
        {"image_url": "https://me:secret@x/i.png", "mask_file": b"m"},
        {"image_file": b"i" * 20_000_001, "mask_file": b"m"},
    ],
)
def test_requests_outside_the_limits_are_never_made(parts):
    with pytest.raises(InputError):
        RemovalRequest(**parts)


def test_the_upload_holds_no_name_of_the_user():
    body, _ = BY_FILE.encode()
    assert b'filename="image.png"' in body
    assert b'filename="mask.png"' in body
    assert body.count(b"filename=") == 2


def test_equal_requests_have_equal_fingerprints_and_others_not():
    other_mask = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole()[::-1]))
    swapped = RemovalRequest(image_file=png(hole()), mask_file=png(quadrants()))
    prints = [r.fingerprint("a") for r in (BY_FILE, other_mask, swapped)]
    assert len({*prints, BY_FILE.fingerprint("b")}) == 4
    assert BY_FILE.fingerprint("a") == prints[0]


@pytest.mark.parametrize(
    ("path", "tasks"),
    [
        ("", "/api/tasks/visual/inpaint"),
        ("/", "/api/tasks/visual/inpaint"),
        ("/api/tasks/visual/watermark", "/api/tasks/visual/watermark"),
        ("/api/tasks/visual/watermark/", "/api/tasks/visual/watermark"),
    ],
)
def test_a_path_in_the_address_takes_the_place_of_the_documented_one(path, tasks, tmp_path):
    with Hostile(Script(create=Forever(elsewhere), query=Forever(elsewhere))) as server:
        client = quick(server.address + path)
        client.timeouts = Timeouts(task_s=5)
        paid = run_task(client, Journal(tmp_path), BY_FILE)
        assert np.array_equal(pixels_of(paid.data), EXPECTED)
        asked = [request.path for request in server.requests if request.kind != "result"]
    assert asked == [tasks, *[f"{tasks}/{paid.task_id}"] * (len(asked) - 1)]
    host = server.address.removeprefix("http://")
    documented = tasks.endswith("inpaint")
    assert paid.entry.record.service == (host if documented else host + tasks)


def elsewhere(link):
    """Answer as the documented path does, whatever the path."""
    tail = link.request.path.rpartition("/")[2] if link.request.method == "GET" else ""
    answer = Request(
        "query", link.request.method, f"{TASKS}/{tail}".rstrip("/"), link.request.headers,
        link.request.body,
    )  # fmt: skip
    true, link.request = link.request, answer
    reply = link.honest()
    link.request = true
    link.reply(*reply)
