"""Cancel: nobody waits for what cannot be stopped."""

from threading import Event

import pytest

from gimp_bridge.engine.strips import Strips
from gimp_bridge.errors import Cancelled


def test_cancel_does_not_wait_for_a_long_array_step():
    begun, may_end, ended = Event(), Event(), Event()

    def long_step():
        begun.set()
        may_end.wait(60)
        ended.set()

    with pytest.raises(Cancelled), Strips(cancel=begun.is_set) as strips:
        strips.aside(long_step)
    assert not ended.is_set()
    may_end.set()


def test_a_hole_beside_the_cancelled_one_stops_too():
    seen = []
    with Strips(cancel=lambda: bool(seen), threads=1) as strips:
        inline = strips.inline()
        with pytest.raises(Cancelled):
            strips.gather([(seen.append, (1,))])
    with pytest.raises(Cancelled):
        inline.run(lambda start, stop: seen.append(2), 1, 1)
    assert seen == [1]


def test_without_cancel_the_results_come_in_order():
    with Strips(threads=3) as strips:
        assert strips.run(lambda start, stop: (start, stop), 10, 4) == [(0, 4), (4, 8), (8, 10)]
