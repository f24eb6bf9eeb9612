"""A removal from request to picture: the order of steps, and that nothing is paid twice."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from gimp_bridge.errors import (
    BadAnswer,
    Cancelled,
    MaybeSent,
    RemovalError,
    ResultGone,
    TaskFailed,
)
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.task import run_task
from tests.faults import reactions
from tests.faults.hostile import Forever, Hostile, Script
from tests.moving_clock import MovingClock
from tests.service_peer import pixels_of, place_fill, png, quadrants
from tests.tasks import EXPECTED, OTHER, REQUEST, client_for, states


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


@pytest.fixture
def server():
    with Hostile() as running:
        yield running


def test_the_record_is_on_disk_before_each_step(journal):
    seen = []

    def look(link):
        records = [record.state for record, _ in journal._records()]
        seen.append((link.request.kind, records))
        reactions.honest(link)

    with Hostile(Script(create=[look], query=[look], result=[look])) as server:
        paid = run_task(client_for(server), journal, REQUEST)
    seen.append(("returned", [record.state for record, _ in journal._records()]))
    paid.claim()
    seen.append(("claimed", [record.state for record, _ in journal._records()]))
    assert seen == [
        ("create", ["sent"]),
        ("query", ["running"]),
        ("result", ["running"]),
        ("returned", ["stored"]),
        ("claimed", []),
    ]


def test_an_unclaimed_result_is_used_instead_of_paying_again(server, journal):
    client = client_for(server)
    first = run_task(client, journal, REQUEST)
    first.release()
    second = run_task(client, journal, REQUEST)
    assert (second.again, second.task_id, second.data) == (True, first.task_id, first.data)
    assert server.tasks_created == 1


def test_a_claimed_result_is_paid_for_again(server, journal):
    client = client_for(server)
    run_task(client, journal, REQUEST).claim()
    assert not run_task(client, journal, REQUEST).again
    assert server.tasks_created == 2


def test_another_mask_is_another_task(server, journal):
    client = client_for(server)
    run_task(client, journal, REQUEST).release()
    assert not run_task(client, journal, OTHER).again
    assert server.tasks_created == 2


def test_a_task_left_running_is_waited_for_instead_of_paying_again(server, journal):
    client = client_for(server)
    polling = threading.Event()
    server.script.query.append(lambda link: (polling.set(), reactions.answer(500)(link)))
    with pytest.raises(Cancelled) as caught:
        run_task(client, journal, REQUEST, cancel=polling.is_set)
    paid = run_task(client, journal, REQUEST)
    assert (paid.again, paid.task_id) == (True, caught.value.task_id)
    assert server.tasks_created == 1


def test_a_cancel_while_the_answer_is_outstanding_keeps_the_id(journal):
    def late(link):
        answer = link.honest()
        cancelled.set()
        link.sleep(0.3)
        link.reply(*answer)

    cancelled = threading.Event()
    with Hostile(Script(create=[late])) as server:
        with pytest.raises(Cancelled) as caught:
            run_task(client_for(server), journal, REQUEST, cancel=cancelled.is_set)
        assert caught.value.task_id in server.app.extensions["tasks"]._jobs
        assert states(journal) == ["running"]


def test_a_failed_task_leaves_nothing_to_recover(journal):
    failing = Script(query=Forever(reactions.with_data(state=-9)))
    with Hostile(failing) as server, pytest.raises(TaskFailed) as caught:
        run_task(client_for(server), journal, REQUEST)
    assert (caught.value.state, caught.value.task_id is None) == (-9, False)
    assert states(journal) == []


def test_a_lost_answer_that_was_reported_may_be_repeated(journal):
    with Hostile(Script(create=[reactions.hang_up])) as server:
        with pytest.raises(MaybeSent):
            run_task(client_for(server), journal, REQUEST)
        assert states(journal) == []
        assert not run_task(client_for(server), journal, REQUEST).again


@pytest.mark.parametrize("status", [403, 404, 410])
@pytest.mark.parametrize("kind", ["query", "result"])
def test_a_young_task_is_asked_for_until_it_is_known(journal, kind, status):
    script = Script()
    setattr(script, kind, reactions.times(5, reactions.answer(status)))
    with Hostile(script) as server:
        client = client_for(server)
        client.timeouts = replace(client.timeouts, task_s=60.0)
        paid = run_task(client, journal, REQUEST)
        assert np.array_equal(pixels_of(paid.data), EXPECTED)
        assert (server.tasks_created, server.count(kind)) == (1, 6)


@pytest.mark.parametrize("status", [403, 404, 410])
@pytest.mark.parametrize("kind", ["query", "result"])
def test_however_often_a_task_is_not_known_it_is_kept_and_not_paid_for_again(journal, kind, status):
    with Hostile(Script(**{kind: Forever(reactions.answer(status))})) as server:
        client = client_for(server)
        client.timeouts = replace(client.timeouts, task_s=0.3)
        for _ in range(4):
            with pytest.raises(RemovalError, match="is kept") as caught:
                run_task(client, journal, REQUEST)
            assert caught.value.task_id in server.app.extensions["tasks"]._jobs
        assert (server.tasks_created, states(journal)) == (1, ["running"])
        server.be_honest.set()
        assert run_task(client, journal, REQUEST).again


def test_an_old_task_that_is_not_known_is_not_waited_for(tmp_path):
    clock = MovingClock(1e9)
    journal = Journal(tmp_path / "journal", clock=clock, uptime=clock)
    with Hostile(Script(query=Forever(reactions.answer(404)))) as server:
        client = client_for(server)
        client.timeouts = replace(client.timeouts, task_s=60.0)
        entry = journal.begin(
            client.service, REQUEST.fingerprint(client.service), max_result_bytes=10**6
        )
        entry.started("a-1")
        entry.release()
        clock.now += 1800
        with pytest.raises(ResultGone, match="is kept"):
            run_task(client, journal, REQUEST)
        assert server.count("query") == 3
        clock.now += 1801
        with pytest.raises(ResultGone, match="one hour, which has passed"):
            run_task(client, journal, REQUEST)
        clock.now += 300
        server.be_honest.set()
        assert not run_task(client, journal, REQUEST).again


def test_a_check_that_refuses_the_picture_has_it_fetched_again(server, journal):
    refusals = [BadAnswer("no"), BadAnswer("no"), None]

    def check(_):
        error = refusals.pop(0)
        if error:
            raise error

    run_task(client_for(server), journal, REQUEST, check=check)
    assert server.count("result") == 3
    assert server.tasks_created == 1


def test_many_tasks_at_once_keep_to_their_own_entries(server, journal):
    client = client_for(server)
    results = {}

    def remove(row):
        mask = np.zeros((48, 64), np.uint8)
        mask[row, 5:9] = 255
        request = RemovalRequest(image_file=png(quadrants()), mask_file=png(mask))
        paid = run_task(client, journal, request, metadata={"row": row})
        expected = place_fill(quadrants(), mask)
        results[row] = (np.array_equal(pixels_of(paid.data), expected), paid.entry.metadata)
        paid.claim()

    threads = [threading.Thread(target=remove, args=(row,)) for row in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == {row: (True, {"row": row}) for row in range(12)}
    assert (states(journal), server.tasks_created) == ([], 12)


def test_a_stored_result_that_cannot_be_read_is_fetched_again(server, journal):
    client = client_for(server)
    paid = run_task(client, journal, REQUEST)
    (paid.entry.folder / "result").unlink()
    paid.release()
    again = run_task(client, journal, REQUEST)
    assert (again.again, again.data, server.tasks_created) == (True, paid.data, 1)
