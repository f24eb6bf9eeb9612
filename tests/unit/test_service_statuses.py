"""What the service's statuses and failed tasks mean, and what people read of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_bridge.errors import (
    KeyRefused,
    NoCredit,
    RemovalError,
    RequestRefused,
    ResultGone,
    ServiceFault,
    TaskFailed,
    TooManyRequests,
)
from gimp_bridge.service import answers, statuses
from gimp_bridge.service.answers import Task


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 402, 403, 404, 413, 425, 429])
def test_what_refuses_a_request_is_a_refusal(status):
    assert statuses.is_refusal(status)


@pytest.mark.parametrize("status", [0, 100, 102, 103, 200, 202, 303, 304, 408, 409, 444, 460, 499])
def test_what_a_proxy_or_nobody_says_refuses_nothing(status):
    assert not statuses.is_refusal(status)
    assert not statuses.is_refusal(status + 500)


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
        statuses.raise_for_status(status, raw)
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
        statuses.raise_for_failure(task)
    said = str(caught.value)
    assert 'without the service. Message from the service: "line line xxx' in said
    assert len(said) < 330
    assert said.isprintable()
    short = json.dumps({"message": "key KEY", "data": {"task_id": "a", "state": -7}}).encode()
    assert answers.parse_task(short, lambda t: t.replace("KEY", "***")).words == "key ***"


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
    assert statuses.status_of(http, raw) == status


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
        statuses.raise_for_status(status, b"")


def test_too_large_a_picture_is_said_with_what_to_do():
    with pytest.raises(RequestRefused) as caught:
        statuses.raise_for_status(413, b"<html>nginx</html>")
    assert str(caught.value) == (
        "The picture is too large for the service (413): send a smaller part of it."
    )
    assert not caught.value.retryable


def test_a_task_that_is_not_known_is_gone():
    with pytest.raises(ResultGone, match="does not know task a-1") as caught:
        statuses.raise_for_status(404, b"", task_id="a-1")
    assert caught.value.task_id == "a-1"


def test_the_services_own_words_are_shown_short_and_on_one_line():
    words = "out of\n\x1b[31mluck " + "x" * 500
    with pytest.raises(RequestRefused) as caught:
        statuses.raise_for_status(400, json.dumps({"message": words}).encode())
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
        statuses.raise_for_failure(Task("a-1", state))
    error = caught.value
    assert (error.state, error.task_id) == (state, "a-1")
    assert error.retryable is (state in {-2, -8, -9, -13, -15})
    assert "no known reason" not in str(error)
    assert "not billed" in str(error)


def test_an_unknown_failure_is_a_failure_too():
    with pytest.raises(TaskFailed, match=r"no known reason \(state -99\)"):
        statuses.raise_for_failure(Task("a", -99))


@pytest.mark.parametrize("state", [None, 0, 1, 2, 3, 4, 99])
def test_other_states_are_no_failure(state):
    statuses.raise_for_failure(Task("a", state))


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
    assert statuses.seconds_to_wait({"Retry-After": value}) == seconds


def test_retry_after_may_be_a_date():
    at = format_datetime(datetime.now(timezone.utc) + timedelta(hours=2), usegmt=True)
    seconds = statuses.seconds_to_wait({"Retry-After": at})
    assert seconds == pytest.approx(7200, abs=60)


@given(st.text())
def test_no_retry_after_raises(value):
    statuses.seconds_to_wait({"Retry-After": value})
