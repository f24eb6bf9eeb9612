"""--try with a GIMP 3 of the machine, by an ordinary user: the object goes, nothing else does."""

import numpy as np
import pytest
from PIL import Image

from tests.install.conftest import HOME
from tools.private_debian.install import data_binds


@pytest.fixture
def tester(someone):
    """A user whose tries find the environment that is kept beside the root."""
    kept = ".cache/gimp-object-removal/data/machine"
    someone.write(f"{kept}/.keep", "")
    ((data, _),) = data_binds(someone.root).items()
    someone.binds[data] = f"{HOME}/{kept}"
    return someone


def quadrants(width, height):
    """Four different quadrants, each with a gradient of its own."""
    y, x = np.mgrid[:height, :width]
    red = np.where(x < width // 2, 60, 150) + x % 40
    green = np.where(y < height // 2, 70, 170) + y % 30
    return np.dstack([red, green, (x + 2 * y) % 120]).astype(np.uint8)


def pixels(person, name):
    return np.asarray(Image.open(person.home / "out" / name).convert("RGB")).astype(int)


def test_the_selected_object_goes_and_the_rest_stays(tester):
    photo = quadrants(320, 240)
    photo[140:164, 190:220] = (255, 0, 255)
    Image.fromarray(photo).save(tester.home / "photo.png")

    tried = tester.install(
        *("--try", f"{HOME}/photo.png", "--select", "188,138,34,28", "--out", f"{HOME}/out")
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "Using the GIMP 3.0 of this machine: /usr/bin/gimp-console-3.0" in tried.stdout

    before, after = pixels(tester, "before.png"), pixels(tester, "after.png")
    assert np.array_equal(before, photo)
    changed = (before != after).any(axis=2)
    rows, columns = np.nonzero(changed)
    # The selection grown by 4 px and feathered over 2 px more.
    assert 138 - 8 <= rows.min() < rows.max() < 166 + 8
    assert 188 - 8 <= columns.min() < columns.max() < 222 + 8
    assert not ((after == (255, 0, 255)).all(axis=2)).any()
    assert (tester.home / "out" / "before-after.png").stat().st_size > 1000
    assert (tester.home / "out" / "result.xcf").read_bytes()[:9] == b"gimp xcf "
    # The user's own GIMP is not touched, and nothing was installed for it.
    assert not (tester.home / ".config" / "GIMP").exists()
    assert not (tester.home / ".local" / "share" / "gimp-object-removal").exists()


def test_a_photo_that_is_none_is_told_and_leaves_no_old_pictures(tester):
    tester.write("photo.png", "not a picture")
    tester.write("out/after.png", "of another run")
    tried = tester.install("--try", f"{HOME}/photo.png", "--out", f"{HOME}/out")
    assert tried.returncode == 1
    assert "GIMP cannot open photo.png as a picture." in tried.stderr
    assert list((tester.home / "out").iterdir()) == []
