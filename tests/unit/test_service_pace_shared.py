"""One pace for all processes of a user: two of them at once stay below the rate together."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from gimp_bridge.secret import Secret
from gimp_bridge.service.next_turn import EARLIER, SharedTurn, turn_file
from gimp_bridge.service.pace import Pace
from tests.moving_clock import MovingClock

ROOT = Path(__file__).parents[2]
PER_SECOND = 20
SENDER = """
import json, sys, time
from pathlib import Path
from gimp_bridge.service.next_turn import SharedTurn
from gimp_bridge.service.pace import Pace

rate, count = float(sys.argv[2]), int(sys.argv[3])
turn = SharedTurn(Path(sys.argv[1]), clock=time.monotonic, longest_s=60)
pace, moments = Pace(rate, next_turn=turn), []
print("ready", flush=True)
sys.stdin.readline()
for _ in range(count):
    with pace.turn():
        moments.append(time.monotonic())
print(json.dumps(moments), flush=True)
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "pace" / "abc.next"


def shared(file, clock):
    return SharedTurn(file, clock=clock, longest_s=60)


def start_sender(file, count):
    process = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(file), str(PER_SECOND), str(count)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_keep_the_gap_between_any_two_requests(file):
    senders = [start_sender(file, 20) for _ in range(2)]
    for sender in senders:
        sender.stdin.write("\n")
        sender.stdin.flush()
    moments = []
    for sender in senders:
        moments += json.loads(sender.stdout.readline())
        assert sender.wait(60) == 0
        sender.stdin.close()
        sender.stdout.close()
    gaps = [later - earlier for earlier, later in pairwise(sorted(moments))]
    assert len(gaps) == 39
    assert min(gaps) >= 1 / PER_SECOND


def test_a_killed_process_leaves_the_turn_to_others(file):
    sender = start_sender(file, 1000)
    sender.stdin.write("\n")
    sender.stdin.flush()
    while not file.exists():
        time.sleep(0.01)
    sender.kill()
    sender.communicate()
    turn = shared(file, time.monotonic)
    assert turn.take()
    turn.leave()


def test_what_one_sends_holds_back_the_other(file):
    clock = MovingClock()
    one, other = (
        Pace(2, clock=clock, wait=clock.wait, next_turn=shared(file, clock)) for _ in range(2)
    )
    with one.turn():
        clock.now += 0.1
    with other.turn():
        assert clock() == pytest.approx(0.1 + 0.5175)


def test_a_refusal_of_one_holds_back_the_other(file):
    clock = MovingClock()
    one, other = (
        Pace(2, clock=clock, wait=clock.wait, next_turn=shared(file, clock)) for _ in range(2)
    )
    one.push_back(5)
    assert other.held_back_s() == 5


def test_a_request_that_was_under_way_does_not_undo_the_refusal_of_another(file):
    clock = MovingClock()
    one, other, third = (
        Pace(2, clock=clock, wait=clock.wait, next_turn=shared(file, clock)) for _ in range(3)
    )
    with one.turn():
        other.push_back(5)
    assert (one.held_back_s(), third.held_back_s()) == (5, 5)


NOTER = """
import sys
from pathlib import Path
from gimp_bridge.service.next_turn import SharedTurn

turn = SharedTurn(Path(sys.argv[1]), clock=lambda: 0.0, longest_s=1e6)
for moment in range(int(sys.argv[2]), 4000, 2):
    turn.put_off(moment)
"""


def test_what_several_note_at_once_never_goes_back(file):
    noters = [
        subprocess.Popen([sys.executable, "-c", NOTER, str(file), start], cwd=ROOT)
        for start in ("0", "1")
    ]
    turn, seen = SharedTurn(file, clock=lambda: 0.0, longest_s=1e6), [EARLIER]
    while any(noter.poll() is None for noter in noters):
        seen.append(turn.moment())
    assert seen == sorted(seen)
    assert (turn.moment(), [noter.wait() for noter in noters]) == (3999.0, [0, 0])


def test_nobody_sends_while_another_does(file):
    one, other = shared(file, MovingClock()), shared(file, MovingClock())
    assert one.take()
    assert not other.take()
    one.leave()
    assert other.take()
    other.leave()


@pytest.mark.parametrize("noted", ["", "what?", "nan", "1e9", "inf"])
def test_what_cannot_be_true_is_not_believed(file, noted):
    """Cut off, damaged, or from before the machine was started the last time."""
    file.parent.mkdir()
    file.write_text(noted)
    assert shared(file, MovingClock(1000.0)).moment() == EARLIER


def test_without_a_folder_to_write_in_it_is_the_pace_of_one_process(tmp_path):
    (tmp_path / "pace").write_text("a file where the folder should be")
    clock = MovingClock()
    pace = Pace(2, clock=clock, next_turn=shared(tmp_path / "pace" / "abc.next", clock))
    with pace.turn():
        pass
    assert pace.held_back_s() == pytest.approx(0.5175)


def test_the_file_tells_keys_apart_and_neither_the_key_nor_to_others(tmp_path):
    key = Secret("a-key-of-many-letters")
    file = turn_file(tmp_path / "pace", "service.example", key)
    assert file != turn_file(tmp_path / "pace", "service.example", Secret("another-key"))
    assert file != turn_file(tmp_path / "pace", "other.example", key)
    turn = shared(file, MovingClock())
    turn.put_off(7.5)
    assert turn.take()
    turn.leave()
    assert file.read_text().strip() == "7.5"
    assert "letters" not in str(file)
    for path in (tmp_path / "pace").iterdir() if os.name == "posix" else ():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
