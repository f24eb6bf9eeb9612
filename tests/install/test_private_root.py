"""What runs in a private root is apart from the machine, and leaves nothing behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tools.private_debian.root import ORDINARY_USER


def run(root, *argv, **where):
    return subprocess.run(
        root.command(list(argv), **where), capture_output=True, encoding="utf-8", check=False
    )


def test_the_exit_code_and_both_outputs_come_through(trixie):
    ended = run(trixie, "sh", "-c", "echo here; echo there >&2; exit 7")
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "here\n", "there\n")


def test_the_root_itself_cannot_be_written_to(trixie):
    ended = run(trixie, "sh", "-c", "touch /usr/trace /etc/trace; touch /tmp/free && echo free")
    assert ended.stdout == "free\n"
    assert "Read-only file system" in ended.stderr
    assert not (trixie.folder / "usr" / "trace").exists()


def test_bound_folders_are_seen_and_only_some_may_be_written_to(trixie, tmp_path):
    (tmp_path / "given").mkdir()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "name").write_text("untouched")
    ended = run(
        trixie,
        *("sh", "-c", "cat /mnt/kept/name > /mnt/given/copy; echo x > /mnt/kept/name"),
        binds={tmp_path / "given": "/mnt/given"},
        read_only_binds={tmp_path / "kept": "/mnt/kept"},
    )
    assert ended.returncode != 0
    assert (tmp_path / "given" / "copy").read_text() == "untouched"
    assert (tmp_path / "kept" / "name").read_text() == "untouched"


def test_only_the_given_environment_is_seen(trixie, monkeypatch):
    monkeypatch.setenv("LEAK", "yes")
    ended = run(trixie, "env", env={"GIVEN": "1"})
    names = {line.partition("=")[0] for line in ended.stdout.splitlines()}
    assert names == {"PATH", "HOME", "LANG", "GIVEN", "PWD"}


def test_an_ordinary_user_has_no_rights_of_root(trixie):
    ended = run(trixie, "sh", "-c", "id -u; id -G; touch /root/x", user=ORDINARY_USER)
    assert ended.stdout == "1000\n1000\n"
    assert ended.returncode != 0


@pytest.mark.parametrize("user", [0, ORDINARY_USER])
def test_a_killed_command_leaves_no_process_and_no_mount(trixie, user):
    mounts = Path("/proc/self/mounts").read_text()
    mark = f"777{os.getpid()}"
    command = trixie.command(["sh", "-c", f"sleep {mark} & sleep {mark}; echo never"], user=user)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        wait_until(lambda: len(processes_with(mark)) >= 2)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert process.stdout.read() == b""
    wait_until(lambda: not processes_with(mark))
    assert Path("/proc/self/mounts").read_text() == mounts


def test_what_outlives_the_command_is_ended_with_it(trixie):
    mark = f"778{os.getpid()}"
    assert run(trixie, "sh", "-c", f"setsid sleep {mark} > /dev/null 2>&1 &").returncode == 0
    wait_until(lambda: not processes_with(mark))


def processes_with(mark):
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and (folder / "cmdline").read_bytes().split(b"\0")[:2] == [
                b"sleep",
                mark.encode(),
            ]:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def wait_until(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("did not come true within 10 s")
