"""Grain: what the surroundings have and the fill lacks, no more, and only where it is noise."""

import numpy as np
import pytest
from scipy import ndimage

from gimp_bridge.picture.depth import dequantise
from gimp_bridge.picture.grain import GrainRun, look_around, missing_grain
from gimp_bridge.picture.patch import fit

SIDE = 320
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
HOLE = ((ROWS - 150) / 80) ** 2 + ((COLUMNS - 170) / 90) ** 2 < 1
SMOOTH = np.stack(
    [90 + ROWS / 5, 140 + 30 * np.sin(COLUMNS / 70), 120 + COLUMNS / 8], axis=-1
).astype(np.float32)


def noise(level, seed=0, blur_px=0.0):
    """Noise of ``level`` in each channel, grey and coloured in equal parts, correlated or not."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((SIDE, SIDE, 3)) + rng.standard_normal((SIDE, SIDE, 1))
    if blur_px:
        white = ndimage.gaussian_filter(white, (blur_px, blur_px, 0), mode="wrap")
    return (white / white.std() * level).astype(np.float32)


def to_8_bit(levels):
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def missing(sent, fill):
    """The grain added to ``fill`` in the hole, strip by strip, or None where none is missing."""
    grain = missing_grain(look_around(sent, ~HOLE), fill, HOLE)
    if grain is None:
        return None
    run = GrainRun(grain, SIDE)
    grained = np.concatenate([run.add(fill[top : top + 100]) for top in range(0, SIDE, 100)])
    return np.where(HOLE[..., None], grained - fill, 0)


def roughness(picture, where=HOLE):
    """The deviation from a smooth surface inside ``where``."""
    detail = picture - ndimage.gaussian_filter(picture, (4, 4, 0))
    return float(detail[ndimage.binary_erosion(where, iterations=6)].std())


@pytest.mark.parametrize("blur_px", [0.0, 0.8, 1.5])
@pytest.mark.parametrize("level", [2.0, 6.0])
def test_a_smooth_fill_gets_the_grain_of_its_surroundings(level, blur_px):
    truth = SMOOTH + noise(level, blur_px=blur_px)
    grain = missing(to_8_bit(truth), SMOOTH)
    assert roughness(SMOOTH + grain) == pytest.approx(roughness(truth), rel=0.12)


@pytest.mark.parametrize("blur_px", [0.0, 1.2])
def test_the_grain_is_as_coarse_as_that_of_the_surroundings(blur_px):
    truth = SMOOTH + noise(5.0, blur_px=blur_px)
    grain = missing(to_8_bit(truth), SMOOTH)

    def neighbours(values):
        grey = values.mean(axis=-1)
        here, right = grey[100:200, 120:220].ravel(), grey[100:200, 121:221].ravel()
        return np.corrcoef(here, right)[0, 1]

    assert neighbours(grain) == pytest.approx(neighbours(truth - SMOOTH), abs=0.1)


def test_the_grain_is_as_colourful_as_that_of_the_surroundings():
    grey_noise = noise(4.0)[..., :1].repeat(3, axis=-1)
    grain = missing(to_8_bit(SMOOTH + grey_noise), SMOOTH)
    assert np.ptp(grain[HOLE], axis=-1).mean() < 0.25 * np.abs(grain[HOLE]).mean()


def test_dark_parts_get_the_grain_of_dark_parts():
    smooth = np.where(COLUMNS[..., None] < 170, 60, 190) + np.zeros((1, 1, 3), np.float32)
    level = np.where(COLUMNS[..., None] < 170, 4.0, 2.2)
    truth = smooth + noise(1.0) * level
    grain = missing(to_8_bit(truth), smooth.astype(np.float32))
    dark, bright = HOLE & (COLUMNS < 160), HOLE & (COLUMNS > 180)
    assert grain[dark].std() == pytest.approx(4.0, rel=0.15)
    assert grain[bright].std() == pytest.approx(2.2, rel=0.15)


def test_only_what_is_lacking_is_added():
    truth = SMOOTH + noise(5.0)
    half = SMOOTH + noise(2.5, seed=9)
    grain = missing(to_8_bit(truth), half)
    assert roughness(half + grain) == pytest.approx(roughness(truth), rel=0.1)


def test_a_fill_with_grain_of_its_own_gets_none():
    assert missing(to_8_bit(SMOOTH + noise(5.0)), SMOOTH + noise(5.0, seed=4)) is None


def test_a_fill_copied_from_real_pixels_is_not_changed():
    sent = to_8_bit(SMOOTH + noise(4.0))
    answer = np.where(HOLE[..., None], np.roll(sent, (150, 90), axis=(0, 1)), sent)
    removal = np.where(HOLE, 255, 0).astype(np.uint8)
    fitted = fit(sent, answer, removal)
    assert (fitted.shift, fitted.grain) == (None, None)


def test_flat_art_gets_none():
    art = np.where((ROWS // 40 + COLUMNS // 56) % 2, 210, 40)[..., None].repeat(3, axis=-1)
    art = art.astype(np.uint8)
    assert missing(art, np.full(art.shape, 200, np.float32)) is None


def test_a_gradient_without_noise_gets_none():
    assert missing(to_8_bit(SMOOTH), SMOOTH) is None


def test_texture_all_around_is_not_taken_for_noise():
    waves = 25 * np.sin(ROWS / 1.1) * np.sin(COLUMNS / 1.3) * (1.2 + np.sin(ROWS / 37.0))
    calm = (COLUMNS > 290)[..., None]
    truth = SMOOTH + np.where(calm, 0, waves[..., None]) + noise(1.0)
    grain = missing(to_8_bit(truth), SMOOTH)
    assert grain is None or grain[HOLE].std() < 3


@pytest.mark.parametrize("period_px", [2, 3, 7])
def test_a_regular_pattern_is_not_taken_for_noise(period_px):
    weave = 40 * ((COLUMNS % period_px == 0) ^ (ROWS % period_px == 0))
    truth = to_8_bit(SMOOTH + weave[..., None])
    assert missing(truth, SMOOTH) is None
    spot = np.hypot(ROWS - 100, COLUMNS - 200) < 12
    assert missing_grain(look_around(truth, ~spot), to_8_bit(SMOOTH), spot) is None


def test_coarse_noise_is_not_taken_for_a_pattern():
    assert missing(to_8_bit(SMOOTH + noise(5.0, blur_px=2.0)), SMOOTH) is not None


@pytest.mark.parametrize("radius_px", [5, 12, 20])
def test_a_spot_smaller_than_tiles_gets_the_grain_of_its_surroundings(radius_px):
    spot = np.hypot(ROWS - 100, COLUMNS - 200) < radius_px
    truth = SMOOTH + noise(5.0)
    answer = np.where(spot[..., None], SMOOTH, truth)
    grain = missing_grain(look_around(to_8_bit(truth), ~spot), to_8_bit(answer), spot)
    added = GrainRun(grain, SIDE).add(SMOOTH) - SMOOTH
    assert added[90:110, 190:210].std() == pytest.approx(5.0, rel=0.2)


def test_a_spot_with_grain_of_its_own_gets_none():
    spot = np.hypot(ROWS - 100, COLUMNS - 200) < 12
    answer = np.where(spot[..., None], SMOOTH + noise(5.0, seed=4), SMOOTH + noise(5.0))
    assert (
        missing_grain(look_around(to_8_bit(SMOOTH + noise(5.0)), ~spot), to_8_bit(answer), spot)
        is None
    )


def test_a_spot_of_a_few_pixels_tells_nothing_and_gets_none():
    spot = (np.abs(ROWS - 100) < 2) & (np.abs(COLUMNS - 200) < 2)
    assert (
        missing_grain(look_around(to_8_bit(SMOOTH + noise(5.0)), ~spot), to_8_bit(SMOOTH), spot)
        is None
    )


def test_the_same_input_gives_the_same_grain():
    sent = to_8_bit(SMOOTH + noise(5.0))
    first, second = (missing(sent, SMOOTH.copy()) for _ in range(2))
    assert np.array_equal(first, second)


def test_grain_goes_on_from_strip_to_strip():
    grain = missing(to_8_bit(SMOOTH + noise(6.0, blur_px=1.5)), SMOOTH)
    inner = grain[:, 130:210].mean(axis=-1)

    def alike(row):
        return np.corrcoef(inner[row - 1], inner[row])[0, 1]

    assert alike(100) > 0.4
    assert alike(200) > 0.4


def test_the_option_turns_it_off():
    sent = to_8_bit(SMOOTH + noise(5.0))
    answer = np.where(HOLE[..., None], to_8_bit(SMOOTH), sent)
    removal = np.where(HOLE, 255, 0).astype(np.uint8)
    assert fit(sent, answer, removal, grain=False).grain is None
    assert fit(sent, answer, removal).grain is not None


def test_dequantised_levels_round_to_what_they_came_from():
    rgb = to_8_bit(SMOOTH + noise(3.0))
    assert np.array_equal(np.rint(dequantise(rgb)).astype(np.uint8), rgb)
