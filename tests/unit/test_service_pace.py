"""The pace: never above the rate, nearly all of it used, first come first served, cancellable."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest

from gimp_bridge.errors import Cancelled
from gimp_bridge.service.pace import LONGEST_PUSH_S, Pace, pause
from tests.moving_clock import MovingClock


def pace_at(clock: MovingClock) -> Pace:
    return Pace(2, clock=clock, wait=clock.wait)


def test_requests_are_let_through_evenly():
    clock = MovingClock()
    pace = pace_at(clock)
    moments = []
    for _ in range(4):
        with pace.turn():
            moments.append(clock())
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps == pytest.approx([0.5175, 0.5175, 0.5175])


def test_what_delays_the_sending_does_not_shorten_the_gap():
    clock = MovingClock()
    pace = pace_at(clock)
    with pace.turn():
        clock.now += 0.4
    with pace.turn():
        assert clock() == pytest.approx(0.4 + 0.5175)


def test_a_push_back_holds_everybody():
    clock = MovingClock()
    pace = pace_at(clock)
    assert pace.push_back(5) == 5
    with pace.turn():
        assert clock() == pytest.approx(5, abs=0.0021)


def test_a_push_back_of_hours_is_cut():
    assert Pace(2).push_back(86400) == LONGEST_PUSH_S


def test_a_push_back_is_never_shorter_than_the_gap():
    assert Pace(2).push_back(0) == pytest.approx(0.5175)


def test_waiting_out_a_push_back_takes_no_turn():
    clock = MovingClock()
    pace = pace_at(clock)
    pace.push_back(3)
    pace.wait_while_pushed_back()
    assert clock() == pytest.approx(3 - 0.5175)
    with pace.turn():
        assert clock() == pytest.approx(3)


def test_who_has_cancelled_before_anything_hears_so_at_once():
    with pytest.raises(Cancelled, match=r"^Cancelled\.$"):
        Pace(2).wait_while_pushed_back(lambda: True)


def test_a_wait_ends_at_once_on_cancel_and_leaves_the_turn_to_others():
    pace = Pace(0.01)
    with pace.turn():
        pass
    with pytest.raises(Cancelled), pace.turn(lambda: True):
        raise AssertionError("it was not this one's turn")
    assert not pace._queue


def test_a_pause_of_nothing_still_notices_cancel():
    with pytest.raises(Cancelled):
        pause(0, lambda: True)


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_rate_of_nothing_is_refused(rate):
    with pytest.raises(ValueError, match="above 0"):
        Pace(rate)


def test_those_who_came_first_go_first():
    pace = Pace(50)
    pace.push_back(0.5)
    order: list[int] = []

    def go(number: int) -> None:
        with pace.turn():
            order.append(number)

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=go, args=(number,)))
        threads[-1].start()
        while len(pace._queue) < number + 1:
            time.sleep(0.001)
    for thread in threads:
        thread.join(60)
    assert order == [0, 1, 2, 3, 4]


def test_a_turn_is_wanted_while_a_request_waits_for_it():
    pace = Pace(2)
    before = pace.is_wanted()
    with pace.turn():
        during = pace.is_wanted()
    assert (before, during, pace.is_wanted()) == (False, True, False)
