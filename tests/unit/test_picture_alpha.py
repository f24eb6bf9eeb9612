"""Transparency repaired like a colour: from the surroundings, exactly, in every precision."""

from __future__ import annotations

import numpy as np
import pytest

from gimp_bridge.picture.alpha import is_opaque, mix, needs_copy, repair_alpha


def never(_picture, _removal):
    raise AssertionError("the engine was asked")


def window(shape, object_box, hole, dtype=np.uint8, full=255):
    pixels = np.zeros((100, 120, 4), dtype)
    pixels[shape] = full
    for rows, columns in (object_box,):
        pixels[rows, columns] = full
    removal = np.zeros((100, 120), np.uint8)
    removal[hole] = 255
    return pixels, removal


DOWN, ACROSS = np.mgrid[:100, :120]
OBJECT = (slice(45, 70), slice(50, 62))
HOLES = {
    "that ends at the edge": (slice(42, 60), slice(48, 64)),
    "that goes beyond the edge": (slice(42, 74), slice(46, 66)),
    "that is larger than the object": (slice(30, 75), slice(40, 70)),
}


@pytest.mark.parametrize(("dtype", "full"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
@pytest.mark.parametrize("hole", HOLES)
def test_the_edge_of_a_shape_goes_straight_through_the_hole(hole, dtype, full):
    pixels, removal = window(DOWN >= 60, OBJECT, HOLES[hole], dtype, full)
    alpha = repair_alpha(pixels, removal, never)
    assert np.array_equal(alpha, np.where(DOWN >= 60, full, 0))


def test_a_slanting_edge_goes_on_slanting():
    pixels, removal = window(2 * DOWN > ACROSS + 40, OBJECT, (slice(40, 72), slice(46, 66)))
    alpha = repair_alpha(pixels, removal, never)
    assert np.count_nonzero((alpha > 0) != (2 * DOWN > ACROSS + 40)) <= 12


def test_a_soft_edge_stays_soft():
    soft = np.clip((DOWN - 56) * 25, 0, 255)
    pixels, removal = window(DOWN >= 90, OBJECT, (slice(42, 74), slice(46, 66)))
    pixels[..., 3] = np.where(removal > 0, 255, soft)
    alpha = repair_alpha(pixels, removal, never).astype(int)
    assert np.abs(alpha - soft)[removal > 0].max() <= 25
    assert set(np.unique(alpha)) <= set(np.unique(soft))


@pytest.mark.parametrize("value", [0, 77, 255])
def test_alike_all_around_is_alike_in_the_hole(value):
    pixels, removal = window(DOWN < 0, OBJECT, HOLES["that is larger than the object"])
    pixels[..., 3] = np.where(removal > 0, pixels[..., 3], value)
    assert (repair_alpha(pixels, removal, never) == value).all()


def test_each_part_has_its_own_surroundings():
    pixels, removal = window(DOWN >= 60, OBJECT, (slice(10, 20), slice(10, 20)))
    removal[80:90, 80:90] = 255
    pixels[10:20, 10:20], pixels[80:90, 80:90, 3] = 200, 9
    alpha = repair_alpha(pixels, removal, never)
    assert [alpha[15, 15], alpha[85, 85]] == [0, 255]


def test_a_texture_is_the_engines():
    pixels, removal = window(DOWN < 0, OBJECT, HOLES["that is larger than the object"])
    pixels[..., 3] = np.random.default_rng(3).integers(0, 255, (100, 120))
    asked = []
    repair_alpha(pixels, removal, lambda picture, hole: asked.append(hole) or picture)
    assert len(asked) == 1


def test_opaque_where_it_matters_needs_nothing():
    pixels, removal = window(DOWN >= 20, OBJECT, (slice(40, 50), slice(40, 50)))
    assert is_opaque(pixels, removal)
    assert not is_opaque(pixels, np.roll(removal, -20, axis=0))
    assert is_opaque(pixels[..., :3], removal)


def test_a_copy_is_needed_where_something_must_become_less():
    below, repair = np.full((1, 4, 4), 255, np.uint8), np.full((1, 4, 4), 255, np.uint8)
    below[0, :, 3], repair[0, :, 3] = (0, 255, 255, 128), (100, 255, 100, 255)
    needed = [needs_copy(below, repair, np.eye(1, 4, place, dtype=np.uint8)) for place in range(4)]
    assert needed == [False, False, True, False]


def test_a_soft_mask_mixes_colours_by_their_alpha():
    below = np.array([[[200, 0, 0, 255], [9, 9, 9, 9], [1, 2, 3, 4]]], np.uint8)
    repair = np.array([[[0, 90, 0, 0], [5, 6, 7, 8], [8, 8, 8, 8]]], np.uint8)
    mixed = mix(below, repair, np.array([[51, 255, 0]], np.uint8))
    assert mixed.tolist() == [[[200, 0, 0, 204], [5, 6, 7, 8], [1, 2, 3, 4]]]
