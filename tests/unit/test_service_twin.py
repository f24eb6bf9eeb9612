"""Two runs of the very same removal: one pays, neither is stuck, and neither pays by accident."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from gimp_bridge.errors import AlreadyDone, MaybeSent, RemovalError, SettingsError, TaskUnfinished
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.task import run_task
from gimp_bridge.service.transport import Timeouts
from tests.faults import reactions
from tests.faults.hostile import Forever, Hostile, Script
from tests.service_peer import KEY, pixels_of
from tests.tasks import EXPECTED, REQUEST, client_for, states

ROOT = Path(__file__).parents[2]
ROUNDS = 12

RUNS = """
import json, sys
from pathlib import Path
import numpy as np
from gimp_bridge.errors import AlreadyDone
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.task import run_task
from tests.service_peer import KEY, png, quadrants

client = PicWish(sys.argv[1], KEY, pace=Pace(1000))
client.expected_s = 0.05
journal = Journal(Path(sys.argv[2]))
print("ready", flush=True)
for line in sys.stdin:
    mask = np.zeros((48, 64), np.uint8)
    mask[int(line), 5:9] = 255
    request = RemovalRequest(image_file=png(quadrants()), mask_file=png(mask))
    try:
        paid = run_task(client, journal, request)
        paid.claim()
        print(json.dumps("again" if paid.again else "paid"), flush=True)
    except AlreadyDone as error:
        print(json.dumps(error.code), flush=True)
"""


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


@pytest.fixture
def server():
    with Hostile() as running:
        yield running


def held(journal, client):
    """The entry of another run that is about to send the same."""
    return journal.begin(
        client.service, REQUEST.fingerprint(client.service), max_result_bytes=10**6
    )


class Second(threading.Thread):
    """A run of the same; ``waiting`` is set once it has seen that another has it under way."""

    def __init__(self, client, journal, request=REQUEST):
        super().__init__()
        self.waiting = threading.Event()
        self.ended = None
        self._run = lambda: run_task(
            client, journal, request, progress=lambda _: self.waiting.set()
        )
        self.start()

    def run(self):
        try:
            self.ended = self._run()
        except RemovalError as error:
            self.ended = error

    def result(self):
        self.join(20)
        return self.ended


def start_process(address, folder):
    process = subprocess.Popen(
        [sys.executable, "-c", RUNS, address, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_of_two_processes_that_ask_for_the_same_at_once_one_pays(server, tmp_path):
    processes = [start_process(server.address, tmp_path / "journal") for _ in range(2)]
    outcomes = []
    for number in range(ROUNDS):
        for process in processes:
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
        outcomes.append({json.loads(process.stdout.readline()) for process in processes})
    for process in processes:
        process.stdin.close()
        assert process.wait(20) == 0
        process.stdout.close()
    assert server.tasks_created == ROUNDS
    assert {len(both & {"paid"}) for both in outcomes} == {1}
    assert set.union(*outcomes) <= {"paid", "again", "already-done"}


def test_what_another_run_is_inserting_is_used_and_not_paid_again(server, journal):
    client = client_for(server)
    mine = run_task(client, journal, REQUEST)
    theirs = run_task(client, journal, REQUEST, metadata={"image": "the other"})
    assert (theirs.again, theirs.task_id, server.tasks_created) == (True, mine.task_id, 1)
    assert np.array_equal(pixels_of(theirs.data), EXPECTED)
    mine.claim()
    assert theirs.entry.metadata == {"image": "the other"}
    theirs.release()
    assert states(journal) == ["stored"]


def test_what_a_run_that_nobody_waits_for_has_fetched_is_taken_over(journal):
    asked, go_on = threading.Event(), threading.Event()

    def wait(link):
        asked.set()
        go_on.wait(10)
        reactions.honest(link)

    with Hostile(Script(query=[wait])) as server:
        client = client_for(server)
        left_behind = threading.Thread(target=lambda: run_task(client, journal, REQUEST).release())
        left_behind.start()
        assert asked.wait(10)
        second = Second(client, journal)
        assert second.waiting.wait(10)
        go_on.set()
        paid = second.result()
        left_behind.join(10)
        assert (paid.again, server.tasks_created) == (True, 1)
        paid.claim()
    assert states(journal) == []


def test_a_run_whose_twin_ends_and_leaves_nothing_sends_nothing(server, journal):
    client = client_for(server)
    other = held(journal, client)
    second = Second(client, journal)
    assert second.waiting.wait(10)
    other.claim()
    error = second.result()
    assert (type(error), error.retryable, server.requests) == (AlreadyDone, True, [])
    assert not run_task(client, journal, REQUEST).again


def test_a_run_whose_twin_is_killed_while_sending_says_so_and_sends_nothing(server, journal):
    client = client_for(server)
    other = held(journal, client)
    second = Second(client, journal)
    assert second.waiting.wait(10)
    other.release()
    assert isinstance(second.result(), MaybeSent)
    assert server.requests == []


def test_a_run_whose_twin_never_ends_gives_up_without_paying(server, journal):
    other = held(journal, client_for(server))
    impatient = PicWish(server.address, KEY, timeouts=Timeouts(task_s=0.3))
    with pytest.raises(TaskUnfinished, match="the very same removal"):
        run_task(impatient, journal, REQUEST)
    assert server.requests == []
    other.claim()


def test_a_process_that_stands_still_while_it_decides_sticks_nobody(server, journal):
    impatient = PicWish(server.address, KEY, timeouts=Timeouts(task_s=0.3))
    with journal.alone() as alone:
        assert alone
        with pytest.raises(TaskUnfinished):
            run_task(impatient, Journal(journal.folder), REQUEST)
    assert not run_task(impatient, journal, REQUEST).again


def test_an_entry_that_others_hold_and_nobody_can_read_now_is_waited_for(server, journal):
    """As on Windows while the record is replaced."""
    client = client_for(server)
    other = held(journal, client)
    record = other.folder / "record.json"
    readable = record.read_bytes()
    record.write_bytes(b"")
    second = Second(client, journal)
    assert second.waiting.wait(10)
    record.write_bytes(readable)
    second.waiting.clear()
    assert second.waiting.wait(10)
    other.claim()
    assert isinstance(second.result(), AlreadyDone)
    assert server.requests == []


def test_a_journal_that_cannot_be_written_sends_nothing(server, journal):
    (journal.folder / "lock").mkdir(parents=True)
    with pytest.raises(SettingsError, match="nothing was sent"):
        run_task(client_for(server), journal, REQUEST)
    assert server.requests == []


def test_a_task_the_service_forgot_is_not_said_to_be_kept(journal):
    with Hostile(Script(query=Forever(reactions.answer(404)))) as server:
        error = Second(client_for(server), journal).result()
    assert (error.code, error.retryable) == ("result-gone", False)
    assert "Recover Last Result" not in str(error)
