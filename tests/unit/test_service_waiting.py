"""When a running task is asked for next, on a clock that only the pauses move."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gimp_bridge.errors import TaskUnfinished
from gimp_bridge.service import waiting
from gimp_bridge.service.transport import Timeouts
from gimp_bridge.service.waiting import wait_for
from tests.faults import reactions, special
from tests.faults.hostile import Forever, Hostile, Script
from tests.moving_clock import MovingClock
from tests.tasks import REQUEST, client_for


@pytest.fixture
def pauses(monkeypatch):
    """How long was waited before each poll; no time passes otherwise."""
    clock, waited = MovingClock(), []

    def pause(seconds, _cancel):
        waited.append(round(seconds, 3))
        clock.now += seconds

    monkeypatch.setattr(waiting, "pause", pause)
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=clock))
    return waited


def wait_for_a_task(polls, *, expected_s=1.1, wanted=False):
    """A task that is done at the last of so many polls; returns the client that waited for it."""
    with Hostile(Script(query=reactions.times(polls - 1, special.state(4)))) as server:
        client = client_for(server)
        client.expected_s, client.timeouts = expected_s, Timeouts()
        client.pace.is_wanted = lambda: wanted
        task_id = client.create(REQUEST).task_id
        assert server.app.extensions["tasks"].find(task_id).ended.wait(60)
        wait_for(client, task_id, max_bytes=REQUEST.max_result_bytes)
    return client


def test_polls_follow_each_other_fast_for_3_seconds_and_then_ever_slower(pauses):
    wait_for_a_task(12)
    fast = [1.1, 0.4, 0.4, 0.4, 0.4, 0.4]
    assert pauses == [*fast, 0.6, 0.9, 1.35, 2.025, 3.0, 3.0]


def test_a_poll_that_takes_the_turn_of_another_request_waits_longer_at_once(pauses):
    wait_for_a_task(6, wanted=True)
    assert pauses == [1.1, 0.6, 0.9, 1.35, 2.025, 3.0]


@pytest.mark.parametrize(
    ("polls", "before_s", "after_s"), [(1, 1.1, 0.99), (3, 1.1, 1.9), (1, 0.2, 0.4), (12, 1.1, 3.0)]
)
def test_the_next_task_is_first_asked_for_when_this_one_was_found_done(
    pauses, polls, before_s, after_s
):
    client = wait_for_a_task(polls, expected_s=before_s)
    assert client.expected_s == pytest.approx(after_s)


def test_after_the_time_set_for_a_task_it_is_asked_for_once_more_and_left(pauses):
    with Hostile(Script(query=Forever(special.state(4)))) as server:
        client = client_for(server)  # which waits 5 s for a task
        task = client.create(REQUEST)
        with pytest.raises(TaskUnfinished, match="within 5 seconds"):
            wait_for(client, task.task_id, max_bytes=REQUEST.max_result_bytes)
    assert sum(pauses[:-1]) <= 5 < sum(pauses)
