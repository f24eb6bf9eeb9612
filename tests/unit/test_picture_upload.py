"""What is sent: 8-bit sRGB, nothing hidden in it, scaled with its mask where it must be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.upload import (
    as_uint8,
    enlarge,
    scale_picture,
    scale_removal,
    to_srgb8,
    veil,
    with_alpha,
)


def quadrants(height=40, width=60, dtype=np.uint8, top=255):
    """Four colours, one a quadrant, opaque."""
    rgba = np.zeros((height, width, 4), np.float64)
    rgba[: height // 2, : width // 2] = (1.0, 0.2, 0.0, 1)
    rgba[: height // 2, width // 2 :] = (0.0, 0.8, 0.2, 1)
    rgba[height // 2 :, : width // 2] = (0.2, 0.0, 1.0, 1)
    rgba[height // 2 :, width // 2 :] = (0.8, 0.6, 0.4, 1)
    return (rgba * top).astype(dtype)


def test_opaque_8_bit_pixels_are_sent_as_they_are():
    rgba = quadrants()
    rgb = to_srgb8(rgba)
    assert np.array_equal(rgb, rgba[..., :3])
    assert not np.shares_memory(rgb, rgba)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_layer_without_alpha_is_as_one_that_is_opaque(dtype):
    top = 1 if dtype is np.float32 else np.iinfo(dtype).max
    rgba = quadrants(dtype=dtype, top=top)
    rgb = np.ascontiguousarray(rgba[..., :3])
    assert np.array_equal(to_srgb8(rgb), to_srgb8(rgba))
    assert np.array_equal(with_alpha(rgb), rgba)
    shown = np.full(rgb.shape[:2], 51, np.uint8)
    assert np.array_equal(veil(rgb, shown), veil(rgba, shown))
    for given_pixels in (rgb, rgba):
        assert not np.shares_memory(with_alpha(given_pixels), given_pixels)


def test_every_16_bit_value_is_rounded_to_the_nearest_8_bit_one():
    values = np.arange(65536, dtype=np.uint16)
    assert np.array_equal(as_uint8(values), np.rint(values / 65535 * 255).astype(np.uint8))


def test_floats_are_rounded_and_what_is_out_of_range_or_no_number_is_bounded():
    values = np.array([0.0, 1.0, 0.5, 1 / 255, -3.0, 7.5, np.nan, np.inf, -np.inf], np.float32)
    assert as_uint8(values).tolist() == [0, 255, 128, 1, 0, 255, 0, 255, 0]


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_no_hidden_colour_is_sent(dtype, top):
    rgba = quadrants(dtype=dtype, top=top)
    secret = rgba.copy()
    rgba[10:30, 20:50, 3] = 0
    secret[10:30, 20:50] = np.random.default_rng(5).random((20, 30, 4)) * top
    secret[..., 3] = rgba[..., 3]
    assert np.array_equal(to_srgb8(rgba), to_srgb8(secret))


def test_alpha_that_rounds_to_nothing_hides_its_colour_too():
    rgba = np.full((9, 9, 4), (0.2, 0.4, 0.6, 1.0), np.float32)
    rgba[4, 4] = (1.0, 0.0, 0.0, 0.4 / 255)
    assert to_srgb8(rgba)[4, 4].tolist() == [51, 102, 153]


def test_hidden_pixels_take_the_colour_of_their_nearest_visible_side():
    rgba = quadrants(40, 60)
    rgba[12:28, 18:42, 3] = 0
    rgba[12:28, 18:42, :3] = 77
    rgb = to_srgb8(rgba).astype(int)
    for row, column in [(12, 18), (12, 41), (27, 18), (27, 41)]:
        assert np.abs(rgb[row, column] - rgba[row, column // 30 * 59, :3]).max() < 60
    assert not np.any(np.all(rgb == 77, axis=-1))


def test_hidden_pixels_take_nothing_from_the_object_that_is_to_go():
    rgba = np.full((60, 80, 4), (30, 90, 60, 255), np.uint8)
    removal = np.zeros((60, 80), np.uint8)
    rgba[20:40, 30:50, :3], removal[20:40, 30:50] = (250, 0, 250), 255
    rgba[10:50, 50:70, 3] = 0
    rgb = to_srgb8(rgba, removal)
    assert np.all(rgb[10:50, 50:70] == (30, 90, 60))
    assert np.all(rgb[20:40, 30:50] == (250, 0, 250))


def test_an_object_with_nothing_visible_around_it_is_never_sent():
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[5:9, 6:12] = 255
    removal = rgba[..., 3].copy()
    assert not to_srgb8(rgba, removal).any()


def test_a_half_transparent_pixel_is_sent_with_its_own_colour():
    rgba = quadrants()
    rgba[5, 7] = (9, 99, 199, 128)
    assert to_srgb8(rgba)[5, 7].tolist() == [9, 99, 199]


def test_colours_made_up_stay_within_the_range_of_the_visible_ones():
    rng = np.random.default_rng(3)
    rgba = rng.integers(90, 140, (37, 53, 4), np.uint8)
    rgba[..., 3] = np.where(rng.random((37, 53)) < 0.9, 0, 255)
    rgb = to_srgb8(rgba)
    visible = rgba[rgba[..., 3] > 0][:, :3]
    assert rgb.min() >= visible.min()
    assert rgb.max() <= visible.max()


def test_a_window_without_one_visible_pixel_is_black():
    assert not to_srgb8(np.zeros((8, 8, 4), np.uint8)).any()


def test_scaling_keeps_each_quadrant_in_its_place():
    small = scale_picture(quadrants()[..., :3].copy(), (30, 20))
    assert small.shape == (20, 30, 3)
    assert small[3, 4].tolist() == [255, 51, 0]
    assert small[3, 25].tolist() == [0, 204, 51]
    assert small[16, 4].tolist() == [51, 0, 255]
    assert small[16, 25].tolist() == [204, 153, 102]


def test_at_full_size_the_mask_that_is_sent_is_the_binarised_one():
    assert scale_removal(np.array([[0, 3, 255]], np.uint8), (3, 1)).tolist() == [[0, 255, 255]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 60), st.floats(0.05, 1))
def test_no_covered_pixel_is_lost_when_the_mask_is_scaled_down(seed, width, height, scale):
    coverage = np.zeros((height, width), np.uint8)
    rng = np.random.default_rng(seed)
    row, column = int(rng.integers(height)), int(rng.integers(width))
    coverage[row, column] = 1
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    sent = scale_removal(coverage, size)
    assert sent.shape == (size[1], size[0])
    row_sent = int((row + 0.5) * size[1] / height)
    column_sent = int((column + 0.5) * size[0] / width)
    assert sent[row_sent, column_sent] == 255
    assert np.count_nonzero(sent) <= 4


def test_parts_enlarged_one_by_one_are_what_the_whole_would_be():
    small = np.random.default_rng(1).integers(0, 256, (40, 30, 3), np.uint8)
    whole = enlarge(small, (71, 93), Box(0, 0, 71, 93))
    assert whole.shape == (93, 71, 3)
    for part in (Box(0, 0, 71, 10), Box(5, 30, 60, 33), Box(70, 92, 1, 1), Box(0, 60, 71, 33)):
        apart = enlarge(small, (71, 93), part).astype(int)
        assert np.abs(apart - whole[part.slices()]).max() <= 1
