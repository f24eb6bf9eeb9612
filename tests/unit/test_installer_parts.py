"""The small parts of set-up: programs run, versions compared, lists kept."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from gimp_bridge.errors import InstallError
from gimp_bridge.installer import locks, processes, records
from gimp_bridge.installer.locks import only_one
from gimp_bridge.installer.records import is_newer
from gimp_bridge.installer.try_run import Box, parse_box, ticking


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("0.1.0", "0.0.9", True),
        ("0.10.0", "0.9.0", True),
        ("1.0", "1.0.0", False),
        ("1.0.0", "1.0.0.dev1", True),
        ("1.0.0rc1", "1.0.0", False),
        ("0.1.0", "0.1.0", False),
        ("nonsense", "0.1.0", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version, than, newer):
    assert is_newer(version, than) is newer


def test_a_program_that_fails_is_told_with_its_last_lines():
    code = "print('one'); import sys; print('two', file=sys.stderr); sys.exit(3)"
    with pytest.raises(InstallError) as told:
        processes.run([sys.executable, "-u", "-c", code], doing="count")
    name = Path(sys.executable).name
    assert str(told.value).splitlines() == [
        f"Could not count: {name} ended with 3.",
        "The last lines it printed:",
        "    one",
        "    two",
    ]


def test_a_program_that_is_not_there_is_told_in_a_sentence():
    with pytest.raises(InstallError, match="Could not count: /nowhere/abacus does not start"):
        processes.run(["/nowhere/abacus"], doing="count")


def test_a_program_is_killed_when_its_block_is_left_early():
    with (
        pytest.raises(KeyboardInterrupt),
        processes.started([sys.executable, "-c", "input()"], doing="wait") as process,
    ):
        raise KeyboardInterrupt
    assert process.returncode is not None


def test_what_is_needed_and_missing_is_named():
    with pytest.raises(InstallError, match="abacus is missing, and numbers are large"):
        processes.need("abacus", because="numbers are large")


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,0,4", "1,2,3,-4"])
def test_a_selection_that_is_no_rectangle_is_refused(text):
    with pytest.raises(InstallError, match="--select"):
        parse_box(text)


def test_a_selection_is_four_numbers():
    assert parse_box("10, 20,30,40") == Box(x=10, y=20, width=30, height=40)


def test_profiles_are_noted_once_and_dropped(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for profile in (one, two, one):
        records.add(tmp_path, profile)
    assert records.profiles(tmp_path) == [one, two]
    records.drop(tmp_path, one)
    assert records.profiles(tmp_path) == [two]


@pytest.mark.parametrize("text", ["", "[]", '{"profiles": 3}', "\x00"])
def test_a_list_that_makes_no_sense_is_empty(tmp_path, text):
    (tmp_path / "installed.json").write_text(text)
    assert records.profiles(tmp_path) == []


def test_only_one_process_at_a_time_holds_a_lock_and_a_killed_one_gives_it_back(tmp_path):
    code = (
        "import sys; from pathlib import Path; from gimp_bridge.installer.locks import only_one\n"
        "with only_one(Path(sys.argv[1]), waiting_for='test'):\n"
        "    print('held', flush=True); input()"
    )
    lock, said = tmp_path / "lock", []
    with subprocess.Popen(
        [sys.executable, "-c", code, lock], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"

        def say(line):
            said.append(line)
            holder.kill()

        with only_one(lock, waiting_for="test", say=say):
            assert said == ["Waiting for another test ..."]


def test_where_files_cannot_be_locked_set_up_says_so_and_does_not_wait(tmp_path, monkeypatch):
    def refuse(_descriptor):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks, "_lock", refuse)
    with (
        pytest.raises(InstallError, match=r"lock cannot be locked \(.*No locks available\)"),
        only_one(tmp_path / "lock", waiting_for="test"),
    ):
        pass


def test_what_prints_nothing_is_said_to_be_at_work():
    said = []
    with ticking(said.append, every_s=0.01):
        while len(said) < 2:
            pass
    assert all(line.startswith("  ... at work") for line in said)
