"""The engine's promises that hold for every picture, checked through its one door."""

import subprocess
import sys

import numpy as np
import pytest

from gimp_bridge.engine import fill
from gimp_bridge.errors import Cancelled, EngineError


@pytest.fixture(scope="module")
def quadrants():
    """96 x 128: four different textures, so that a misplaced pixel shows."""
    rows, columns = np.mgrid[0:96, 0:128]
    noise = np.random.default_rng(5).integers(0, 12, (96, 128, 1))
    image = np.zeros((96, 128, 3), np.int64)
    image[:48, :64] = (200, 40, 30)
    image[:48, 64:] = np.where((columns[:48, 64:] // 4 % 2)[..., None], (20, 160, 40), (20, 90, 40))
    image[48:, :64] = np.where((rows[48:, :64] // 4 % 2)[..., None], (30, 40, 200), (90, 90, 220))
    image[48:, 64:] = (230, 220, 120)
    return (image + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture
def hole():
    """Cut a hole off the origin, over the corner of all four quadrants."""
    mask = np.zeros((96, 128), np.uint8)
    mask[38:57, 55:80] = 255
    return mask


def test_pixels_outside_the_mask_are_unchanged(quadrants, hole):
    filled = fill(quadrants, hole)
    assert np.array_equal(filled[hole == 0], quadrants[hole == 0])


def test_the_input_is_not_written_to(quadrants, hole):
    before = quadrants.copy()
    fill(quadrants, hole)
    assert np.array_equal(quadrants, before)


def test_each_quadrant_grows_into_its_own_side_of_the_hole(quadrants, hole):
    filled = fill(quadrants, hole).astype(int)
    corners = {
        "top left": filled[39:43, 56:60],
        "top right": filled[39:43, 75:79],
        "bottom left": filled[52:56, 56:60],
        "bottom right": filled[52:56, 75:79],
    }
    strongest = {name: int(corner.mean((0, 1)).argmax()) for name, corner in corners.items()}
    assert strongest == {"top left": 0, "top right": 1, "bottom left": 2, "bottom right": 0}


def test_what_lies_under_the_mask_does_not_matter(quadrants, hole):
    other = quadrants.copy()
    other[hole > 0] = (1, 254, 77)
    assert np.array_equal(fill(quadrants, hole), fill(other, hole))


def test_what_lies_under_another_hole_does_not_matter(quadrants, hole):
    hole[10:14, 20:24] = 1
    hole[80:90, 100:101] = 9
    other = quadrants.copy()
    other[hole > 0] = (1, 254, 77)
    assert np.array_equal(fill(quadrants, hole), fill(other, hole))


def test_any_non_zero_mask_value_means_remove(quadrants, hole):
    assert np.array_equal(fill(quadrants, hole), fill(quadrants, (hole > 0).astype(np.uint8)))


def test_one_seed_gives_one_result(quadrants, hole):
    assert np.array_equal(fill(quadrants, hole, seed=3), fill(quadrants, hole, seed=3))


def test_an_empty_mask_changes_nothing(quadrants, hole):
    assert np.array_equal(fill(quadrants, np.zeros_like(hole)), quadrants)


def test_read_only_arrays_are_taken(quadrants, hole):
    image = np.frombuffer(quadrants.tobytes(), np.uint8).reshape(quadrants.shape)
    mask = np.frombuffer(hole.tobytes(), np.uint8).reshape(hole.shape)
    assert np.array_equal(fill(image, mask), fill(quadrants, hole))


def test_separate_holes_are_each_filled_from_their_own_side(quadrants):
    mask = np.zeros((96, 128), np.uint8)
    mask[10:20, 12:22] = 255
    mask[70:80, 100:110] = 255
    filled = fill(quadrants, mask).astype(int)
    assert filled[10:20, 12:22].mean((0, 1)).argmax() == 0
    assert filled[70:80, 100:110, 2].max() < 140


def test_stripes_go_on_in_phase(quadrants):
    mask = np.zeros((96, 128), np.uint8)
    mask[14:32, 90:108] = 255
    filled = fill(quadrants, mask).astype(int)
    error = np.abs(filled - quadrants)[mask > 0]
    assert error.mean() < 8


def test_a_wire_over_a_gradient_vanishes():
    rows, columns = np.mgrid[0:64, 0:80]
    image = np.dstack([rows * 3, columns * 2, rows + columns]).astype(np.uint8)
    mask = np.zeros((64, 80), np.uint8)
    mask[(abs(rows - columns * 0.7 - 3) < 1.5)] = 255
    assert np.abs(fill(image, mask).astype(int) - image).max() <= 4


def test_a_hole_in_the_pictures_corner_is_filled(quadrants):
    mask = np.zeros((96, 128), np.uint8)
    mask[:9, :11] = 255
    filled = fill(quadrants, mask)[:9, :11].reshape(-1, 3).astype(int)
    assert np.abs(filled.mean(0) - quadrants[:48, :64].reshape(-1, 3).mean(0)).max() < 6


def test_excluded_pixels_are_not_copied(quadrants):
    mask = np.zeros((96, 128), np.uint8)
    mask[60:80, 92:112] = 255
    exclude = np.zeros((96, 128), np.uint8)
    exclude[:48, :] = 1
    exclude[48:, :64] = 1
    filled = fill(quadrants, mask, exclude=exclude)[mask > 0].astype(int)
    assert filled[:, 0].min() >= 225


def test_progress_rises_to_one(quadrants, hole):
    heard = []
    fill(quadrants, hole, progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_cancel_before_the_start_raises(quadrants, hole):
    with pytest.raises(Cancelled):
        fill(quadrants, hole, cancel=lambda: True)


def test_cancel_in_the_middle_raises(quadrants, hole):
    large = np.tile(quadrants, (2, 2, 1))
    mask = np.zeros((192, 256), np.uint8)
    mask[60:130, 90:160] = 255
    heard = []
    with pytest.raises(Cancelled):
        fill(large, mask, progress=heard.append, cancel=lambda: bool(heard))
    assert 0 < heard[0] < 1


def test_a_picture_masked_whole_is_refused(quadrants):
    with pytest.raises(EngineError, match="too little left"):
        fill(quadrants, np.full((96, 128), 255, np.uint8))


def test_a_tiny_picture_is_refused():
    mask = np.zeros((8, 8), np.uint8)
    mask[3, 3] = 1
    with pytest.raises(EngineError, match="too small"):
        fill(np.zeros((8, 8, 3), np.uint8), mask)


def test_a_mask_of_another_size_is_refused(quadrants):
    with pytest.raises(EngineError, match="same size"):
        fill(quadrants, np.ones((96, 127), np.uint8))


def test_a_grey_picture_is_refused(hole):
    with pytest.raises(EngineError, match="8-bit RGB"):
        fill(np.zeros((96, 128), np.uint8), hole)


def test_importing_the_engine_imports_no_compiler():
    code = "import sys, gimp_bridge.engine; print('numba' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["False"]


def test_a_hole_amid_what_is_excluded_is_filled_from_beyond(quadrants):
    image = np.tile(quadrants, (4, 4, 1))
    mask, exclude = np.zeros((2, *image.shape[:2]), np.uint8)
    mask[200:210, 260:270] = 1
    mask[20:28, 20:28] = 1
    exclude[40:360, 70:480] = 1
    image[120:300, 160:400] = (90, 120, 90)
    filled = fill(image, mask, exclude=exclude)
    assert filled[200:210, 260:270].std() > 3  # not the flat colour
    assert filled[20:28, 20:28].mean((0, 1)).argmax() == 0
