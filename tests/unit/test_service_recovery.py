"""Bringing home what a run left behind: after a cancel, a kill, or an answer that was lost."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from gimp_bridge.errors import (
    BadAnswer,
    Cancelled,
    KeyMissing,
    MaybeSent,
    ResultGone,
    SettingsError,
)
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.recovery import finish, recover
from gimp_bridge.service.task import run_task
from tests.faults import reactions
from tests.faults.hostile import Forever, Hostile, Script
from tests.service_peer import pixels_of
from tests.tasks import EXPECTED, OTHER, REQUEST, client_for, states


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


@pytest.fixture
def server():
    with Hostile() as running:
        yield running


def test_the_caller_gets_its_notes_and_blobs_back(server, journal):
    run_task(
        client_for(server), journal, REQUEST, metadata={"x": 3}, blobs={"mask": b"m"}
    ).release()
    (recovered,) = recover(lambda: client_for(server), journal)
    assert (recovered.entry.metadata, recovered.entry.blob("mask")) == ({"x": 3}, b"m")
    assert np.array_equal(pixels_of(recovered.data), EXPECTED)


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
        (recovered,) = recover(lambda: client, journal)
    assert np.array_equal(pixels_of(recovered.data), EXPECTED)


def test_finishing_what_is_not_there_says_no(server, journal):
    assert finish(client_for(server), journal, "unknown") is False


def test_an_intent_of_a_killed_run_is_reported_once_and_then_may_be_repeated(server, journal):
    client = client_for(server)
    fingerprint = REQUEST.fingerprint(client.service)
    journal.begin(client.service, fingerprint, max_result_bytes=1).release()
    with pytest.raises(MaybeSent):
        run_task(client, journal, REQUEST)
    assert server.tasks_created == 0
    assert not run_task(client, journal, REQUEST).again


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
        (recovered,) = recover(lambda: client_for(server), journal)
        assert recovered.data is None
        assert isinstance(recovered.problem, MaybeSent)
        recovered.claim()
    assert states(journal) == []


def test_recovery_goes_on_after_a_task_that_cannot_be_fetched(server, journal):
    client = client_for(server)
    run_task(client, journal, REQUEST).release()
    lost = journal.begin(client.service, "f", max_result_bytes=9)
    lost.started("forgotten-by-the-service")
    lost.release()
    problems, pictures = [], []
    for recovered in recover(lambda: client, journal):
        (problems if recovered.data is None else pictures).append(recovered.problem)
        recovered.claim()
    assert [type(problem) for problem in problems] == [ResultGone]
    assert pictures == [None]
    assert states(journal) == []


def test_recovery_does_not_send_the_key_to_another_service(server, journal):
    elsewhere = journal.begin("another.example", "f", max_result_bytes=9)
    elsewhere.started("a-1")
    elsewhere.release()
    (recovered,) = recover(lambda: client_for(server), journal)
    assert isinstance(recovered.problem, SettingsError)
    assert "another.example" in str(recovered.problem)
    assert server.requests == []


def test_what_is_not_claimed_stays_for_the_next_recovery(server, journal):
    client = client_for(server)
    run_task(client, journal, REQUEST).release()
    for _ in range(2):
        assert [recovered.data is not None for recovered in recover(lambda: client, journal)] == [
            True
        ]


def test_a_progress_that_fails_never_costs_the_id(journal):
    """The plug-in is gone: writing to its pipe fails while the request is under way."""
    sent = threading.Event()

    def gone(progress):
        if progress.stage == "processing":
            sent.set()
            raise BrokenPipeError("the plug-in is gone")

    def late(link):
        answer = link.honest()
        sent.wait(60)
        link.sleep(0.2)
        link.reply(*answer)

    with Hostile(Script(create=[late], query=Forever(reactions.with_data(state=4)))) as server:
        with pytest.raises(BrokenPipeError):
            run_task(client_for(server), journal, REQUEST, progress=gone)
        server.be_honest.set()
        (recovered,) = recover(lambda: client_for(server), journal)
    assert np.array_equal(pixels_of(recovered.data), EXPECTED)


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
            list(recover(lambda: client, journal, cancel=lambda: True))
    assert states(journal) == ["running"]


def test_a_killed_claim_counts_as_claimed(server, journal):
    """Killed after the record said claimed and before the folder was gone."""
    paid = run_task(client_for(server), journal, REQUEST)
    paid.entry.write(replace(paid.entry.record, state="claimed"))
    paid.release()
    assert journal.records() == []
    assert states(journal) == []
    assert [path.name for path in journal.folder.iterdir()] == ["requests"]


def test_what_is_on_the_disk_is_brought_back_without_a_client(server, journal):
    client = client_for(server)
    run_task(client, journal, REQUEST).release()
    waiting = journal.begin(client.service, "f", max_result_bytes=9)
    waiting.started("a-1")
    waiting.release()

    def connect():
        raise KeyMissing("no key")

    found = [(each.data is None, type(each.problem)) for each in recover(connect, journal)]
    assert found == [(True, KeyMissing), (False, type(None))]
    assert states(journal) == ["running", "stored"]


def test_a_stored_result_of_another_size_is_fetched_anew(server, journal):
    paid = run_task(client_for(server), journal, REQUEST)
    paid.entry.store(b"another picture")
    paid.release()

    def check_of(_):
        def check(data):
            if data != paid.data:
                raise BadAnswer("not what was sent")

        return check

    (recovered,) = recover(lambda: client_for(server), journal, check_of=check_of)
    assert recovered.data == paid.data


def test_a_task_the_service_does_not_know_is_kept_and_told_each_time(journal):
    with Hostile(Script(query=Forever(reactions.answer(404)))) as server:
        client = client_for(server)
        for request in (REQUEST, OTHER):
            entry = journal.begin(
                client.service, request.fingerprint(client.service), max_result_bytes=9
            )
            entry.started("forgotten")
            entry.release()
        for _ in range(2):
            problems = [type(each.problem) for each in recover(lambda: client, journal)]
            assert problems == [ResultGone, ResultGone]
    assert states(journal) == ["running", "running"]
