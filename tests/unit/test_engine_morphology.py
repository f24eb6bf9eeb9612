"""Our distances and numbered parts are SciPy's, which is not among what users install."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from gimp_bridge.engine.morphology import FARTHEST, bounds, distance, label

SIDES = st.integers(1, 40)
SEEDS = st.integers(0, 2**32 - 1)
SHARES = st.sampled_from([0.003, 0.05, 0.3, 0.6, 1])
SQUARE = np.ones((3, 3), int)


def plane(seed, height, width, share):
    return (np.random.default_rng(seed).random((height, width)) < share).astype(np.uint8)


@given(SEEDS, SIDES, SIDES, SHARES)
def test_distance_is_the_chessboard_transform(seed, height, width, share):
    given_plane = plane(seed, height, width, share)
    expected = np.full((height, width), FARTHEST)
    if given_plane.any():
        expected = ndimage.distance_transform_cdt(given_plane == 0, "chessboard")
    assert np.array_equal(distance(given_plane), expected)


@given(SEEDS, SIDES, SIDES, SHARES, st.integers(0, 15))
def test_pixels_within_a_distance_are_the_maximum_filters(seed, height, width, share, reach):
    given_plane = plane(seed, height, width, share)
    expected = ndimage.maximum_filter(given_plane, 2 * reach + 1, mode="constant") > 0
    assert np.array_equal(distance(given_plane) <= reach, expected)


@given(SEEDS, SIDES, SIDES, SHARES)
def test_label_numbers_the_parts_as_scipy_does(seed, height, width, share):
    given_plane = plane(seed, height, width, share)
    labels, count = label(given_plane)
    expected, number = ndimage.label(given_plane, SQUARE)
    assert np.array_equal(labels, expected)
    assert count == number


def test_arms_of_a_spiral_are_one_part():
    rows, columns = np.mgrid[-50:51, -50:51]
    turn = (np.hypot(rows, columns) + 4 * np.arctan2(rows, columns) / np.pi) % 8
    spiral = (turn < 3).astype(np.uint8)
    assert np.array_equal(label(spiral)[0], ndimage.label(spiral, SQUARE)[0])


@given(SEEDS, SIDES, SIDES, SHARES)
def test_bounds_are_those_of_each_part(seed, height, width, share):
    given_plane = plane(seed, height, width, share)
    labels, count = label(given_plane)
    expected = [
        (rows.start, rows.stop, columns.start, columns.stop, np.count_nonzero(labels == number))
        for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1)
    ]
    assert bounds(labels, given_plane, count).tolist() == [list(each) for each in expected]
