"""The commands when the service's answer is no repair."""

from __future__ import annotations

from pathlib import Path

import pytest

from gimp_bridge.cli import main
from tests.service_peer import local_service, pixels_of, place_fill, png, quadrants
from tests.unit.cli.left import left_in_journal

REMOVE = ["remove", "photo.png", "--rectangles", "20,8,12,8", "--service", "picwish"]
REMOVE += ["-o", "out.png"]


@pytest.fixture
def with_object(here):
    picture = quadrants()
    picture[9:15, 21:31] = (240, 240, 10)
    Path("photo.png").write_bytes(png(picture))
    return picture


@pytest.fixture
def echo(with_object, monkeypatch):
    """A service that answers with what it was sent; the number of its tasks."""
    tasks = []

    def fill(image, mask, **_):
        tasks.append(image)
        return image if len(tasks) == 1 else place_fill(image, mask)

    with local_service(fill=fill) as address:
        monkeypatch.setenv("PICWISH_BASE_URL", address)
        yield tasks


@pytest.mark.parametrize("options", [[], ["--sync"]])
def test_the_picture_sent_is_no_repair_and_paid_for_again_only_after_a_recovery(
    echo, with_object, options, capsys
):
    assert main([*REMOVE, *options]) == 1
    first = capsys.readouterr().err
    assert "answered with what was sent" in first
    assert "Nothing was sent now" not in first
    assert not Path("out.png").exists()
    assert len(left_in_journal()) == 1
    assert main([*REMOVE, *options]) == 1
    assert "Nothing was sent now: to pay for another try, recover" in capsys.readouterr().err
    assert len(echo) == 1
    assert main(["recover", "-o", "found"]) == 0
    [found] = (path for path in Path("found").glob("*") if "mask" not in path.name)
    assert (pixels_of(found.read_bytes())[9:15, 21:31] == (240, 240, 10)).all()
    assert main([*REMOVE, *options]) == 0
    assert len(echo) == 2


def test_raw_keeps_even_that(echo):
    assert main([*REMOVE, "--raw"]) == 0
    assert pixels_of(Path("out.png").read_bytes())[10, 25].tolist() == [240, 240, 10]


def test_a_batch_tells_it_and_goes_on(echo, with_object, capsys):
    Path("in").mkdir()
    for name in ("a", "b"):
        with_object[0, 0] = ord(name)
        Path(f"in/{name}.png").write_bytes(png(with_object))
    Path("masks").mkdir()
    arguments = ["batch", "in", "--mask", "mask.png", "--service", "picwish", "-o", "out"]
    assert main(arguments) == 1
    said = "".join(capsys.readouterr())
    assert said.count("answered with what was sent") == 1
    assert len(list(Path("out").glob("*.png"))) == 1
