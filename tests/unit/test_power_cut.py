"""What a power cut leaves of paid tasks, on a disk that keeps only what it was told to keep.

``Disk`` watches every fsync.  After a cut a file holds what it held when it was last synced, and
nothing if it never was; a folder lists the names of its last sync, or, as disks also may, those
of the moment of the cut.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gimp_bridge.private_files import write_private
from gimp_bridge.service.journal import Journal

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")


class Disk:
    """What has been synced, by inode: the bytes of files and the names of folders."""

    def __init__(self, monkeypatch):
        self._kept, self._sync = {}, os.fsync
        monkeypatch.setattr(os, "fsync", self._fsync)

    def _fsync(self, handle):
        self._sync(handle)
        about = os.fstat(handle)
        if stat.S_ISDIR(about.st_mode):
            self._kept[about.st_ino] = names(handle)
        else:
            self._kept[about.st_ino] = Path(f"/proc/self/fd/{handle}").read_bytes()

    def after_a_cut(self, folder: Path, into: Path, *, names_at_once: bool) -> Path:
        """Make ``into`` what is left of ``folder``, which itself is there in any case."""
        self._restore(folder.stat().st_ino, folder if names_at_once else None, into)
        return into

    def _restore(self, inode, now, into):
        """``now`` is where its names of the moment are, if these count."""
        into.mkdir(mode=0o700)
        for name, number in (names(now) if now else self._kept[inode]).items():
            kept = self._kept.get(number, b"")
            if isinstance(kept, bytes):
                (into / name).write_bytes(kept)
            else:
                self._restore(number, now and now / name, into / name)


def names(folder):
    with os.scandir(folder) as entries:
        return {entry.name: entry.inode() for entry in entries}


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


@pytest.fixture(params=[False, True], ids=["names when synced", "names at once"])
def cut(request, disk, tmp_path):
    """Cuts the power; gives what is then left of a folder."""

    def cut(folder):
        into = tmp_path / f"left-{len(list(tmp_path.iterdir()))}"
        return disk.after_a_cut(folder, into, names_at_once=request.param)

    return cut


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


def begin(journal):
    return journal.begin(
        "host", "f", max_result_bytes=9, metadata={"window": [3, 4]}, blobs={"mask": b"m"}
    )


def test_an_intent_is_there_with_all_that_a_recovery_needs(journal, cut):
    begin(journal)
    found = Journal(cut(journal.folder)).find("f")
    assert (found.record.state, found.metadata) == ("sent", {"window": [3, 4]})
    assert found.blob("mask") == b"m"


def test_the_id_of_a_task_is_there_as_soon_as_it_is_known(journal, cut):
    begin(journal).started("a-1")
    found = Journal(cut(journal.folder)).find("f")
    assert (found.record.state, found.task_id) == ("running", "a-1")


def test_a_result_is_there_whole_or_asked_for_again(journal, cut):
    entry = begin(journal)
    entry.started("a-1")
    entry.store(b"picture")
    found = Journal(cut(journal.folder)).find("f")
    assert found.task_id == "a-1"
    assert found.record.state == "running" or found.result() == b"picture"


def test_an_entry_that_was_removed_is_not_offered_again(journal, cut):
    entry = begin(journal)
    entry.remove()
    assert Journal(cut(journal.folder)).find("f") is None


def test_a_private_file_is_the_new_one_and_whole(tmp_path, cut):
    file = tmp_path / "kept" / "settings.json"
    write_private(file, b"old")
    write_private(file, b"newer")
    assert [path.read_bytes() for path in cut(file.parent).iterdir()] == [b"newer"]


def test_a_private_file_that_waits_for_no_disk_is_the_old_or_the_new_one(tmp_path, cut):
    file = tmp_path / "kept" / "settings.json"
    write_private(file, b"old")
    write_private(file, b"newer", at_once=False)
    assert (cut(file.parent) / file.name).read_bytes() in (b"old", b"newer")
