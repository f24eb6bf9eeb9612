"""Any answer to a create request: a result, a kept task or an honest "maybe", and nothing else.

A sample; ``ANSWERS=10000`` tries as many.  The stand-in makes a task unless the answer plainly
refuses the request and names none, so "nothing was billed" with a task made is a fault of ours.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gimp_bridge.errors import MaybeSent, RemovalError, TaskFailed
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.recovery import recover
from gimp_bridge.service.task import Paid, run_task
from gimp_bridge.service.transport import Timeouts
from tests.faults.hostile import TASKS, Forever, Hostile, Script, head
from tests.service_peer import KEY, pixels_of
from tests.tasks import EXPECTED, REQUEST

# RFC 9110, 15.5, and RFC 4918, 6585, 7540, 7725, 8470: the server did not do what was asked.
REFUSALS = {301, 302, 307, 308} | {*range(400, 425)} - {408, 409, 419, 420}
REFUSALS |= {425, 426, 428, 429, 431, 451}

IDS = st.text(min_size=1, max_size=40) | st.integers(-9, 10**30) | st.sampled_from(["..", ".", "/"])
MESSAGES = st.sampled_from(["success", "", "insufficient credit", "try later"]) | st.text(
    max_size=30
)


@dataclass(frozen=True)
class Answer:
    """One generated answer; ``sent`` letters of the body leave before the connection ends."""

    status: int
    interim: tuple[int, ...]
    task_id: str | int | None
    shape: str
    own_status: object
    message: object
    state: int | None
    sent: float
    reset: bool
    pause_s: float

    def body(self) -> bytes:
        """The whole of it."""
        data: object = {"task_id": self.task_id, "state": self.state}
        if self.task_id is None:
            data = {"state": self.state}
        whole: object = {"status": self.own_status, "message": self.message, "data": data}
        if self.shape == "list":
            whole = {"status": self.own_status, "data": [data]}
        if self.shape == "top" and isinstance(data, dict):
            whole = {"status": self.own_status, **data, "data": None}
        raw = json.dumps(whole).encode()
        return b"<p>" + raw + b"</p>" if self.shape == "page" else raw

    def part(self) -> bytes:
        """What of it leaves."""
        return self.body()[: round(len(self.body()) * self.sent)]

    @property
    def names_the_task(self) -> bool:
        """Whether the id arrives whole."""
        if self.task_id is None or self.status in (204, 304):  # which have no body in HTTP
            return False
        closing = "" if isinstance(self.task_id, str) else ","
        return f'"task_id": {json.dumps(self.task_id)}{closing}'.encode() in self.part()


ANSWERS = st.builds(
    Answer,
    status=st.integers(200, 599) | st.sampled_from([200, 200, 303, 400, 401, 402, 408, 429, 499]),
    interim=st.lists(st.sampled_from([100, 102, 103, 199]), max_size=2).map(tuple),
    task_id=IDS | st.none(),
    shape=st.sampled_from(["data", "data", "list", "top", "page"]),
    own_status=st.sampled_from([200, 200, 0, 1, 400, 401, 402, 408, 429, 500, None, "x", 999]),
    message=MESSAGES | st.none() | st.integers(),
    state=st.sampled_from([None, 0, 1, 2, 4, -1, -7, -99]),
    sent=st.sampled_from([1.0, 1.0, 1.0]) | st.floats(0, 1),
    reset=st.booleans(),
    pause_s=st.sampled_from([0.0, 0.0, 0.0, 0.02]),
)


class Peer:
    """A service that answers the next create request with ``answer``, and all else truly."""

    def __init__(self) -> None:
        self.answer: Answer
        self.true_id = ""
        self.server = Hostile(Script(create=Forever(self._create), query=Forever(self._query)))

    @property
    def made(self) -> bool:
        return bool(self.true_id)

    def _create(self, link):
        answer, self.true_id = self.answer, ""
        counted = answer.own_status if answer.status == 200 else answer.status
        if answer.names_the_task or counted not in REFUSALS:
            self.true_id = json.loads(link.honest()[2])["data"]["task_id"]
        link.sleep(answer.pause_s)
        for status in answer.interim:
            link.send(head(status, {}))
        part = answer.part()
        link.send(head(answer.status, {"Content-Length": str(len(answer.body()))}) + part)
        if answer.reset and len(part) < len(answer.body()):
            link.reset()

    def _query(self, link):
        asked = unquote(link.request.path.removeprefix(TASKS + "/"), errors="surrogatepass")
        if asked == str(self.answer.task_id):
            link.request.path = f"{TASKS}/{self.true_id}"
        status, headers, body = link.honest()
        whole = json.loads(body)
        if whole.get("data"):
            whole["data"]["task_id"] = self.answer.task_id
        link.reply(status, headers, json.dumps(whole).encode())


@pytest.fixture(scope="module")
def peer():
    peer = Peer()
    with peer.server:
        yield peer


def outcome(client, journal) -> Paid | RemovalError:
    try:
        return run_task(client, journal, REQUEST)
    except RemovalError as error:
        return error


@pytest.mark.timeout(0)
@settings(
    max_examples=int(os.environ.get("ANSWERS", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answer=ANSWERS)
def test_every_answer_ends_in_a_result_a_kept_task_or_an_honest_maybe(
    peer, answer, tmp_path_factory
):
    peer.answer, peer.true_id = answer, ""
    journal = Journal(tmp_path_factory.mktemp("journal"))
    timeouts = Timeouts(connect_s=5, answer_s=5, task_s=1, refused_s=0, retry_s=0)
    client = PicWish(peer.server.address, KEY, pace=Pace(10_000), timeouts=timeouts)
    client.expected_s = 0.0
    before = peer.server.tasks_created
    end = outcome(client, journal)
    if isinstance(end, Paid):
        assert np.array_equal(pixels_of(end.data), EXPECTED)
    elif isinstance(end, TaskFailed):
        assert end.state == answer.state  # by the service's word, and not billed
    elif isinstance(end, MaybeSent):
        assert not answer.names_the_task
    else:
        kept = [record.task_id for record in journal.records()]
        assert kept == ([str(answer.task_id)] if peer.made else []), repr(end)
        if peer.made:
            assert [found.data is not None for found in recover(lambda: client, journal)] == [True]
    assert peer.server.tasks_created <= before + 1
