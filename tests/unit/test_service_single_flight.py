"""Several runs of the very same removal: one pays, all get its result, and none is stuck."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from gimp_bridge.errors import Cancelled, MaybeSent, RemovalError, SettingsError, TaskUnfinished
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import never
from gimp_bridge.service.progress import silent
from gimp_bridge.service.single_flight import alone_with
from gimp_bridge.service.task import run_task
from gimp_bridge.service.transport import Timeouts
from tests.faults import reactions
from tests.faults.hostile import Hostile, Script
from tests.service_peer import KEY, pixels_of
from tests.tasks import EXPECTED, REQUEST, client_for, states

ROOT = Path(__file__).parents[2]
ROUNDS = 8

RUNS = """
import json, sys
from pathlib import Path
import numpy as np
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
    paid = run_task(client, journal, request)
    paid.claim()
    print(json.dumps("again" if paid.again else "paid"), flush=True)
"""


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


@pytest.fixture
def server():
    with Hostile() as running:
        yield running


@contextmanager
def other_run(journal, client):
    """Another run that is about to send the same; its entry."""
    fingerprint = REQUEST.fingerprint(client.service)
    with alone_with(journal, fingerprint, patience_s=0, progress=silent, cancel=never):
        yield journal.begin(client.service, fingerprint, max_result_bytes=10**6)


class Second(threading.Thread):
    """A run of the same; ``waiting`` is set once it has seen that another has it under way."""

    def __init__(self, client, journal, request=REQUEST):
        super().__init__()
        self.waiting = threading.Event()
        self.ended = None
        self.cancel = threading.Event()
        self._run = lambda: run_task(
            client,
            journal,
            request,
            progress=lambda _: self.waiting.set(),
            cancel=self.cancel.is_set,
        )
        self.start()

    def run(self):
        try:
            self.ended = self._run()
        except RemovalError as error:
            self.ended = error
        else:
            self.ended.claim()

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


def test_of_three_processes_that_ask_for_the_same_at_once_one_pays(server, tmp_path):
    processes = [start_process(server.address, tmp_path / "journal") for _ in range(3)]
    outcomes = []
    for number in range(ROUNDS):
        for process in processes:
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
        outcomes.append(sorted(json.loads(process.stdout.readline()) for process in processes))
    for process in processes:
        process.stdin.close()
        assert process.wait(20) == 0
        process.stdout.close()
    # Who had not begun yet when the first was claimed asks anew, and may pay: seldom here.
    at_once = [found for found in outcomes if found == ["again", "again", "paid"]]
    assert len(at_once) >= ROUNDS - 2
    assert server.tasks_created == sum(found.count("paid") for found in outcomes)


@pytest.mark.parametrize("copies", [2, 8, 20])
def test_copies_asked_for_at_once_are_paid_for_once_however_few_run_at_a_time(
    server, journal, copies
):
    client = client_for(server)
    asked_at = journal.now()

    def remove(_):
        paid = run_task(client, Journal(journal.folder), REQUEST, asked_at=asked_at)
        right = np.array_equal(pixels_of(paid.data), EXPECTED)
        paid.claim()
        return right

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(remove, range(copies))) == [True] * copies
    assert (server.tasks_created, states(journal)) == (1, [])


def test_who_waited_while_the_first_was_claimed_gets_its_result(journal):
    asked, go_on = threading.Event(), threading.Event()

    def wait(link):
        asked.set()
        go_on.wait(10)
        reactions.honest(link)

    with Hostile(Script(query=[wait])) as server:
        client = client_for(server)
        first = Second(client, journal)
        assert asked.wait(10)
        others = [Second(client, Journal(journal.folder)) for _ in range(3)]
        assert all(other.waiting.wait(10) for other in others)
        go_on.set()
        assert not first.result().again
        for other in others:
            assert other.result().again
            assert np.array_equal(pixels_of(other.result().data), EXPECTED)
        assert (server.tasks_created, states(journal)) == (1, [])


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


def test_a_cancel_ends_the_waiting_of_one_run_and_disturbs_no_other(server, journal):
    client = client_for(server)
    with other_run(journal, client) as other:
        second, third = Second(client, journal), Second(client, journal)
        assert second.waiting.wait(10)
        second.cancel.set()
        assert isinstance(second.result(), Cancelled)
        assert server.requests == []
        other.remove()
    assert not third.result().again


def test_after_a_run_that_sent_nothing_the_next_one_pays(server, journal):
    client = client_for(server)
    with other_run(journal, client) as other:
        second = Second(client, journal)
        assert second.waiting.wait(10)
        other.remove()
    assert (second.result().again, server.tasks_created) == (False, 1)


def test_a_run_whose_twin_is_killed_with_an_id_goes_on_with_it(server, journal):
    client = client_for(server)
    with other_run(journal, client) as other:
        second = Second(client, journal)
        assert second.waiting.wait(10)
        other.started(client.create(REQUEST).task_id)
        other.release()
    assert (second.result().again, server.tasks_created) == (True, 1)


def test_all_runs_whose_twin_is_killed_while_sending_say_so_and_send_nothing(server, journal):
    client = client_for(server)
    with other_run(journal, client) as other:
        others = [Second(client, journal) for _ in range(3)]
        assert all(each.waiting.wait(10) for each in others)
        other.release()
    assert [type(each.result()) for each in others] == [MaybeSent] * 3
    assert server.requests == []
    assert not run_task(client, journal, REQUEST).again


def test_of_copies_whose_answer_is_lost_none_is_sent_again(journal):
    with Hostile(Script(create=[reactions.hang_up])) as server:
        client = client_for(server)
        asked_at = journal.now()
        for _ in range(3):
            with pytest.raises(MaybeSent):
                run_task(client, journal, REQUEST, asked_at=asked_at)
        assert server.tasks_created == 1
        assert not run_task(client, journal, REQUEST).again


def test_what_was_claimed_before_the_machine_was_started_anew_is_not_used(server, journal):
    """Then the clock of the machine begins at 0 again."""
    run_task(client_for(server), journal, REQUEST).claim()
    anew = Journal(journal.folder, clock=lambda: time.time() + 60, uptime=lambda: 5.0)
    assert not run_task(client_for(server), anew, REQUEST).again


def test_a_run_whose_twin_never_ends_gives_up_without_paying(server, journal):
    timeouts = Timeouts(answer_s=0.1, task_s=0.1, download_s=0.1)
    impatient = PicWish(server.address, KEY, timeouts=timeouts)
    with other_run(journal, impatient) as other:
        with pytest.raises(TaskUnfinished, match="the very same removal"):
            run_task(impatient, journal, REQUEST)
        other.remove()
    assert server.requests == []


def test_a_journal_that_cannot_be_written_sends_nothing(server, journal):
    journal.folder.write_bytes(b"")
    with pytest.raises(SettingsError, match="nothing was sent"):
        run_task(client_for(server), journal, REQUEST)
    assert server.requests == []
