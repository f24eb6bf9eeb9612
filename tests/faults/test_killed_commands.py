"""``kill -9`` and SIGTERM at random moments of a command: nothing paid twice, nothing lost.

A sample; ``KILLED_RUNS=200,100`` runs as many of each, see ``killing``.
"""

from __future__ import annotations

import os
import signal
import sys

import pytest

from tests.faults.killing import run

KILLS, TERMINATIONS = map(int, os.environ.get("KILLED_RUNS", "4,4").split(","))


@pytest.fixture(scope="module")
def ends():
    return run(KILLS, TERMINATIONS, seed=KILLS)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to another process there")
@pytest.mark.timeout(0)
def test_nothing_is_paid_twice_without_a_word_and_all_results_come(ends):
    assert [end for _, end in ends if end.paid_twice or not end.right or end.traceback] == []


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to another process there")
@pytest.mark.timeout(0)
def test_sigterm_waits_for_each_id_so_that_nothing_is_in_doubt(ends):
    terminated = [end for number, end in ends if number == signal.SIGTERM]
    assert [end for end in terminated if end.told or end.tasks != end.pictures] == []
    assert {end.status for end in terminated} <= {0, 143}
