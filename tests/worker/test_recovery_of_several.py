"""A recovery of several results: what cannot be brought in never keeps the others from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gimp_bridge.service.journal import Journal
from tests.service_peer import png, quadrants
from tests.worker.peer import Peer, Picture, flat_quadrants


@pytest.fixture
def picture():
    """A layer off the canvas' corner; ``select`` says what of it is to go."""
    return Picture(flat_quadrants(700, 500), x=40, y=30, canvas=(800, 600))


@pytest.fixture
def journal(folders):
    return Journal(Path(folders["XDG_DATA_HOME"]) / "gimp-object-removal" / "journal")


def select(picture, x, y):
    picture.selection[:] = 0
    picture.selection[y : y + 12, x : x + 20] = 255


@pytest.fixture
def pay(served, picture):
    """Pays for the removal at (x, y) and loses it just before the layer would be inserted."""
    worker = served()

    def lose(x, y):
        select(picture, x, y)
        peer = worker()
        peer.greet()
        peer.send("run", {"job": picture.job(service="picwish")})
        while (frame := peer.receive()).kind != "begin":
            peer.answer(frame, picture)
        peer.close()

    return lose


@pytest.fixture
def recover(folders, picture):
    """Recovers into the picture, without any key and with no service to ask."""
    quiet = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    peer = Peer(**folders, **quiet, PICWISH_BASE_URL="https://service.invalid")
    peer.greet()
    yield lambda: peer.request("recover", picture), peer
    peer.close()


def entries(journal):
    """The folders of the entries, oldest first."""
    return sorted(path.parent for path in journal.folder.glob("*/record.json"))


def spoil_pixels(entry):
    (entry / "coverage.blob").unlink()


def spoil_metadata(entry):
    record = json.loads((entry / "record.json").read_text())
    record["metadata"]["window"] = [1, 2, 3]
    (entry / "record.json").write_text(json.dumps(record))


def spoil_mask(entry):
    (entry / "coverage.blob").write_bytes(png(quadrants(9, 7)[..., 0]))


@pytest.mark.parametrize("spoil", [spoil_pixels, spoil_metadata, spoil_mask])
def test_a_damaged_entry_does_not_block_the_older_ones(pay, recover, journal, spoil):
    pay(300, 200)
    pay(500, 300)
    spoil(entries(journal)[1])
    ask, peer = recover
    frame = ask()
    assert (frame.kind, len(peer.patches)) == ("finished", 1)
    assert "is damaged" in frame.fields["message"]
    assert len(entries(journal)) == 1
    frame = ask()
    assert (frame.kind, "is damaged" in frame.fields["message"]) == ("failed", True)


def test_a_stored_answer_of_another_size_does_not_block_the_older_ones(pay, recover, journal):
    pay(300, 200)
    pay(500, 300)
    (entries(journal)[1] / "result").write_bytes(png(quadrants()))
    ask, peer = recover
    frame = ask()
    assert (frame.kind, len(peer.patches)) == ("finished", 1)
    assert "needs a key" in frame.fields["message"]


def test_what_is_on_the_disk_needs_no_key(pay, recover):
    pay(300, 200)
    ask, peer = recover
    frame = ask()
    assert (frame.kind, frame.fields["message"], len(peer.patches)) == ("finished", None, 1)


def test_a_result_of_the_command_line_is_named_as_such(pay, recover, journal, picture):
    entry = journal.begin("service.example", "f", max_result_bytes=10**6, metadata={"output": "x"})
    entry.started("a-1")
    entry.store(png(quadrants()))
    entry.release()
    ask, peer = recover
    select(picture, 300, 200)
    frame = ask()
    assert (frame.kind, peer.patches) == ("failed", [])
    assert "gimp-object-removal recover" in frame.fields["message"]
    assert "None" not in frame.fields["message"]
