"""Reading answers as they come; whatever comes, no exception other than ours."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_bridge.errors import (
    BadAnswer,
    RemovalError,
)
from gimp_bridge.service import answers, statuses
from gimp_bridge.service.answers import Address, Task

JPEG = b"\xff\xd8\xff\xe0 the rest"
BASE64 = base64.b64encode(JPEG).decode()


def body(**data) -> bytes:
    return json.dumps({"status": 200, "message": "success", "data": data}).encode()


def test_a_documented_answer_is_read_whole():
    task = answers.parse_task(
        body(
            task_id="a-1",
            state=1,
            progress=100,
            image="https://x/y",
            state_detail="Complete",
            created_at=1700000000,
            completed_at="1700000002",
        )
    )
    assert task == Task("a-1", 1, 100.0, "https://x/y", "Complete", 1700000000.0, 1700000002.0)
    assert task.is_done


@pytest.mark.parametrize(
    ("given_", "state"),
    [
        (1, 1),
        ("1", 1),
        (1.0, 1),
        ("1.0", 1),
        (" 4 ", 4),
        ("-8", -8),
        (10**400, None),
        (None, None),
        (True, None),
        ("done", None),
        ([], None),
        ("NaN", None),
        (7, 7),
        (-99, -99),
    ],
)
def test_states_are_read_in_every_shape(given_, state):
    assert answers.parse_task(body(task_id="a", state=given_)).state == state


@pytest.mark.parametrize(
    ("given_", "task_id"),
    [
        ("9e90c188-0fab", "9e90c188-0fab"),
        (12345, "12345"),
        ("", ""),
        (None, ""),
        ("../../etc", "../../etc"),
        ("..", ".."),
        ("a" * 500, "a" * 500),
        ("a b", "a b"),
        ("_x", "_x"),
        ("abc+/def==", "abc+/def=="),
        ("ü\n", "ü\n"),
        (" ", " "),
        (True, ""),
        (1.5, ""),
        (["a"], ""),
    ],
)
def test_any_text_that_is_not_empty_is_an_id(given_, task_id):
    assert answers.parse_task(body(task_id=given_, state=0)).task_id == task_id


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" \r\n",
        b"<html><body>Sign in to the network</body></html>",
        b'{"status":200,"data":{"task_id":"a',
        b"null",
        b"[]",
        b'{"status":200}',
        b'{"data":null}',
        b'{"data":[]}',
        b'{"data":"x"}',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"data":{"state":' + b"9" * 5000 + b"}}",
    ],
)
def test_what_is_no_answer_is_a_bad_answer(raw):
    with pytest.raises(BadAnswer):
        answers.parse_task(raw)


def test_a_byte_order_mark_is_no_hindrance():
    assert answers.parse_task(b"\xef\xbb\xbf" + body(task_id="a")).task_id == "a"


def test_html_is_named_for_what_it_probably_is():
    with pytest.raises(BadAnswer, match="sign-in page"):
        answers.parse_task(b"<!doctype html>")


@pytest.mark.parametrize(
    ("ruin", "task_id"),
    [
        (b'{"status":200,"data":{"task_id":"a-1","sta', "a-1"),
        (b'HTTP junk {"task_id" : "b_2"}', "b_2"),
        (b'{"task_id":"../x"}', "../x"),
        (b'{"data":[{"task_id":"in-a-list"}]}', "in-a-list"),
        (b'{"status":409,"task_id":"outside of data","data":null}', "outside of data"),
        (b'{"data":{"task_id":"say \\"a\\u00fc\\"","st', 'say "a\u00fc"'),
        (b'{"task_id":123,', "123"),
        (b'{"data":{"task_id":"","x":{"task_id":"second"}}}', "second"),
    ],
)
def test_the_id_of_a_paid_task_is_found_in_ruins(ruin, task_id):
    assert answers.created_task(ruin) == Task(task_id)


@pytest.mark.parametrize("raw", [b'{"task_id":"cut-of', b'{"task_id":12', b'{"task_id":""}', b""])
def test_half_an_id_is_none(raw):
    assert answers.created_task(raw) is None


@pytest.mark.parametrize("message", ["success", "OK", "", None, 5])
def test_that_all_is_well_is_not_told_of_a_failure(message):
    raw = json.dumps({"message": message, "data": {"task_id": "a", "state": -1}}).encode()
    assert answers.parse_task(raw).words == ""


@pytest.mark.parametrize(
    "text",
    [
        BASE64,
        f"data:image/jpeg;base64,{BASE64}",
        f"DATA:;BASE64,{BASE64}",
        f"  {BASE64[:9]}\r\n{BASE64[9:]}\n",
        BASE64.rstrip("="),
        BASE64.replace("/", "_").replace("+", "-"),
    ],
)
def test_base64_is_read_in_every_shape(text):
    assert answers.result_of(Task("a", 1, image=text), max_bytes=100) == JPEG


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://x/a?b=1&c=2", "https://x/a?b=1&c=2"),
        ("https://x/a?b=1\\u0026c=2", "https://x/a?b=1&c=2"),
        ("https:\\/\\/x\\/a", "https://x/a"),
        (" HTTPS://x/a\n", "HTTPS://x/a"),
    ],
)
def test_an_address_is_an_address_also_where_base64_was_asked(text, url):
    assert answers.result_of(Task("a", 1, image=text), max_bytes=100) == Address(url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        "data:image/png;base64,",
        base64.b64encode(b"<html>").decode(),
        "A",
        "ftp://x",
    ],
)
def test_what_is_neither_picture_nor_address_is_a_bad_answer(text):
    with pytest.raises(BadAnswer):
        answers.result_of(Task("a", 1, image=text), max_bytes=100)


def test_base64_beyond_what_was_sent_is_not_decoded():
    with pytest.raises(BadAnswer, match="larger than it can be"):
        answers.result_of(Task("a", 1, image="A" * 400), max_bytes=100)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xdb", "jpeg"),
        (b"RIFF\0\0\0\0WEBP", "webp"),
        (b"BM", "bmp"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
        (b"GIF89a", None),
        (b"<svg", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"", None),
    ],
)
def test_kinds_are_told_from_the_first_bytes(start, kind):
    assert answers.sniff(start) == kind


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
FIELDS = ("task_id", "state", "progress", "image", "state_detail", "created_at", "completed_at")
TASKS = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON))
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.builds(
        lambda data, status: json.dumps({"data": data, "status": status}).encode(), TASKS, JSON
    ),
)


@given(status=st.integers(0, 999), raw=BODIES)
def test_no_answer_raises_anything_but_our_errors(status, raw):
    answers.created_task(raw)
    said = "a result"
    try:
        statuses.raise_for_status(statuses.status_of(status, raw), raw, task_id="a")
        task = answers.parse_task(raw)
        statuses.raise_for_failure(task)
        answers.result_of(task, max_bytes=1000)
    except RemovalError as error:
        said = str(error)
    assert said.isprintable()
    assert said


@given(image=st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_no_image_field_raises_anything_but_our_errors(image):
    try:
        result = answers.result_of(Task("a", 1, image=image), max_bytes=200)
    except BadAnswer:
        return
    assert isinstance(result, Address) or answers.sniff(result) is not None
