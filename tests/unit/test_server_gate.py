"""Who may ask the local server, what a form may hold, and what it fetches for whom."""

from __future__ import annotations

import io
import json
import socket

import pytest

from gimp_bridge.server import create_app, running
from tests.faults.elsewhere import Elsewhere
from tests.service_peer import KEY, hole, place_fill, png, quadrants

PATH = "/api/tasks/visual/inpaint"
IMAGE, MASK = png(quadrants()), png(hole())


def web(**options):
    return create_app(**{"fill": place_fill, "key": KEY, "qps": None, **options}).test_client()


def post(client, fields=None, *, headers=None, **more):
    data = fields or {"image_file": IMAGE, "mask_file": MASK}
    data = {
        name: (io.BytesIO(value), f"{name}.png") if isinstance(value, bytes) else value
        for name, value in data.items()
    }
    return client.post(PATH, data=data, headers={"X-API-KEY": KEY, **(headers or {})}, **more)


def ended(client, answer, app_tasks=None):
    """What became of the task, once it has ended."""
    tasks = client.application.extensions["tasks"]
    tasks.find(answer.json["data"]["task_id"]).ended.wait(30)
    url = f"{PATH}/{answer.json['data']['task_id']}"
    return client.get(url, headers={"X-API-KEY": KEY}).json["data"]


# --- by which name

OURS = ["127.0.0.1", "localhost:8765", "LOCALHOST", "[::1]:8765", "127.9.9.9:1"]
OTHERS = [
    "evil.example",
    "evil.example:8765",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    r"evil.example\@127.0.0.1",
    "192.168.1.7",
    "0.0.0.0",
    "127.1",
    "localhost,evil.example",
    "",
]


@pytest.mark.parametrize("host", OURS)
def test_this_machines_own_names_are_served(host):
    client = web()
    assert post(client, headers={"Host": host}).status_code == 200
    assert client.get(f"{PATH}/x", headers={"Host": host, "X-API-KEY": KEY}).status_code == 404


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("host", OTHERS)
def test_any_other_host_is_refused_with_or_without_a_key(host, key):
    client = web(key=key)
    headers = {"Host": host, "X-API-KEY": KEY}
    answers = [
        post(client, headers=headers),
        *(client.get(path, headers=headers) for path in (f"{PATH}/x", "/results/x.png", "/")),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert not client.application.extensions["tasks"]._jobs
    assert "Host" in answers[0].json["message"]
    assert "evil" not in answers[0].text


@pytest.mark.parametrize(
    ("listening", "host", "status"),
    [
        ("painter.example", "painter.example:8765", 200),
        ("painter.example", "Painter.Example", 200),
        ("painter.example", "other.example", 400),
        ("192.168.1.7", "192.168.1.7:8765", 200),
        ("192.168.1.7", "192.168.1.8", 400),
        ("0.0.0.0", "192.168.1.7:8765", 200),
        ("::", "[fd00::7]:8765", 200),
        ("0.0.0.0", socket.gethostname(), 200),
        ("0.0.0.0", "evil.example", 400),
    ],
)
def test_what_the_host_option_names_is_served_too(listening, host, status):
    client = web(host=listening)
    assert post(client, headers={"Host": host}).status_code == status


def test_a_results_address_has_the_host_that_was_asked():
    client = web()
    made = post(client, headers={"Host": "localhost:8765"})
    ended(client, made)
    asked = {"X-API-KEY": KEY, "Host": "localhost:8765", "X-Forwarded-Host": "evil.example"}
    task = client.get(f"{PATH}/{made.json['data']['task_id']}", headers=asked).json["data"]
    assert task["image"].startswith("http://localhost:8765/results/")


# --- from which web page


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
    ],
)
@pytest.mark.parametrize("key", [None, KEY])
def test_posts_of_other_sites_pages_are_refused(headers, status, key):
    client = web(key=key)
    assert post(client, headers=headers).status_code == status
    assert len(client.application.extensions["tasks"]._jobs) == (status == 200)


# --- what a form may hold


def rectangle(**sides):
    return json.dumps([{"x": 0, "y": 0, "width": 8, "height": 8, **sides}])


NO_NUMBERS = ["1e400", "-1e400", "Infinity", "-Infinity", "NaN", "1.5", "8.0", "true", "false"]
NO_NUMBERS += ["null", '"8"', "[8]", "{}", "1e2", "9" * 5000]


@pytest.mark.parametrize("number", NO_NUMBERS)
@pytest.mark.parametrize("side", ["x", "y", "width", "height"])
def test_a_rectangles_numbers_are_whole(side, number):
    text = rectangle(**{side: "HERE"}).replace('"HERE"', number)
    answer = post(web(), {"image_file": IMAGE, "rectangles": text})
    assert (answer.status_code, answer.json["status"]) == (400, 400)
    assert answer.json["message"].startswith("rectangles must be a JSON list")


@pytest.mark.parametrize(
    "text",
    ["{}", '{"x":0}', "[[]]", "[1]", '"x"', "null", "[null]", '[{"x":0}]', "[" * 9999],
)
def test_rectangles_of_another_shape_are_refused(text):
    answer = post(web(), {"image_file": IMAGE, "rectangles": text})
    assert answer.status_code == 400
    assert "rectangles" in answer.json["message"]


@pytest.mark.parametrize("number", ["-1", "64", "9" * 400])
def test_rectangles_outside_are_refused(number):
    text = rectangle(x="HERE").replace('"HERE"', number)
    answer = post(web(), {"image_file": IMAGE, "rectangles": text})
    assert (answer.status_code, answer.json["message"]) == (
        400,
        "a rectangle lies outside the image",
    )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"image_file": "text", "mask_file": MASK}, "image_file must be a file"),
        ({"image_file": "http://127.0.0.1/i", "mask_file": MASK}, "image_file must be a file"),
        ({"image_file": IMAGE, "mask_file": "text"}, "mask_file must be a file"),
        ({"image_url": IMAGE, "mask_file": MASK}, "image_url must be text"),
        ({"image_file": IMAGE, "mask_url": MASK}, "mask_url must be text"),
        ({"image_file": IMAGE, "rectangles": MASK}, "rectangles must be text"),
        ({"image_file": IMAGE, "rectangles": rectangle().encode()}, "rectangles must be text"),
        ({"image_file": b"", "mask_file": MASK}, "image_file is empty"),
        ({"image_file": IMAGE, "mask_file": b""}, "mask_file is empty"),
    ],
)
def test_a_file_is_a_file_and_text_is_text(fields, sentence):
    answer = post(web(), fields)
    assert (answer.status_code, answer.json["message"]) == (400, sentence)


def test_two_of_one_name_are_one_too_many():
    twice = [(io.BytesIO(IMAGE), "a.png"), (io.BytesIO(IMAGE), "b.png")]
    answer = post(web(), {"image_file": twice, "mask_file": MASK})
    assert answer.status_code == 400
    assert "exactly one" in answer.json["message"]


def test_a_body_of_another_kind_is_refused():
    answer = web().post(PATH, json={"image_url": "x"}, headers={"X-API-KEY": KEY})
    assert (answer.status_code, answer.json["status"]) == (400, 400)


def test_times_are_strings():
    client = web()
    task = ended(client, post(client))
    times = [task[name] for name in ("created_at", "processed_at", "completed_at")]
    assert all(isinstance(time, str) and time.isdecimal() for time in times)


def test_an_eps_is_no_picture():
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 48\n%%EndComments\n"
    client = web()
    assert ended(client, post(client, {"image_file": eps, "mask_file": MASK}))["state"] == -7
    assert ended(client, post(client, {"image_file": IMAGE, "mask_file": eps}))["state"] == -7


# --- what is fetched for whom


@pytest.fixture
def source():
    with Elsewhere() as other:
        other.files = {"/i.png": IMAGE, "/m.png": MASK}
        yield other


def state_of(client, url, **more):
    return ended(client, post(client, {"image_url": url, "mask_file": MASK}, **more))["state"]


@pytest.mark.parametrize("anywhere", [False, True])
def test_this_machine_is_fetched_from_for_its_own_clients_only(source, anywhere):
    client = web(fetch_anywhere=anywhere)
    url = f"{source.address}/i.png"
    assert state_of(client, url) == 1
    assert state_of(client, url, environ_base={"REMOTE_ADDR": "::1"}) == 1
    source.received.clear()
    assert state_of(client, url, environ_base={"REMOTE_ADDR": "192.168.1.9"}) == -3
    assert not source.received


@pytest.mark.parametrize("anywhere", [False, True])
@pytest.mark.parametrize(
    "url",
    [
        r"http://192.0.2.2:{port}\@127.0.0.1/i.png",
        r"http://127.0.0.1\@192.0.2.2:{port}/i.png",
        "http://127.0.0.1@192.0.2.2:{port}/i.png",
        "http://169.254.169.254/latest",
        "http://10.0.0.1:{port}/i.png",
        "http://[fd00::1]:{port}/i.png",
        "http://0.0.0.0:{port}/i.png",
        "http://inside.example:{port}/i.png",
        "http://mixed.example:{port}/i.png",
        "ftp://127.0.0.1/i.png",
        "http://127.0.0.1:{port}/moved",
    ],
)
def test_private_networks_are_not_even_connected_to(source, url, anywhere, monkeypatch):
    real_look_up, real_connect, connected = socket.getaddrinfo, socket.socket.connect, []
    names = {"inside.example": ["10.0.0.1"], "mixed.example": ["8.8.8.8", "10.0.0.1"]}

    def look_up(host, port, *more):
        return [at for name in names.get(host, [host]) for at in real_look_up(name, port, *more)]

    def connect(this, address):
        connected.append(address[0])
        return real_connect(this, address)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    client = web(fetch_anywhere=anywhere)
    assert state_of(client, url.format(port=source.address.rsplit(":", 1)[1])) == -3
    assert set(connected) <= {"127.0.0.1"}


def test_a_redirect_is_judged_like_the_first_address():
    source = create_app(fill=place_fill, qps=None)
    to = {"Location": "http://10.0.0.1/i.png"}
    source.add_url_rule("/i.png", "f", lambda: ("", 302, to))
    with running(source) as there:
        client = web(fetch_anywhere=True)
        assert state_of(client, f"{there}/i.png") == -3


def test_what_is_too_large_at_an_address_ends_in_state_5(source):
    source.files["/i.png"] = IMAGE + bytes(20_000_000)
    assert state_of(web(), f"{source.address}/i.png") == -5


def test_a_limit_broken_by_what_was_fetched_ends_below_zero(source):
    source.files["/m.png"] = png(hole(48, 64))
    client = web()
    fields = {"image_file": IMAGE, "mask_url": f"{source.address}/m.png"}
    task = ended(client, post(client, fields))
    assert (task["state"], task["state_detail"]) == (-1, "the mask does not have the image's size")
