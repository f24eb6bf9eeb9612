"""A sample of ``server_load``: honest clients are served while others do their worst."""

from __future__ import annotations

from tests.faults.server_load import run

MOST_MB = 1500
"""Measured 1063 with 2,000 requests on two cores; without its bounds it took 2135 for 16."""


def test_honest_clients_are_served_among_hostile_ones():
    outcome = run(160)
    statuses = outcome.statuses
    assert statuses["unanswered"] == 0
    assert statuses["result 200"] == statuses["create 200"] > 0
    assert {name for name in statuses if name.startswith("poll")} == {"poll 200"}
    assert not [name for name in statuses if name.endswith(" 500")]
    assert outcome.peak_mb < MOST_MB
