"""Every fault of the catalogue: what the user reads, what was sent, that nothing is lost or leaked.

``README.md`` beside this file is the table of a run; ``FAULTS_WRITE=1`` writes it anew.
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import Future, ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest

from tests.faults.catalogue import FAULTS
from tests.faults.table import table
from tests.faults.trial import Outcome, try_fault
from tests.service_peer import KEY

README = Path(__file__).with_name("README.md")
AT_ONCE = 16
"""The trials mostly wait, so several run side by side."""


@pytest.fixture(scope="module")
def log_text():
    """All that any logger of this process says, from DEBUG up."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture(scope="module")
def trials(tmp_path_factory, log_text) -> dict[str, Future[Outcome]]:
    """All of them, ended; one that raised what it must not costs its own test only."""
    folder = tmp_path_factory.mktemp("faults")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {
            fault.name: pool.submit(try_fault, fault, folder / str(number))
            for number, fault in enumerate(FAULTS)
        }


@pytest.fixture(scope="module")
def outcomes(trials) -> dict[str, Outcome]:
    return {name: trial.result() for name, trial in trials.items() if not trial.exception()}


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_fault(fault, trials):
    outcome = trials[fault.name].result()
    assert (outcome.ends, outcome.posts, outcome.tasks) == (fault.ends, fault.posts, fault.tasks)
    assert outcome.handed_over == ("the right picture" if fault.ends == "picture" else "none")
    if fault.lost != "no":
        assert outcome.lost == fault.lost
    assert outcome.lost.startswith("no") or fault.lost == outcome.lost


def test_names_differ_and_there_are_enough():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 60


def test_no_post_is_repeated_unless_it_was_refused_or_never_left(outcomes):
    repeated = {name for name, outcome in outcomes.items() if outcome.posts > 1}
    assert repeated == {name for name in outcomes if name.startswith("create: 429")} - {
        "create: 429 with Retry-After of a day"
    }


def test_every_sentence_is_one_for_people(outcomes):
    for name, outcome in outcomes.items():
        if outcome.ends == "picture":
            continue
        assert outcome.reads.endswith((".", '"')), name
        assert "Traceback" not in outcome.reads, name
        assert "Error" not in outcome.reads, name
        assert len(outcome.reads) < 400, name


def test_the_key_is_nowhere_but_in_its_header(outcomes, log_text):
    key = KEY.encode()
    assert log_text.getvalue()
    assert KEY not in log_text.getvalue()
    for name, outcome in outcomes.items():
        assert key not in outcome.kept, name
        assert key not in outcome.elsewhere, name
        assert KEY not in outcome.reads, name
        headers = outcome.service.count(b"X-API-KEY: " + key + b"\r\n")
        assert outcome.service.count(key) == headers, name


def test_another_host_was_reached_in_some_trials(outcomes):
    reached = {name for name, outcome in outcomes.items() if outcome.elsewhere}
    assert reached == {
        "result: on another host",
        "result: an address although base64 was asked",
        "download: redirect to another host",
    }


def test_cookies_are_not_sent_back(outcomes):
    service = outcomes["poll: with a cookie"].service
    assert service.count(b"GET /api/tasks/") > 1
    assert b"track=me" not in service


def test_the_table_is_that_of_this_run(outcomes):
    text = table(FAULTS, outcomes)
    if os.environ.get("FAULTS_WRITE"):
        README.write_text(text, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == text, "run it with FAULTS_WRITE=1"
