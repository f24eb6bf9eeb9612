"""``recover`` on the command line: what it writes, and what it does when that cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gimp_bridge.cli import main
from gimp_bridge.folders import journal_folder
from gimp_bridge.service.address import host_of
from gimp_bridge.service.journal import Journal
from tests.faults.hostile import Hostile, Script
from tests.service_peer import png, quadrants
from tests.unit.cli.left import left_in_journal

ROOT = Path(__file__).parents[3]


def keep(task_id, data, *, mask=None):
    """Leave a result in the journal, as a killed run does."""
    blobs = {} if mask is None else {"removal": mask}
    entry = Journal(journal_folder()).begin("host", "f", max_result_bytes=1, blobs=blobs)
    entry.started(task_id)
    entry.store(data)
    entry.release()


@pytest.mark.parametrize("suffix", [".png", "-mask.png"])
def test_a_link_of_the_name_is_replaced_and_not_followed(here, suffix):
    Path("precious").write_bytes(b"precious")
    Path(f"removal-a-1{suffix}").symlink_to("precious")
    keep("a-1", png(quadrants()), mask=b"mask")
    assert main(["recover"]) == 0
    assert Path("precious").read_bytes() == b"precious"
    assert not Path(f"removal-a-1{suffix}").is_symlink()
    assert Path("removal-a-1.png").read_bytes() == png(quadrants())
    assert Path("removal-a-1-mask.png").read_bytes() == b"mask"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit for the size of files there")
def test_what_the_disk_has_no_room_for_stays_in_the_journal_and_the_others_come(here):
    small, large = png(quadrants(8, 8)), png(quadrants()) + bytes(100_000)
    keep("small-old", small)
    keep("large", large)
    keep("small-new", small)
    limited = "import resource, signal, sys; from gimp_bridge.cli import main; "
    limited += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)); "
    limited += "sys.exit(main(['recover', '-o', 'found']))"
    done = subprocess.run(
        [sys.executable, "-c", limited],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "removal-large.png cannot be written: File too large." in done.stderr
    assert "Traceback" not in done.stderr
    found = {path.name: path.read_bytes() for path in Path("found").iterdir()}
    assert found == {"removal-small-old.png": small, "removal-small-new.png": small}
    assert left_in_journal() == ["large"]


def test_any_id_makes_a_name_of_its_own(here):
    ids = ["../up", "..", "a/b", "a:b", "a?b", "ü", "x" * 300, "CON", "\ud800", " "]
    for task_id in ids:
        keep(task_id, png(quadrants()))
    assert main(["recover", "-o", "found"]) == 0
    names = [path.name for path in Path("found").iterdir()]
    assert len({name.lower() for name in names}) == len(ids)
    assert all(name.isascii() and len(name) < 100 and ":" not in name for name in names)
    assert left_in_journal() == []


def test_an_entry_that_cannot_be_read_does_not_end_the_round(here, monkeypatch):
    """Such as one on a disk that has a fault at one place."""
    keep("good-1", png(quadrants()))
    keep("bad", png(quadrants()))
    keep("good-2", png(quadrants()))
    (folder,) = (
        path.parent for path in journal_folder().glob("*/task-id") if b'"bad"' in path.read_bytes()
    )
    (folder / "result").unlink()
    (folder / "result").mkdir()
    monkeypatch.setenv("PICWISH_BASE_URL", "http://127.0.0.1:9")
    assert main(["recover", "-o", "found"]) == 1
    assert sorted(path.name for path in Path("found").iterdir()) == [
        "removal-good-1.png",
        "removal-good-2.png",
    ]
    assert left_in_journal() == ["bad"]


def test_a_disk_that_fills_up_while_the_task_is_made_spoils_nothing(here, monkeypatch, capsys):
    def fill_up(link):
        for note in journal_folder().glob("*/task-id"):
            note.unlink()
            note.mkdir()  # nothing can be written there any more
        link.reply(*link.honest())

    with Hostile(Script(create=[fill_up])) as server:
        monkeypatch.setenv("PICWISH_BASE_URL", server.address)
        assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]) == 0
    assert capsys.readouterr() == (f"out.png  (by {host_of(server.address)})\n", "")
