"""The journal: nothing lost for an hour, whatever clocks, files and other processes do."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from gimp_bridge.service.entry import CorruptEntry, read_record
from gimp_bridge.service.journal import KEPT_S, Journal
from tests.moving_clock import MovingClock

ROOT = Path(__file__).parents[2]


class Clocks:
    """A journal's two clocks, moved together or apart."""

    def __init__(self):
        self.wall, self.uptime = MovingClock(time.time()), MovingClock(5000.0)

    def journal(self, folder):
        return Journal(folder, clock=self.wall, uptime=self.uptime)

    def go_on(self, seconds):
        self.wall.now += seconds
        self.uptime.now += seconds


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def journal(tmp_path, clocks):
    return clocks.journal(tmp_path / "journal")


def begin(journal, fingerprint="f", **more):
    return journal.begin("host", fingerprint, max_result_bytes=1000, **more)


def left(journal) -> list[str | None]:
    ids = []
    for entry in journal.unclaimed():
        ids.append(entry.task_id)
        entry.release()
    return ids


def test_an_entry_keeps_its_notes_its_blobs_and_its_result(journal, tmp_path):
    entry = begin(journal, metadata={"window": [3, 4, 50, 60]}, blobs={"mask": b"m"})
    entry.started("a-1")
    entry.store(b"picture")
    entry.release()
    again = Journal(tmp_path / "journal").find("f")
    assert (again.task_id, again.metadata) == ("a-1", {"window": [3, 4, 50, 60]})
    assert (again.blob("mask"), again.result()) == (b"m", b"picture")
    assert (again.record.state, again.record.service) == ("stored", "host")


def test_everything_is_for_its_owner_only(journal):
    entry = begin(journal, blobs={"mask": b"m"})
    entry.started("a-1")
    entry.store(b"picture")
    folders = [journal.folder, entry.folder]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700, 0o700]
    files = sorted(entry.folder.iterdir())
    assert [file.name for file in files] == [
        "lock",
        "mask.blob",
        "record.json",
        "result",
        "task-id",
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_claimed_entry_leaves_nothing_but_its_id_and_that_for_an_hour(journal, clocks):
    entry = begin(journal, metadata={"image": "private.xcf"}, blobs={"mask": b"mask"})
    entry.started("a-1")
    entry.store(b"picture")
    entry.claim()
    (note,) = (path for path in journal.folder.rglob("*") if path.is_file())
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    at, _uptime_at, task_id = json.loads(note.read_bytes())
    assert (note.name, task_id) == ("f.ended", "a-1")
    assert journal.find("f") is None
    clocks.wall.now = at + 3600
    journal.clean()
    assert note.exists()
    clocks.wall.now = at + 4000
    journal.clean()
    assert not note.exists()


def test_an_id_noted_before_a_kill_counts_although_the_record_lacks_it(journal):
    entry = begin(journal)
    (entry.folder / "task-id").write_text('"a-1"' + " " * 251)
    entry.release()
    again = journal.find("f")
    assert (again.record.state, again.task_id) == ("running", "a-1")


def test_an_id_cut_off_by_a_kill_is_none(journal):
    entry = begin(journal)
    (entry.folder / "task-id").write_text('"a-' + " " * 253)
    entry.release()
    assert journal.find("f").record.state == "sent"


@pytest.mark.parametrize("task_id", ["..", "a/b:c", "ü 漢", " a ", "\ud800\n", '"', "x" * 5000])
def test_any_text_as_an_id_is_kept_as_it_is(journal, tmp_path, task_id):
    entry = begin(journal)
    entry.started(task_id)
    entry.release()
    assert Journal(tmp_path / "journal").find("f").task_id == task_id


def test_an_id_that_the_disk_had_no_room_for_is_noted_with_the_result(journal, tmp_path):
    entry = begin(journal)
    note = entry.folder / "task-id"
    note.unlink()
    note.mkdir()
    with pytest.raises(IsADirectoryError):
        entry.started("a-1")
    assert entry.task_id == "a-1"
    note.rmdir()
    entry.store(b"picture")
    entry.release()
    again = Journal(tmp_path / "journal").find("f")
    assert (again.record.state, again.task_id) == ("stored", "a-1")


def test_newest_come_first(journal, clocks):
    for task_id in ("first", "second", "third"):
        entry = begin(journal)
        entry.started(task_id)
        entry.release()
        clocks.go_on(1)
    assert left(journal) == ["third", "second", "first"]


def test_what_somebody_works_on_is_left_to_them(journal, tmp_path):
    entry = begin(journal)
    other = Journal(tmp_path / "journal")
    assert (other.find("f"), left(other)) == (None, [])
    assert other.known("f", since=0) == (None, None, False)
    entry.release()
    assert left(other) == [None]


def test_entries_are_removed_after_the_hour_and_not_before(journal, clocks):
    begin(journal).release()
    clocks.go_on(3600)
    journal.clean()
    assert left(journal) == [None]
    clocks.go_on(KEPT_S - 3600 + 1)
    journal.clean()
    assert (left(journal), list(journal.folder.iterdir())) == ([], [])


def test_an_entry_in_use_is_never_cleaned(journal, clocks):
    entry = begin(journal)
    clocks.go_on(100_000)
    journal.clean()
    entry.store(b"picture")
    assert entry.result() == b"picture"


def test_a_clock_that_jumps_ahead_loses_nothing(journal, clocks):
    begin(journal).release()
    clocks.wall.now += 10 * 365 * 86400
    journal.clean()
    assert left(journal) == [None]
    clocks.go_on(KEPT_S + 1)
    journal.clean()
    assert left(journal) == []


def test_a_clock_that_jumps_back_loses_nothing_and_keeps_nothing_for_ever(journal, clocks):
    begin(journal).release()
    clocks.wall.now -= 10 * 365 * 86400
    journal.clean()
    assert left(journal) == [None]
    clocks.go_on(KEPT_S + 1)
    journal.clean()
    assert left(journal) == []


def test_a_restart_with_the_clock_set_back_gives_one_more_hour(journal, clocks):
    begin(journal).release()
    clocks.wall.now -= 86400
    clocks.uptime.now = 12.0
    journal.clean()
    assert left(journal) == [None]
    clocks.go_on(KEPT_S + 1)
    journal.clean()
    assert left(journal) == []


def test_a_restart_loses_nothing(journal, clocks):
    begin(journal).release()
    clocks.wall.now += 120
    clocks.uptime.now = 12.0
    journal.clean()
    assert left(journal) == [None]


@pytest.mark.parametrize(
    "ruin",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"state":"running"}',
        b"[" * 100000,
        b'{"state":1,"service":"h","fingerprint":"f","max_result_bytes":1,"created_at":1,'
        b'"uptime_at":1}',
    ],
)
def test_a_corrupt_entry_never_blocks_the_others(journal, clocks, ruin):
    for task_id in ("good-1", "bad", "good-2"):
        entry = begin(journal)
        entry.started(task_id)
        if task_id == "bad":
            (entry.folder / "record.json").write_bytes(ruin)
        entry.release()
        clocks.go_on(1)
    journal.clean()
    assert len(list(journal.folder.iterdir())) == 3
    assert left(journal) == ["good-2", "good-1"]
    assert journal.find_task("good-1").task_id == "good-1"


def test_a_corrupt_entry_is_removed_when_it_is_old(journal, clocks, tmp_path):
    entry = begin(journal)
    (entry.folder / "record.json").write_bytes(b"{")
    entry.release()
    os.utime(entry.folder, (clocks.wall(), clocks.wall()))
    journal.clean()
    assert len(list(journal.folder.iterdir())) == 1
    clocks.go_on(KEPT_S + 1)
    journal.clean()
    assert list(journal.folder.iterdir()) == []


def test_files_that_are_not_ours_do_no_harm(journal):
    begin(journal).release()
    (journal.folder / "README").write_text("x")
    (journal.folder / "zzz").mkdir()
    journal.clean()
    assert left(journal) == [None]


def test_names_of_blobs_cannot_leave_the_folder(journal):
    for name in ("../x", "", "a/b", "record.json", "A"):
        with pytest.raises(ValueError, match="not a name"):
            begin(journal, blobs={name: b""})
    assert list(journal.folder.iterdir()) == []


def test_an_entry_whose_blobs_do_not_fit_is_not_left_half_made(journal, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gimp_bridge.service.entry.write_private", full)
    with pytest.raises(OSError, match="No space"):
        begin(journal, blobs={"mask": b"m"})
    assert list(journal.folder.iterdir()) == []


def test_the_state_and_the_task_id_must_agree(journal):
    entry = begin(journal)
    text = (entry.folder / "record.json").read_text().replace('"sent"', '"running"')
    (entry.folder / "record.json").write_text(text)
    with pytest.raises(CorruptEntry):
        read_record(entry.folder)


def test_a_killed_process_leaves_its_entry_to_others(tmp_path):
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from gimp_bridge.service.journal import Journal
        entry = Journal(Path(sys.argv[1])).begin("host", "f", max_result_bytes=1)
        entry.started("a-1")
        print("ready", flush=True)
        time.sleep(60)
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdout.readline() == b"ready\n"
    journal = Journal(tmp_path)
    assert journal.find("f") is None
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert journal.find("f").task_id == "a-1"


def _take_all(folder, taken):
    for entry in Journal(folder).unclaimed():
        taken.put(entry.task_id)
        entry.claim()


def test_two_recoveries_at_once_never_take_the_same_entry(tmp_path):
    journal = Journal(tmp_path)
    for number in range(40):
        entry = begin(journal, str(number))
        entry.started(f"task-{number}")
        entry.release()
    context = multiprocessing.get_context("spawn")
    taken = context.Queue()
    processes = [context.Process(target=_take_all, args=(tmp_path, taken)) for _ in range(3)]
    for process in processes:
        process.start()
    ids = [taken.get(timeout=60) for _ in range(40)]
    for process in processes:
        process.join(60)
    assert sorted(ids) == sorted(f"task-{number}" for number in range(40))
    assert taken.empty()
    assert [path.name for path in tmp_path.iterdir()] == ["requests"]
