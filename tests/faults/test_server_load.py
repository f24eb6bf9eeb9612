"""A sample of ``server_load``: honest clients are served while others do their worst."""

from __future__ import annotations

from tests.faults.server_load import run

MOST_MB = 1200
"""All bounds of the server together, and one picture of 4096 x 4096 px in the engine."""


def test_honest_clients_are_served_among_hostile_ones():
    outcome = run(160)
    assert outcome.unanswered == 0
    assert outcome.results > 0
    assert {name for name in outcome.statuses if name.startswith("poll")} == {"poll 200"}
    assert not [name for name in outcome.statuses if name.endswith(" 500")]
    assert outcome.peak_mb < MOST_MB
