"""The patch: the answer fitted to its surroundings, and the layer that is sent back."""

import io

import numpy as np
import pytest
from PIL import Image

from gimp_bridge.picture.patch import compose, fit

HEIGHT, WIDTH = 320, 400
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]


def scene(seed=1):
    """A smooth picture, different everywhere, with a little noise."""
    smooth = np.stack(
        [
            120 + 60 * np.sin(COLUMNS / 60) + ROWS / 9,
            110 + 50 * np.cos(ROWS / 45) + COLUMNS / 12,
            100 + 40 * np.sin((COLUMNS + ROWS) / 80),
        ],
        axis=-1,
    )
    noise = np.random.default_rng(seed).normal(0, 1.5, smooth.shape)
    return np.clip(np.rint(smooth + noise), 0, 255).astype(np.uint8)


def ellipse(row=150, column=220, high=70, wide=90):
    inside = ((ROWS - row) / high) ** 2 + ((COLUMNS - column) / wide) ** 2 < 1
    return np.where(inside, 255, 0).astype(np.uint8)


def jpeg(rgb, quality=80):
    out = io.BytesIO()
    Image.fromarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8)).save(
        out, "JPEG", quality=quality
    )
    return np.asarray(Image.open(out).convert("RGB"))


def shifted(truth):
    """What a service does to a picture: a shift a channel and a slight gradient."""
    gradient = (COLUMNS / WIDTH * 3 - 1.5)[..., None]
    return truth + np.array([6.0, -4.0, 3.0]) + gradient


def bias(picture, truth, where):
    return (picture[where].astype(np.float64) - truth[where]).mean(axis=0)


def test_an_answer_that_left_the_surroundings_alone_is_not_changed():
    truth, removal = scene(), ellipse()
    answer = np.where(removal[..., None] > 0, 255 - truth, truth)
    assert np.array_equal(np.rint(fit(truth, answer, removal) * 255).astype(np.uint8), answer)


def test_a_shift_with_a_gradient_is_removed_from_the_fill():
    truth, removal = scene(), ellipse()
    answer = np.rint(shifted(truth)).astype(np.uint8)
    fitted = fit(truth, answer, removal, grain=False) * 255
    hole = removal > 0
    assert np.abs(fitted[hole] - truth[hole]).mean() < 0.4
    assert np.abs(fitted[hole] - truth[hole]).max() < 1.5


def test_a_shifted_jpeg_meets_its_surroundings_without_a_step():
    truth, removal = scene(), ellipse()
    answer = jpeg(shifted(truth))
    fitted = fit(truth, answer, removal) * 255
    rim = (removal > 0) & (ellipse(high=64, wide=84) == 0)
    assert np.abs(bias(answer, truth, rim)).min() > 2
    assert np.abs(bias(fitted, truth, rim)).max() < 0.3


def test_a_leftover_on_the_ring_is_not_smeared_over_the_fill():
    truth, removal = scene(), ellipse()
    answer = shifted(truth)
    leftover = ellipse(150, 310, 40, 30) > 0
    answer[leftover & (removal == 0)] += 70
    fitted = fit(truth, np.clip(np.rint(answer), 0, 255).astype(np.uint8), removal) * 255
    assert np.abs(bias(fitted, truth, removal > 0)).max() < 0.5


def test_the_shift_is_found_for_a_hole_at_the_windows_corner():
    truth = scene()
    removal = np.zeros((HEIGHT, WIDTH), np.uint8)
    removal[:90, 300:] = 255
    answer = np.rint(shifted(truth)).astype(np.uint8)
    fitted = fit(truth, answer, removal) * 255
    assert np.abs(bias(fitted, truth, removal > 0)).max() < 0.3


def test_a_window_without_known_pixels_is_taken_as_it_came():
    truth = scene()
    answer = np.rint(shifted(truth)).astype(np.uint8)
    fitted = fit(truth, answer, np.full((HEIGHT, WIDTH), 255, np.uint8))
    assert np.array_equal(np.rint(fitted * 255).astype(np.uint8), answer)


def test_a_mask_that_removes_nothing_changes_nothing():
    truth = scene()
    fitted = fit(truth, truth, np.zeros((HEIGHT, WIDTH), np.uint8))
    assert np.array_equal(np.rint(fitted * 255).astype(np.uint8), truth)


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_the_layer_is_what_was_read_outside_and_the_fill_inside(dtype, top):
    rng = np.random.default_rng(2)
    source = (rng.random((5, 7, 4)) * top).astype(dtype)
    before = source.copy()
    fitted = rng.random((5, 7, 3)).astype(np.float32)
    coverage = np.zeros((5, 7), np.uint8)
    coverage[1:3, 2:6] = 255
    coverage[3, 2:6] = 1
    rgba, mask = compose(source, fitted, coverage)
    hole = coverage > 0
    assert rgba.dtype == dtype
    assert np.array_equal(mask, coverage)
    assert np.array_equal(rgba[~hole], before[~hole])
    assert np.array_equal(rgba[..., 3], before[..., 3])
    assert np.abs(rgba[hole][:, :3] / top - fitted[hole]).max() <= 0.5 / top + 1e-6
    assert np.array_equal(source, before)


def test_floats_beyond_the_range_stay_outside_the_hole():
    source = np.full((3, 3, 4), 4.5, np.float32)
    source[0, 0] = (-1.0, 2.0, 3.0, 0.25)
    coverage = np.zeros((3, 3), np.uint8)
    coverage[1, 1] = 255
    rgba, _ = compose(source, np.full((3, 3, 3), 0.5, np.float32), coverage)
    assert rgba[0, 0].tolist() == [-1.0, 2.0, 3.0, 0.25]
    assert rgba[1, 1].tolist() == [0.5, 0.5, 0.5, 4.5]


def test_a_16_bit_layer_gets_more_than_256_levels():
    source = np.zeros((1, 1000, 4), np.uint16)
    ramp = np.linspace(0.2, 0.4, 1000, dtype=np.float32)[None, :, None].repeat(3, axis=-1)
    rgba, _ = compose(source, ramp, np.full((1, 1000), 255, np.uint8))
    assert len(np.unique(rgba[..., 0])) == 1000


def test_for_a_deep_layer_a_smooth_fill_has_no_bands():
    ramp = np.stack([80 + COLUMNS / 40, 90 + ROWS / 32, 120 - COLUMNS / 50], axis=-1)
    removal = ellipse()
    eight_bit = np.rint(ramp).astype(np.uint8)
    hole = removal > 0
    banded = fit(eight_bit, eight_bit, removal) * 255
    fitted = fit(eight_bit, eight_bit, removal, deep=True) * 255
    assert np.abs(banded[hole] - ramp[hole]).mean() > 0.2
    assert np.abs(fitted[hole] - ramp[hole]).mean() < 0.04
