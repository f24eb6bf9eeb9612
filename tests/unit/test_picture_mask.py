"""The mask: the selection grown round, feathered outward, clipped, told exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from gimp_bridge.errors import NoSelection, SelectionOutside
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import (
    Mask,
    binarise,
    default_grow_px,
    prepare,
    removal_share,
    trim,
)

LAYER = Box(-50, -40, 400, 300)


def full(width, height):
    return np.full((height, width), 255, np.uint8)


def test_a_selection_neither_grown_nor_feathered_stays_as_it_is():
    coverage = np.array([[0, 0, 0, 0], [0, 40, 255, 0], [0, 7, 0, 0]], np.uint8)
    mask = prepare(coverage, Box(10, 20, 4, 3), LAYER, grow_px=0, feather_px=0)
    assert mask.box == Box(11, 21, 2, 2)
    assert mask.coverage.tolist() == [[40, 255], [7, 0]]


def test_a_point_grown_by_five_is_the_disc_of_radius_five():
    mask = prepare(full(1, 1), Box(100, 90, 1, 1), LAYER, grow_px=5, feather_px=0)
    rows, columns = np.mgrid[-5:6, -5:6]
    assert mask.box == Box(95, 85, 11, 11)
    assert np.array_equal(mask.coverage > 0, rows**2 + columns**2 <= 25)
    assert set(mask.coverage.ravel().tolist()) == {0, 255}


@given(st.integers(0, 2**32 - 1), st.floats(0, 9), st.integers(1, 30), st.integers(1, 30))
def test_growing_is_the_largest_coverage_within_the_euclidean_distance(seed, grow, width, height):
    rng = np.random.default_rng(seed)
    coverage = (rng.integers(1, 256, (height, width)) * (rng.random((height, width)) < 0.1)).astype(
        np.uint8
    )
    coverage[height // 2, width // 3] = 200
    box = Box(100, 100, width, height)
    mask = prepare(coverage, box, Box(0, 0, 300, 300), grow_px=grow, feather_px=0)
    wide = box.pad(10)
    expected = np.zeros((wide.height, wide.width), np.uint8)
    for row, column in zip(*np.nonzero(coverage), strict=True):
        alone = np.ones((wide.height, wide.width), bool)
        alone[row + 10, column + 10] = False
        reached = ndimage.distance_transform_edt(alone) <= grow
        expected[reached] = np.maximum(expected[reached], coverage[row, column])
    assert np.array_equal(mask.within(wide), expected)


def test_a_mask_wider_than_a_tile_grows_as_one():
    coverage = np.zeros((1100, 1200), np.uint8)
    coverage[505:520, 100:1150] = 255
    coverage[30:1080, 515:530] = 90
    box = Box(0, 0, 1200, 1100)
    mask = prepare(coverage, box, box, grow_px=6, feather_px=7)
    corner = Box(480, 470, 80, 80)
    alone = prepare(
        coverage[corner.pad(40).slices()], corner.pad(40), corner.pad(40), grow_px=6, feather_px=7
    )
    assert np.array_equal(mask.within(corner), alone.within(corner))


def test_a_soft_selection_keeps_its_softness_when_it_grows():
    ramp = np.array([[255, 200, 150, 100, 50]], np.uint8).repeat(41, axis=0)
    mask = prepare(ramp, Box(0, 0, 5, 41), LAYER, grow_px=3, feather_px=0)
    middle = mask.within(Box(0, 20, 9, 1))[0]
    assert middle.tolist() == [255, 255, 255, 255, 200, 150, 100, 50, 0]


def test_feathering_leaves_the_grown_selection_full_and_ends_a_feather_outside():
    mask = prepare(full(40, 40), Box(0, 0, 40, 40), LAYER, grow_px=2, feather_px=10)
    edge = mask.within(Box(30, 20, 30, 1))[0]
    assert np.all(mask.within(Box(-2, 5, 44, 30)) == 255)
    assert edge.tolist()[:12] == [255] * 12
    assert np.all(np.diff(edge[11:22].astype(int)) < 0)
    assert (int(edge[16]) + int(edge[17])) / 2 == pytest.approx(127.5, abs=1)
    assert np.all(edge[22:] == 0)


def test_feathering_does_not_fade_where_the_selection_ends_at_the_layers_edge():
    layer = Box(0, 0, 60, 50)
    mask = prepare(full(20, 50), Box(40, 0, 20, 50), layer, grow_px=0, feather_px=12)
    assert np.all(mask.within(Box(40, 0, 20, 50)) == 255)
    assert mask.box.right == 60
    assert mask.box.bottom == 50


def test_what_grows_out_of_the_layer_is_cut_off():
    mask = prepare(full(10, 10), Box(-55, 0, 10, 10), LAYER, grow_px=4, feather_px=0)
    assert mask.box == Box(-50, -4, 9, 18)


def test_a_selection_that_only_its_growth_brings_onto_the_layer_is_refused():
    with pytest.raises(SelectionOutside, match="outside the layer"):
        prepare(full(10, 10), Box(-60, 0, 10, 10), LAYER, grow_px=4, feather_px=0)


def test_bounds_that_meet_the_layer_without_coverage_there_are_refused():
    coverage = np.zeros((10, 40), np.uint8)
    coverage[:, :5] = 255
    with pytest.raises(SelectionOutside):
        prepare(coverage, Box(-70, 0, 40, 10), LAYER, grow_px=0, feather_px=0)


def test_nothing_selected_is_refused():
    with pytest.raises(NoSelection, match="Nothing is selected"):
        prepare(np.zeros((4, 4), np.uint8), Box(0, 0, 4, 4), LAYER, grow_px=3, feather_px=0)


def test_coverage_of_another_size_than_its_bounds_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="does not fill"):
        prepare(full(4, 5), Box(0, 0, 5, 4), LAYER, grow_px=0, feather_px=0)


def test_within_shifts_and_cuts_the_coverage():
    mask = Mask(Box(10, 20, 3, 2), np.array([[1, 2, 3], [4, 5, 6]], np.uint8))
    assert mask.within(Box(11, 19, 3, 3)).tolist() == [[0, 0, 0], [2, 3, 0], [5, 6, 0]]
    assert mask.within(Box(50, 50, 2, 1)).tolist() == [[0, 0]]


def test_trim_cuts_empty_rows_and_columns():
    coverage = np.zeros((6, 7), np.uint8)
    coverage[2, 3], coverage[4, 5] = 9, 8
    trimmed = trim(Mask(Box(100, 200, 7, 6), coverage))
    assert trimmed.box == Box(103, 202, 3, 3)
    assert trimmed.coverage.tolist() == [[9, 0, 0], [0, 0, 0], [0, 0, 8]]


def test_any_coverage_at_all_is_removed():
    assert binarise(np.array([[0, 1, 128, 255]], np.uint8)).tolist() == [[0, 255, 255, 255]]


def test_the_share_counts_every_covered_pixel_as_one():
    assert removal_share(np.array([[0, 1], [0, 255], [0, 0]], np.uint8)) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("selection", "layer", "grow_px"),
    [
        (Box(0, 0, 300, 300), Box(0, 0, 1000, 800), 6),
        (Box(0, 0, 300, 300), Box(0, 0, 6000, 4000), 10),
        (Box(0, 0, 300, 300), Box(0, 0, 100, 90), 2),
        (Box(0, 0, 300, 12), Box(0, 0, 6000, 4000), 3),
        (Box(0, 0, 1, 1), Box(0, 0, 6000, 4000), 2),
    ],
)
def test_the_default_growth_follows_the_layer_and_spares_small_selections(
    selection, layer, grow_px
):
    assert default_grow_px(selection, layer) == grow_px
