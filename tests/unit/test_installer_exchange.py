"""A new folder takes an old one's place, and at every moment one of the two is there."""

import threading
from pathlib import Path

import pytest

from gimp_bridge.installer import plugin_folder


@pytest.fixture
def folders(tmp_path):
    new, place = tmp_path / "staging" / "new", tmp_path / "plug-ins" / "place"
    for folder, text in ((new, "new"), (place, "old")):
        folder.mkdir(parents=True)
        (folder / "file").write_text(text)
    return new, place


def text_in(folder):
    return (folder / "file").read_text()


def test_the_two_change_places(folders):
    new, place = folders
    plugin_folder.put_in_place(new, place)
    assert (text_in(place), text_in(new)) == ("new", "old")


def test_an_empty_place_is_filled_and_its_parents_are_made(folders):
    new, place = folders
    plugin_folder.put_in_place(new, place.parent / "nowhere" / "yet")
    assert text_in(place.parent / "nowhere" / "yet") == "new"
    assert not new.exists()


def test_without_the_systems_exchange_two_renames_do_the_same(folders, monkeypatch):
    monkeypatch.setattr(plugin_folder, "_exchange", lambda _one, _other: False)
    new, place = folders
    plugin_folder.put_in_place(new, place)
    assert (text_in(place), text_in(new)) == ("new", "old")
    assert sorted(path.name for path in new.parent.iterdir()) == ["new"]


def test_when_the_second_rename_fails_the_first_is_taken_back(folders, monkeypatch):
    monkeypatch.setattr(plugin_folder, "_exchange", lambda _one, _other: False)
    new, place = folders
    (new / "file").unlink()
    new.rmdir()
    with pytest.raises(OSError, match="No such file"):
        plugin_folder.put_in_place(new, place)
    assert text_in(place) == "old"


def test_whoever_looks_while_it_happens_always_finds_one_of_the_two(folders):
    new, place = folders
    over = threading.Event()
    seen, missed = set(), []

    def look():
        while not over.is_set():
            try:
                seen.add(text_in(place))
            except OSError as error:
                missed.append(error)

    watcher = threading.Thread(target=look)
    watcher.start()
    for _ in range(2000):
        plugin_folder.put_in_place(new, place)
    over.set()
    watcher.join()
    assert missed == []
    assert seen == {"new", "old"}


def test_nothing_is_left_beside_them(folders):
    new, place = folders
    plugin_folder.put_in_place(new, place)
    assert [path.name for path in Path(place).parent.iterdir()] == ["place"]
