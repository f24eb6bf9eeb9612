"""Reading answers as they come; whatever comes, no exception other than ours."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_bridge.errors import (
    BadAnswer,
    KeyRefused,
    NoCredit,
    RemovalError,
    RequestRefused,
    ResultGone,
    ServiceFault,
    TaskFailed,
    TooManyRequests,
)
from gimp_bridge.service import answers
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


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 402, 403, 404, 413, 425, 429])
def test_what_refuses_a_request_is_a_refusal(status):
    assert answers.is_refusal(status)


@pytest.mark.parametrize("status", [0, 100, 102, 103, 200, 202, 303, 304, 408, 409, 444, 460, 499])
def test_what_a_proxy_or_nobody_says_refuses_nothing(status):
    assert not answers.is_refusal(status)
    assert not answers.is_refusal(status + 500)


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (400, "Insufficient balance", NoCredit),
        (400, "You have no credits left", NoCredit),
        (403, "quota exhausted", NoCredit),
        (429, "insufficient credit", NoCredit),
        (402, "", NoCredit),
        (400, "余额不足", NoCredit),
        (429, "QPS quota exceeded", TooManyRequests),
        (400, "the accredited size is wrong", RequestRefused),
        (413, "insufficient room", RequestRefused),
    ],
)
def test_a_refusal_that_speaks_of_credit_is_no_credit_left(status, message, error):
    raw = json.dumps({"status": status, "message": message}).encode()
    with pytest.raises(RemovalError) as caught:
        answers.raise_for_status(status, raw)
    assert type(caught.value) is error
    assert ("picwish.com/my-account" in str(caught.value)) == (error is NoCredit)
    assert message in str(caught.value)


def test_what_the_service_says_of_a_failed_task_is_told_as_its_words():
    raw = json.dumps(
        {
            "message": "the key KEY is  out",
            "data": {"task_id": "a", "state": -7, "state_detail": "line\nline " + "x" * 500},
        }
    ).encode()
    task = answers.parse_task(raw, lambda text: text.replace("KEY", "***"))
    with pytest.raises(TaskFailed) as caught:
        answers.raise_for_failure(task)
    said = str(caught.value)
    assert 'without the service. Message from the service: "line line xxx' in said
    assert len(said) < 330
    assert said.isprintable()
    short = json.dumps({"message": "key KEY", "data": {"task_id": "a", "state": -7}}).encode()
    assert answers.parse_task(short, lambda t: t.replace("KEY", "***")).words == "key ***"


@pytest.mark.parametrize("message", ["success", "OK", "", None, 5])
def test_that_all_is_well_is_not_told_of_a_failure(message):
    raw = json.dumps({"message": message, "data": {"task_id": "a", "state": -1}}).encode()
    assert answers.parse_task(raw).words == ""


@pytest.mark.parametrize(
    ("http", "raw", "status"),
    [
        (200, b'{"status":200}', 200),
        (200, b'{"status":"401"}', 401),
        (200, b'{"status":429}', 429),
        (200, b"{}", 200),
        (200, b"<html>", 200),
        (500, b'{"status":200}', 500),
        (404, b"", 404),
    ],
)
def test_the_bodys_own_status_counts_where_http_says_200(http, raw, status):
    assert answers.status_of(http, raw) == status


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RequestRefused),
        (401, KeyRefused),
        (403, RequestRefused),
        (404, RequestRefused),
        (413, RequestRefused),
        (429, TooManyRequests),
        (500, ServiceFault),
        (504, ServiceFault),
        (302, RequestRefused),
        (402, RequestRefused),
        (100, RequestRefused),
        (0, RequestRefused),
    ],
)
def test_every_status_but_200_is_a_typed_error(status, error):
    with pytest.raises(error):
        answers.raise_for_status(status, b"")


def test_too_large_a_picture_is_said_with_what_to_do():
    with pytest.raises(RequestRefused) as caught:
        answers.raise_for_status(413, b"<html>nginx</html>")
    assert str(caught.value) == (
        "The picture is too large for the service (413): send a smaller part of it."
    )
    assert not caught.value.retryable


def test_a_task_that_is_not_known_is_gone():
    with pytest.raises(ResultGone, match="does not know task a-1") as caught:
        answers.raise_for_status(404, b"", task_id="a-1")
    assert caught.value.task_id == "a-1"


def test_the_services_own_words_are_shown_short_and_on_one_line():
    words = "out of\n\x1b[31mluck " + "x" * 500
    with pytest.raises(RequestRefused) as caught:
        answers.raise_for_status(400, json.dumps({"message": words}).encode())
    text = str(caught.value)
    assert text.startswith(
        "The service refused the request (400), so nothing was billed. "
        'Message from the service: "out of [31mluck xxxxx'
    )
    assert len(text) < 270
    assert text.isprintable()


@pytest.mark.parametrize("state", [-1, -2, -3, -5, -7, -8, -9, -10, -11, -13, -14, -15, -16, -17])
def test_every_documented_failure_has_its_words(state):
    with pytest.raises(TaskFailed) as caught:
        answers.raise_for_failure(Task("a-1", state))
    error = caught.value
    assert (error.state, error.task_id) == (state, "a-1")
    assert error.retryable is (state in {-2, -8, -9, -13, -15})
    assert "no known reason" not in str(error)
    assert "not billed" in str(error)


def test_an_unknown_failure_is_a_failure_too():
    with pytest.raises(TaskFailed, match=r"no known reason \(state -99\)"):
        answers.raise_for_failure(Task("a", -99))


@pytest.mark.parametrize("state", [None, 0, 1, 2, 3, 4, 99])
def test_other_states_are_no_failure(state):
    answers.raise_for_failure(Task("a", state))


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


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-1", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_seconds(value, seconds):
    assert answers.seconds_to_wait({"Retry-After": value}) == seconds


def test_retry_after_may_be_a_date():
    at = format_datetime(datetime.now(timezone.utc) + timedelta(hours=2), usegmt=True)
    seconds = answers.seconds_to_wait({"Retry-After": at})
    assert seconds == pytest.approx(7200, abs=60)


@given(st.text())
def test_no_retry_after_raises(value):
    answers.seconds_to_wait({"Retry-After": value})


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
        answers.raise_for_status(answers.status_of(status, raw), raw, task_id="a")
        task = answers.parse_task(raw)
        answers.raise_for_failure(task)
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
