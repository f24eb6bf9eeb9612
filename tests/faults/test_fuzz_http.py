"""Arbitrary bytes as HTTP answers, over a real connection: no exception other than ours."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gimp_bridge.errors import RemovalError
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.transport import Answer, Timeouts
from tests.faults.hostile import Forever, Hostile, Script
from tests.service_peer import KEY, hole, png, quadrants

REQUEST = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole()))

STATUS_LINES = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.0 200", b"HTTP/1.1 500 X", b"HTTP/1.1 302 Y", b"HTTP/1.1 99", b""]
) | st.binary(max_size=20)
HEADERS = st.lists(
    st.sampled_from(
        [
            b"Content-Length: 5",
            b"Content-Length: -1",
            b"Content-Length: x",
            b"Content-Length: 99999999999999999999",
            b"Transfer-Encoding: chunked",
            b"Content-Encoding: gzip",
            b"Content-Encoding: deflate",
            b"Location: //[",
            b"Location: http://127.0.0.1:1/",
            b"Retry-After: 0",
            b"Connection: keep-alive",
        ]
    )
    | st.binary(max_size=30),
    max_size=4,
)
BODIES = st.binary(max_size=60) | st.sampled_from(
    [b'{"status":200,"data":{"task_id":"a-1"}}', b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"\x1f\x8b"]
)
ANSWERS = st.builds(
    lambda line, headers, body: b"\r\n".join([line, *headers, b"", body]),
    STATUS_LINES,
    HEADERS,
    BODIES,
) | st.binary(max_size=200)

many = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def peer():
    """A server that answers everything with ``answer[0]`` and hangs up; its client."""
    answer = [b""]

    def react(link):
        link.send(answer[0])

    script = Script(*[Forever(react) for _ in range(3)])
    with Hostile(script) as server:
        timeouts = Timeouts(connect_s=1, answer_s=1, download_s=1, refused_s=0, retry_s=0)
        yield PicWish(server.address, KEY, pace=Pace(10_000), timeouts=timeouts), answer, server


def outcome(call) -> str:
    try:
        result = call()
    except RemovalError as error:
        return str(error)
    return "a task" if not isinstance(result, Answer) else "an answer"


@many
@given(raw=ANSWERS)
def test_create(peer, raw):
    client, answer, _ = peer
    answer[0] = raw
    client.pace.__init__(10_000)  # a 429 of the last example holds nobody back
    said = outcome(lambda: client.create(REQUEST))
    assert said.isprintable()
    assert KEY not in said


@many
@given(raw=ANSWERS)
def test_query(peer, raw):
    client, answer, _ = peer
    answer[0] = raw
    client.pace.__init__(10_000)
    assert outcome(lambda: client.query("a-1")).isprintable()


@many
@given(raw=ANSWERS)
@example(raw=b"HTTP/1.1 302 Word\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n")
def test_download(peer, raw):
    client, answer, server = peer
    answer[0] = raw
    url = f"{server.address}/results/x.png"
    assert outcome(lambda: client.fetch(url, max_bytes=1000)).isprintable()
