"""An answer that came back moved is put back, where the known pixels say so for sure."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from gimp_bridge.picture.patch import fit
from gimp_bridge.picture.registration import Move, find_move, move_back

SIDE = 300
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
HOLE = np.hypot(ROWS - 150, COLUMNS - 160) < 60
REMOVAL = np.where(HOLE, 255, 0).astype(np.uint8)


def textured(blur_px=1.5, level=30, seed=4):
    white = np.random.default_rng(seed).standard_normal((SIDE, SIDE, 3))
    grain = ndimage.gaussian_filter(white, (blur_px, blur_px, 0), mode="wrap")
    return np.clip(128 + grain / grain.std() * level, 0, 255)


def moved(picture, right, down):
    return ndimage.shift(picture, (down, right, 0), order=3, mode="nearest")


def to_8_bit(levels):
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def jpeg(rgb):
    out = io.BytesIO()
    Image.fromarray(to_8_bit(rgb)).save(out, "JPEG", quality=80)
    return np.asarray(Image.open(out).convert("RGB"))


@pytest.mark.parametrize(("right", "down"), [(0.5, -0.25), (-1.0, 1.0), (0.0, 2.0), (0.3, 0.3)])
def test_the_move_is_found_through_a_colour_shift_and_compression(right, down):
    truth = textured()
    answer = jpeg(moved(truth, right, down) + np.array([6, -4, 3]))
    move = find_move(to_8_bit(truth), answer, HOLE)
    assert tuple(move) == pytest.approx((right, down), abs=0.1)


def test_a_moved_answer_is_fitted_where_it_belongs():
    truth = textured()
    answer = jpeg(moved(truth, 1.0, -1.0) + np.array([6, -4, 3]))
    fitted = fit(to_8_bit(truth), answer, REMOVAL, grain=False)
    picture = truth.copy()
    for place, rgb in fitted.strips():
        picture[place.slices()] = 255 * rgb
    inner = np.hypot(ROWS - 150, COLUMNS - 160) < 45
    pasted = np.abs(answer.astype(float) - truth)[inner].mean()
    assert np.abs(picture - truth)[inner].mean() < 0.6 * pasted


def test_moving_back_goes_against_the_move_and_keeps_the_size():
    picture = np.zeros((9, 11, 3), np.uint8)
    picture[4, 6] = 200
    back = move_back(picture, Move(2.0, -1.0))
    assert back.shape == (9, 11, 3)
    assert np.argwhere(back[..., 0] == 200).tolist() == [[5, 4]]


@pytest.mark.parametrize(
    "answer",
    [
        to_8_bit(textured()),
        jpeg(textured() + 5),
        to_8_bit(textured()[::-1]),
        to_8_bit(moved(textured(), 0.05, 0.0)),
        to_8_bit(moved(textured(), 12.0, 0.0)),
    ],
    ids=["the same", "in place", "another picture", "moved by next to nothing", "far away"],
)
def test_what_is_in_place_or_of_no_sure_place_is_left(answer):
    assert find_move(to_8_bit(textured()), answer, HOLE) is None


def test_a_move_that_explains_little_of_the_difference_is_not_believed():
    """The answer is moved by 1 px, and most of what differs in it is of another picture."""
    answer = moved(textured(), 1.0, 0.0) + 1.5 * (textured(seed=9) - 128)
    assert find_move(to_8_bit(textured()), to_8_bit(answer), HOLE) is None


def test_a_move_by_more_than_3_px_is_another_picture():
    truth = textured(blur_px=5)
    assert find_move(to_8_bit(truth), to_8_bit(moved(truth, 2.5, 0.0)), HOLE) is not None
    assert find_move(to_8_bit(truth), to_8_bit(moved(truth, 4.0, 0.0)), HOLE) is None


def test_a_picture_without_detail_tells_nothing():
    sent = to_8_bit(np.stack([ROWS / 2, COLUMNS / 2, ROWS / 3], axis=-1))
    assert find_move(sent, to_8_bit(moved(sent.astype(float), 1, 1)), HOLE) is None


def test_stripes_tell_nothing_along_themselves():
    stripes = to_8_bit((128 + 60 * np.sin(COLUMNS / 2.0))[..., None].repeat(3, axis=-1))
    assert find_move(stripes, to_8_bit(moved(stripes.astype(float), 0.5, 0)), HOLE) is None


def test_a_window_of_hardly_any_known_pixels_tells_nothing():
    sent = to_8_bit(textured())[:20, :20]
    assert find_move(sent, np.roll(sent, 1, 0), np.zeros((20, 20), bool)) is None
