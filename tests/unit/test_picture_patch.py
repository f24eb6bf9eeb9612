"""The patch: the answer fitted to its surroundings, and the layer that is sent back."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from gimp_bridge.picture.patch import compose, fit, fit_reduced
from gimp_bridge.picture.upload import scale_removal

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


def levels(fitted):
    """The fitted answer in levels of 255, where it was fitted."""
    picture = fitted.answer.astype(np.float32)
    for place, rgb in fitted.strips():
        picture[place.slices()] = rgb * 255
    return picture


def bias(picture, truth, where):
    return (picture[where].astype(np.float64) - truth[where]).mean(axis=0)


def test_an_answer_that_left_the_surroundings_alone_is_not_changed():
    truth, removal = scene(), ellipse()
    answer = np.where(removal[..., None] > 0, 255 - truth, truth)
    assert np.array_equal(np.rint(levels(fit(truth, answer, removal))).astype(np.uint8), answer)


def test_a_shift_with_a_gradient_is_removed_from_the_fill():
    truth, removal = scene(), ellipse()
    answer = np.rint(shifted(truth)).astype(np.uint8)
    fitted = levels(fit(truth, answer, removal, grain=False))
    hole = removal > 0
    assert np.abs(fitted[hole] - truth[hole]).mean() < 0.4
    assert np.abs(fitted[hole] - truth[hole]).max() < 1.5


def test_a_shifted_jpeg_meets_its_surroundings_without_a_step():
    truth, removal = scene(), ellipse()
    answer = jpeg(shifted(truth))
    fitted = levels(fit(truth, answer, removal))
    rim = (removal > 0) & (ellipse(high=64, wide=84) == 0)
    assert np.abs(bias(answer, truth, rim)).min() > 2
    assert np.abs(bias(fitted, truth, rim)).max() < 0.3


def test_a_leftover_on_the_ring_is_not_smeared_over_the_fill():
    truth, removal = scene(), ellipse()
    answer = shifted(truth)
    leftover = ellipse(150, 310, 40, 30) > 0
    answer[leftover & (removal == 0)] += 70
    fitted = levels(fit(truth, np.clip(np.rint(answer), 0, 255).astype(np.uint8), removal))
    assert np.abs(bias(fitted, truth, removal > 0)).max() < 0.5


def test_a_rim_that_was_repainted_around_the_whole_hole_is_not_taken_for_the_shift():
    truth, removal = scene(), ellipse()
    answer = shifted(truth)
    rim = (ellipse(high=76, wide=96) > 0) & (removal == 0)
    answer[rim] += (25, -30, 20)
    fitted = levels(fit(truth, np.clip(np.rint(answer), 0, 255).astype(np.uint8), removal))
    assert np.abs(bias(fitted, truth, removal > 0)).max() < 0.5


def test_each_of_two_holes_gets_the_shift_of_its_own_surroundings():
    truth = scene()
    removal = np.maximum(ellipse(90, 90, 40, 50), ellipse(220, 300, 50, 60))
    answer = truth + np.where(COLUMNS < 200, 7.0, -5.0)[..., None]
    fitted = levels(fit(truth, np.clip(answer, 0, 255).astype(np.uint8), removal))
    for side in (COLUMNS < 200, COLUMNS >= 200):
        assert np.abs(bias(fitted, truth, (removal > 0) & side)).max() < 0.5


def test_the_shift_is_found_for_a_hole_at_the_windows_corner():
    truth = scene()
    removal = np.zeros((HEIGHT, WIDTH), np.uint8)
    removal[:90, 300:] = 255
    answer = np.rint(shifted(truth)).astype(np.uint8)
    fitted = levels(fit(truth, answer, removal))
    assert np.abs(bias(fitted, truth, removal > 0)).max() < 0.3


def test_a_window_without_known_pixels_is_taken_as_it_came():
    truth = scene()
    answer = np.rint(shifted(truth)).astype(np.uint8)
    fitted = fit(truth, answer, np.full((HEIGHT, WIDTH), 255, np.uint8))
    assert np.array_equal(np.rint(levels(fitted)).astype(np.uint8), answer)


def test_a_mask_that_removes_nothing_changes_nothing():
    source = opaque(scene(), np.uint8, 255)
    fitted = fit(scene(), scene(2), np.zeros((HEIGHT, WIDTH), np.uint8))
    rgba, coverage = compose(source, fitted, np.zeros((HEIGHT, WIDTH), np.uint8))
    assert np.array_equal(rgba, source)
    assert not coverage.any()


def opaque(rgb, dtype, top):
    """A layer's pixels of the 8-bit picture ``rgb``, with an alpha that differs everywhere."""
    alpha = np.linspace(0, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1)
    return (np.dstack([rgb / 255, alpha]) * top).astype(dtype)


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_the_layer_is_what_was_read_outside_and_the_fill_inside(dtype, top):
    truth, removal = scene(), ellipse()
    source = opaque(truth, dtype, top)
    before = source.copy()
    answer = np.where(removal[..., None] > 0, 255 - truth, truth)
    soft = np.where(ellipse(high=60, wide=80) > 0, 255, removal // 200)
    rgba, coverage = compose(source, fit(truth, answer, removal), soft)
    hole = removal > 0
    assert rgba.dtype == dtype
    assert np.array_equal(coverage, soft)
    assert np.array_equal(rgba[~hole], before[~hole])
    assert np.array_equal(rgba[..., 3], before[..., 3])
    assert np.abs(rgba[hole][:, :3] / top - answer[hole] / 255).max() <= 0.51 / 255
    assert np.array_equal(source, before)


def test_only_the_part_of_the_fill_that_the_mask_serves_is_used():
    truth, removal = scene(), ellipse()
    source = opaque(truth, np.uint8, 255)
    served = removal.copy()
    served[:, :220] = 0
    rgba, _ = compose(source, fit(truth, 255 - truth, removal), served)
    assert np.array_equal(rgba[:, :220], source[:, :220])
    assert not np.array_equal(rgba[:, 220:], source[:, 220:])


def test_floats_beyond_the_range_stay_outside_the_hole():
    source = np.full((HEIGHT, WIDTH, 4), 4.5, np.float32)
    source[0, 0] = (-1.0, 2.0, 3.0, 0.25)
    grey = np.full((HEIGHT, WIDTH, 3), 51, np.uint8)
    rgba, _ = compose(source, fit(grey, grey, ellipse()), ellipse())
    assert rgba[0, 0].tolist() == [-1.0, 2.0, 3.0, 0.25]
    assert rgba[150, 220].tolist() == pytest.approx([0.2, 0.2, 0.2, 4.5])


def test_a_hole_taller_than_a_strip_is_fitted_without_a_break():
    rows, columns = np.mgrid[:900, :120]
    truth = np.stack([60 + rows / 8, 180 - rows / 9, 90 + columns / 2], axis=-1)
    removal = np.zeros((900, 120), np.uint8)
    removal[20:880, 30:90] = 255
    sent = np.rint(truth).astype(np.uint8)
    answer = np.clip(np.rint(truth + 5 + rows[..., None] / 150), 0, 255).astype(np.uint8)
    fitted = levels(fit(sent, answer, removal, grain=False))
    hole = removal > 0
    assert np.abs(fitted[hole] - truth[hole]).max() < 1.3
    inner = slice(30, 870), slice(40, 80)  # further in than the edge is corrected
    assert np.abs(np.diff(fitted[inner] - answer[inner], axis=0)).max() < 0.05


@pytest.mark.parametrize(("dtype", "top"), [(np.uint16, 65535), (np.float32, 1)])
def test_a_deep_layer_gets_a_smooth_fill_without_bands(dtype, top):
    ramp = np.stack([80 + COLUMNS / 40, 90 + ROWS / 32, 120 - COLUMNS / 50], axis=-1)
    removal = ellipse()
    banded = np.rint(ramp).astype(np.uint8)
    rgba, _ = compose(opaque(banded, dtype, top), fit(banded, banded, removal), removal)
    hole = removal > 0
    assert np.abs(banded[hole] - ramp[hole]).mean() > 0.2
    assert np.abs(rgba[hole][:, :3] / top * 255 - ramp[hole]).mean() < 0.04


def reduced(rgb):
    size = WIDTH * 5 // 8, HEIGHT * 5 // 8
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def test_a_reduced_answer_is_fitted_small_and_laid_in_at_full_size():
    smooth = np.rint(ndimage.gaussian_filter(scene(), (2, 2, 0))).astype(np.uint8)
    removal = ellipse()
    sent = reduced(smooth)
    small_removal = scale_removal(removal, (sent.shape[1], sent.shape[0]))
    gradient = (np.arange(sent.shape[1]) / sent.shape[1] * 3)[:, None]
    answer = jpeg(sent + np.array([6.0, -4.0, 3.0]) + gradient)
    fitted = fit_reduced(smooth, removal, sent, answer, small_removal)
    source = opaque(smooth, np.uint8, 255)
    rgba, _ = compose(source, fitted, removal)
    hole = removal > 0
    assert np.array_equal(rgba[~hole], source[~hole])
    assert np.abs(rgba[hole][:, :3].astype(int) - smooth[hole]).mean() < 1.0
    rim = hole & (ellipse(high=64, wide=84) == 0)
    assert np.abs(bias(rgba[..., :3], smooth, rim)).max() < 0.15


def test_a_reduced_answer_gets_the_grain_of_the_full_size():
    truth, removal = scene(), ellipse()
    noisy = np.clip(truth + np.random.default_rng(5).normal(0, 5, truth.shape), 0, 255)
    noisy = np.rint(noisy).astype(np.uint8)
    sent = reduced(noisy)
    small_removal = scale_removal(removal, (sent.shape[1], sent.shape[0]))
    answer = np.rint(ndimage.gaussian_filter(reduced(truth), (2, 2, 0))).astype(np.uint8)
    fitted = fit_reduced(noisy, removal, sent, answer, small_removal)
    rgba, _ = compose(opaque(noisy, np.uint8, 255), fitted, removal)
    fill, around = (part.astype(float) for part in (rgba[..., :3], noisy))
    inner, outer = ellipse(high=50, wide=70) > 0, ellipse(high=110, wide=130) == 0

    def roughness(picture, where):
        return (picture - ndimage.gaussian_filter(picture, (3, 3, 0)))[where].std()

    assert roughness(fill, inner) == pytest.approx(roughness(around, outer), rel=0.15)


@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.floats(0, 1),
    st.sampled_from([np.uint8, np.uint16, np.float32]),
    st.integers(0, 2**32 - 1),
)
def test_whatever_the_shape_only_covered_pixels_change(height, width, part, dtype, seed):
    rng = np.random.default_rng(seed)
    sent, answer = rng.integers(0, 256, (2, height, width, 3), np.uint8)
    removal = np.where(rng.random((height, width)) < part, 255, 0).astype(np.uint8)
    source = rng.integers(0, 256, (height, width, 4)).astype(dtype)
    rgba, coverage = compose(source, fit(sent, answer, removal), removal)
    assert np.array_equal(coverage, removal)
    assert np.array_equal(rgba[removal == 0], source[removal == 0])
    assert np.array_equal(rgba[..., 3], source[..., 3])


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_a_layer_without_alpha_gets_the_patch_of_an_opaque_one(dtype, top):
    truth, removal = scene(), ellipse()
    rgba = opaque(truth, dtype, top)
    rgba[..., 3] = top
    fitted = fit(truth, 255 - truth, removal)
    patch, _ = compose(np.ascontiguousarray(rgba[..., :3]), fitted, removal)
    assert np.array_equal(patch, compose(rgba, fitted, removal)[0])
