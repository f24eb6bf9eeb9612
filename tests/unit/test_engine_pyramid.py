"""What a coarse level still knows of the hole, and what is matched there."""

import numpy as np

from gimp_bridge.engine.matching import prepare
from gimp_bridge.engine.parameters import Parameters
from gimp_bridge.engine.pyramid import EXCLUDED, IN_HOLE, build, finest


def levels(mask, excluded=None):
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    image = np.dstack([rows, columns, rows ^ columns]).astype(np.uint8)
    return build(finest(image, mask, excluded, 8.0), Parameters())


def plane(level, name):
    return getattr(level, name).reshape(level.height, level.width)


def test_a_coarse_pixel_is_hidden_only_when_all_four_are_and_no_source_when_one_is():
    mask = np.zeros((96, 128), bool)
    mask[31:50, 40:61] = True
    excluded = np.zeros_like(mask)
    excluded[70:73, 90:95] = True
    half = levels(mask, excluded)[1]
    hidden, barred = np.zeros((48, 64), np.uint8), np.zeros((48, 64), np.uint8)
    hidden[16:25, 20:30] = 1
    barred[15:25, 20:31] = IN_HOLE
    barred[35:37, 45:48] = EXCLUDED
    assert np.array_equal(plane(half, "hidden"), hidden)
    assert np.array_equal(plane(half, "barred"), barred)


def test_a_coarse_pixel_of_the_rim_is_the_mean_of_what_is_visible():
    mask = np.zeros((96, 128), bool)
    mask[31:50, 40:61] = True
    half = levels(mask)[1]
    # Of rows 30, 31 and columns 42, 43 only row 30 is visible.
    assert half.pixels.reshape(48, 64, 4)[15, 21, :2].tolist() == [30, 43]


def test_thin_branches_of_a_thick_hole_are_matched_on_every_level():
    mask = np.zeros((96, 128), bool)
    mask[31:50, 40:61] = True
    mask[40, 61:110] = True
    half = levels(mask)[1]
    number = prepare(half, 3).number.reshape(48, 64)
    assert not plane(half, "hidden")[:, 31:].any()
    assert (number[18:23, 31:55] >= 0).all()
    assert (number[:, 58:] < 0).all()


def test_what_is_excluded_is_not_matched():
    mask = np.zeros((96, 128), bool)
    mask[31:50, 20:41] = True
    excluded = np.zeros_like(mask)
    excluded[:, 80:] = True
    for level in levels(mask, excluded):
        matching = prepare(level, 3)
        assert (matching.targets % level.width < level.width // 2).all()
