"""A removal from request to picture: the order of steps, and that nothing is paid twice."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from gimp_bridge.errors import (
    BadAnswer,
    Cancelled,
    MaybeSent,
    ResultGone,
    SettingsError,
    TaskFailed,
    TaskUnfinished,
)
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.recovery import finish, recover
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.task import run_task
from gimp_bridge.service.transport import Timeouts
from tests.faults import reactions
from tests.faults.hostile import Forever, Hostile, Script
from tests.service_peer import KEY, hole, pixels_of, place_fill, png, quadrants

EXPECTED = place_fill(quadrants(), hole())
REQUEST = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole()), size_px=(64, 48))
OTHER = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole()[:, ::-1]))


def client_for(server: Hostile) -> PicWish:
    timeouts = Timeouts(answer_s=5, task_s=5, retry_s=0.01)
    client = PicWish(server.address, KEY, pace=Pace(1000), timeouts=timeouts)
    client.expected_s = 0.05
    return client


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


@pytest.fixture
def server():
    with Hostile() as running:
        yield running


def states(journal) -> list[str]:
    found = []
    for entry in journal.unclaimed():
        found.append(entry.record.state)
        entry.release()
    return found


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


def test_the_caller_gets_its_notes_and_blobs_back(server, journal):
    run_task(
        client_for(server), journal, REQUEST, metadata={"x": 3}, blobs={"mask": b"m"}
    ).release()
    (recovered,) = recover(client_for(server), journal)
    assert (recovered.entry.metadata, recovered.entry.blob("mask")) == ({"x": 3}, b"m")
    assert np.array_equal(pixels_of(recovered.data), EXPECTED)


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


def test_a_run_waits_for_another_that_is_finishing_the_same(server, journal):
    client = client_for(server)
    mine = run_task(client, journal, REQUEST)
    got = []
    thread = threading.Thread(target=lambda: got.append(run_task(client, journal, REQUEST)))
    thread.start()
    time.sleep(0.3)
    assert not got
    mine.release()
    thread.join(10)
    assert (got[0].again, got[0].task_id) == (True, mine.task_id)
    assert server.tasks_created == 1


def test_a_run_that_another_never_ends_gives_up_without_paying(server, journal):
    client = client_for(server)
    held = run_task(client, journal, REQUEST)
    impatient = PicWish(server.address, KEY, timeouts=Timeouts(task_s=0.3))
    with pytest.raises(TaskUnfinished, match="the very same removal"):
        run_task(impatient, journal, REQUEST)
    assert server.tasks_created == 1
    held.claim()


def test_after_a_cancel_the_task_is_finished_without_anybody(journal):
    with Hostile(task_seconds=0.5) as server:
        client = client_for(server)
        sent = threading.Event()

        def hear(progress):
            if progress.stage == "processing":
                sent.set()

        with pytest.raises(Cancelled) as caught:
            run_task(client, journal, REQUEST, progress=hear, cancel=sent.is_set)
        assert states(journal) == ["running"]
        assert finish(client, journal, caught.value.task_id)
        assert states(journal) == ["stored"]
        server.script.query = Forever(reactions.answer(500))
        (recovered,) = recover(client, journal)
    assert np.array_equal(pixels_of(recovered.data), EXPECTED)


def test_finishing_what_is_not_there_says_no(server, journal):
    assert finish(client_for(server), journal, "unknown") is False


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


def test_an_intent_of_a_killed_run_is_reported_once_and_then_may_be_repeated(server, journal):
    client = client_for(server)
    fingerprint = REQUEST.fingerprint(client.service)
    journal.begin(client.service, fingerprint, max_result_bytes=1).release()
    with pytest.raises(MaybeSent):
        run_task(client, journal, REQUEST)
    assert server.tasks_created == 0
    assert not run_task(client, journal, REQUEST).again


def test_a_lost_answer_that_was_reported_may_be_repeated(journal):
    with Hostile(Script(create=[reactions.hang_up])) as server:
        with pytest.raises(MaybeSent):
            run_task(client_for(server), journal, REQUEST)
        assert states(journal) == []
        assert not run_task(client_for(server), journal, REQUEST).again


def test_a_lost_answer_that_nobody_heard_of_is_reported_by_the_next_run(journal):
    cancelled = threading.Event()

    def lose(link):
        link.honest()
        cancelled.set()
        link.sleep(0.2)

    with Hostile(Script(create=[lose])) as server:
        with pytest.raises(MaybeSent):
            run_task(client_for(server), journal, REQUEST, cancel=cancelled.is_set)
        assert states(journal) == ["sent"]
        (recovered,) = recover(client_for(server), journal)
        assert recovered.data is None
        assert isinstance(recovered.problem, MaybeSent)
        recovered.claim()
    assert states(journal) == []


def test_a_task_the_service_forgot_is_paid_for_anew_only_after_being_told_twice(journal):
    with Hostile(Script(query=Forever(reactions.answer(404)))) as server:
        client = client_for(server)
        for _ in range(2):
            with pytest.raises(ResultGone):
                run_task(client, journal, REQUEST)
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


def test_recovery_goes_on_after_a_task_that_cannot_be_fetched(server, journal):
    client = client_for(server)
    run_task(client, journal, REQUEST).release()
    lost = journal.begin(client.service, "f", max_result_bytes=9)
    lost.started("forgotten-by-the-service")
    lost.release()
    problems, pictures = [], []
    for recovered in recover(client, journal):
        (problems if recovered.data is None else pictures).append(recovered.problem)
        recovered.claim()
    assert [type(problem) for problem in problems] == [ResultGone]
    assert pictures == [None]
    assert states(journal) == []


def test_recovery_does_not_send_the_key_to_another_service(server, journal):
    elsewhere = journal.begin("another.example", "f", max_result_bytes=9)
    elsewhere.started("a-1")
    elsewhere.release()
    (recovered,) = recover(client_for(server), journal)
    assert isinstance(recovered.problem, SettingsError)
    assert "another.example" in str(recovered.problem)
    assert server.requests == []


def test_what_is_not_claimed_stays_for_the_next_recovery(server, journal):
    client = client_for(server)
    run_task(client, journal, REQUEST).release()
    for _ in range(2):
        assert [recovered.data is not None for recovered in recover(client, journal)] == [True]


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


def test_a_progress_that_fails_never_costs_the_id(journal):
    """The plug-in is gone: writing to its pipe fails while the request is under way."""
    sent = threading.Event()

    def gone(progress):
        if progress.stage == "processing":
            sent.set()
            raise BrokenPipeError("the plug-in is gone")

    def late(link):
        answer = link.honest()
        sent.wait(5)
        link.sleep(0.2)
        link.reply(*answer)

    with Hostile(Script(create=[late], query=Forever(reactions.with_data(state=4)))) as server:
        with pytest.raises(BrokenPipeError):
            run_task(client_for(server), journal, REQUEST, progress=gone)
        server.be_honest.set()
        (recovered,) = recover(client_for(server), journal)
    assert np.array_equal(pixels_of(recovered.data), EXPECTED)


def test_a_stored_result_that_cannot_be_read_is_fetched_again(server, journal):
    client = client_for(server)
    paid = run_task(client, journal, REQUEST)
    (paid.entry.folder / "result").unlink()
    paid.release()
    again = run_task(client, journal, REQUEST)
    assert (again.again, again.data, server.tasks_created) == (True, paid.data, 1)


def test_an_interrupt_while_sending_leaves_the_intent_to_be_reported(server, journal, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    client = client_for(server)
    monkeypatch.setattr(client, "create", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_task(client, journal, REQUEST)
    assert states(journal) == ["sent"]


def test_finishing_gives_up_when_the_service_does_and_leaves_the_task(journal):
    with Hostile(Script(query=Forever(reactions.answer(404)))) as server:
        client = client_for(server)
        entry = journal.begin(client.service, "f", max_result_bytes=9)
        entry.started("a-1")
        entry.release()
        assert finish(client, journal, "a-1") is False
    assert states(journal) == ["running"]


def test_a_recovery_can_be_cancelled_and_loses_nothing(journal):
    with Hostile(Script(query=Forever(reactions.with_data(state=4)))) as server:
        client = client_for(server)
        entry = journal.begin(client.service, "f", max_result_bytes=9)
        entry.started("a-1")
        entry.release()
        with pytest.raises(Cancelled):
            list(recover(client, journal, cancel=lambda: True))
    assert states(journal) == ["running"]


def test_a_killed_claim_counts_as_claimed(server, journal):
    """Killed after the record said claimed and before the folder was gone."""
    paid = run_task(client_for(server), journal, REQUEST)
    paid.entry.write(replace(paid.entry.record, state="claimed"))
    paid.release()
    assert not journal.is_under_way(REQUEST.fingerprint(client_for(server).service))
    assert states(journal) == []
    assert list(journal.folder.iterdir()) == []
