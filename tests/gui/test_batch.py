"""The batch by its window: a run in which everything goes wrong at once, tried again, saved."""

from __future__ import annotations

import threading

import pytest

from tests.gui.batch import (
    BATCH,
    WAYS,
    Many,
    agree,
    batch_service,
    close_dialog,
    open_dialog,
    save_report,
)
from tools.private_debian.root import SUITES

COUNT, CLOSED = 30, 7
FAILING = [2, 5, 8, 11, 14, 17, 20]  # every third; 23, 26 and 29 are stopped before their turn
HELD_FROM = 12
SENT = 23  # 0 - 22: of these, eight are held at the service, and so no other is begun


@pytest.fixture
def batch():
    """The service, which knows the images and does with each what a test wants."""
    with batch_service() as service:
        yield service


@pytest.fixture(params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def person(request, start_gimp, batch):
    person = start_gimp(request.param, PICWISH_BASE_URL=batch.address)
    agree(person)
    yield person
    person.close_everything()
    person.gimp.close()


def test_trouble_of_every_kind(person, batch):
    closed, stopped = threading.Event(), threading.Event()
    batch.held = dict.fromkeys(range(HELD_FROM), closed) | dict.fromkeys(
        range(HELD_FROM, COUNT), stopped
    )
    batch.refusals = {n: WAYS[n // 3 % len(WAYS)] for n in range(2, COUNT, 3)}
    many = Many(person, COUNT, shown=(0, CLOSED))
    open_dialog(person)
    person.look("batch-before")
    person.press("alt+r")

    person.wait_until(lambda: CLOSED in batch.waiting)
    person.look("batch-during")
    person.do("tools.press('ctrl+w')")
    person.wait_until(lambda: many.states()[CLOSED] == "gone")
    closed.set()

    person.wait_until(lambda: {n for n in range(HELD_FROM, SENT) if n % 3 != 2} <= batch.waiting)
    person.wait_for(BATCH)
    person.press("alt+t")
    person.look("batch-stopping")
    stopped.set()
    person.wait_until(lambda: many.states().count("repaired") == 15)
    person.look("batch-after")
    report = save_report(person).splitlines()
    person.look("batch-report-saved")

    # Report: the counts, why it ended, and a line for each image in order.
    assert report[:3] == [
        "15 done, 7 skipped, 8 failed.",
        "Stopped: what had not been sent was not sent.",
        "",
    ]
    expected = ["failed" if n in [*FAILING, CLOSED] else "done" for n in range(SENT)]
    expected += ["skipped"] * (COUNT - SENT)
    assert [line.split()[0] for line in report[3:]] == expected
    assert [line.split()[1].rstrip(":") for line in report[3:]] == many.names
    assert "may have been done and billed" in report[3 + 2]
    assert "bad picture" in report[3 + 5]
    assert "prohibited" in report[3 + 8]
    assert "Recover Last Result" in report[3 + CLOSED]
    assert report[3 + SENT].endswith("Not sent: stopped before its turn.")

    # Images: each as the report says.
    seen = {"done": "repaired", "failed": "untouched", "skipped": "untouched"}
    expected_states = [seen[state] for state in expected]
    expected_states[CLOSED] = "gone"
    assert many.states() == expected_states

    # Money: each was sent once or not at all, and one result at most was made for each.
    assert batch.creates == dict.fromkeys(range(SENT), 1)
    assert batch.filled == {n: 1 for n in range(SENT) if n not in FAILING}

    # Again, now that nothing is wrong: the failed ones only.
    batch.refusals = {}
    person.wait_for(BATCH)
    person.press("alt+d")
    person.wait_until(lambda: many.states().count("repaired") == 22)
    person.look("batch-again")
    report = save_report(person).splitlines()
    assert report[0] == "22 done, 7 skipped, 1 failed."
    assert "Recover Last Result" in report[2 + CLOSED]
    close_dialog(person)
    expected_states = ["repaired"] * SENT + ["untouched"] * (COUNT - SENT)
    expected_states[CLOSED] = "gone"
    assert many.states() == expected_states
    assert batch.creates == {n: 2 if n in FAILING else 1 for n in range(SENT)}
    assert set(batch.filled.values()) == {1}
    many.delete()
