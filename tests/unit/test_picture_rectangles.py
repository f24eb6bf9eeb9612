"""A mask that is a few rectangles is told as those, exactly, or not at all."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.rectangles import as_rectangles


def painted(shape, boxes):
    coverage = np.zeros(shape, np.uint8)
    for box in boxes:
        coverage[box.slices()] = 255
    return coverage


def test_two_rectangles_apart_are_found_where_they_are():
    boxes = [Box(2, 1, 5, 3), Box(10, 6, 4, 2)]
    assert as_rectangles(painted((12, 20), boxes)) == boxes


def test_side_by_side_rectangles_of_different_height_are_told_apart():
    coverage = painted((10, 20), [Box(1, 2, 3, 6), Box(8, 4, 5, 2)])
    assert sorted(as_rectangles(coverage)) == [Box(1, 2, 3, 6), Box(8, 4, 5, 2)]


def test_a_selection_in_the_shape_of_an_l_is_two_rectangles():
    coverage = painted((10, 10), [Box(0, 0, 2, 8), Box(2, 5, 6, 3)])
    assert sorted(as_rectangles(coverage)) == [Box(0, 0, 2, 5), Box(0, 5, 8, 3)]


def test_the_whole_array_is_one_rectangle():
    assert as_rectangles(np.full((4, 3), 255, np.uint8)) == [Box(0, 0, 3, 4)]


def test_a_soft_pixel_makes_it_no_rectangle():
    coverage = painted((10, 10), [Box(1, 1, 5, 5)])
    coverage[3, 3] = 254
    assert as_rectangles(coverage) is None


def test_an_empty_mask_is_no_rectangles():
    assert as_rectangles(np.zeros((5, 5), np.uint8)) is None


def test_a_disc_is_not_rectangles():
    rows, columns = np.mgrid[-200:201, -200:201]
    assert as_rectangles(np.where(rows**2 + columns**2 <= 40000, 255, 0).astype(np.uint8)) is None


def test_fifty_rectangles_are_told_and_fifty_one_are_not():
    boxes = [Box(4 * column, 4 * row, 2, 2) for row in range(10) for column in range(5)]
    assert sorted(as_rectangles(painted((60, 60), boxes))) == sorted(boxes)
    assert as_rectangles(painted((60, 60), [*boxes, Box(40, 50, 2, 2)])) is None


@given(
    st.lists(
        st.builds(
            Box, st.integers(0, 30), st.integers(0, 20), st.integers(1, 9), st.integers(1, 9)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_rectangles_paint_back_the_mask_they_came_from_without_overlap(boxes):
    coverage = painted((30, 40), boxes)
    found = as_rectangles(coverage)
    assert found is not None
    assert np.array_equal(painted((30, 40), found), coverage)
    assert sum(box.area for box in found) == np.count_nonzero(coverage)
