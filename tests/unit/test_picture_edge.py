"""The fill's outermost pixels: they go on from what is known, as far as that tells of them."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from gimp_bridge.picture.edge import DEPTH_PX, Edge, find_rings
from gimp_bridge.picture.patch import fit

HEIGHT, WIDTH = 300, 380
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]
HOLE = ((ROWS - 140) / 75) ** 2 + ((COLUMNS - 200) / 95) ** 2 < 1
REMOVAL = np.where(HOLE, 255, 0).astype(np.uint8)
SMOOTH = np.stack([95 + ROWS / 5, 120 + COLUMNS / 8, 160 - ROWS / 6], axis=-1)


def noise(seed, level, blur_px=0.0):
    white = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH, 3))
    if blur_px:
        white = ndimage.gaussian_filter(white, (blur_px, blur_px, 0), mode="wrap")
    return white / white.std() * level


def to_8_bit(levels):
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def colourful():
    """Patches of colour, softly bounded, with some noise: hard for a JPEG's halved colours."""
    cells = np.random.default_rng(3).uniform(40, 215, (60, 76, 3)).repeat(5, 0).repeat(5, 1)
    return to_8_bit(ndimage.gaussian_filter(cells, (1.2, 1.2, 0)) + noise(4, 2.0))


def jpeg(rgb):
    out = io.BytesIO()
    Image.fromarray(to_8_bit(rgb)).save(out, "JPEG", quality=80)
    return np.asarray(Image.open(out).convert("RGB"))


def fitted(sent, answer, *, grain=False):
    picture = sent.astype(np.float64)
    for place, rgb in fit(sent, answer, REMOVAL, grain=grain).strips():
        hole = HOLE[place.slices()]
        picture[place.slices()][hole] = 255 * rgb[hole]
    return picture


def step(picture, truth):
    """Mean difference of neighbours across the edge beyond the truth's own, in levels."""
    beyond = []
    for axis in (0, 1):
        edge = np.diff(HOLE.astype(int), axis=axis) != 0
        ours, true = (np.abs(np.diff(p.astype(float), axis=axis)[edge]) for p in (picture, truth))
        beyond.append(ours - true)
    return float(np.concatenate(beyond).mean())


def test_a_shifted_jpeg_joins_more_closely_than_an_unshifted_one_that_is_pasted():
    truth = colourful()
    answer = jpeg(truth + np.array([9.0, -8.0, 7.0]) + 3 * COLUMNS[..., None] / WIDTH - 1.5)
    pasted = np.where(HOLE[..., None], answer, truth)
    unshifted = np.where(HOLE[..., None], jpeg(truth), truth)
    assert step(pasted, truth) > 2
    assert step(unshifted, truth) > 0.4
    assert step(fitted(truth, answer), truth) < 0.25
    assert (
        np.abs(fitted(truth, answer) - truth)[HOLE].mean()
        < 1.05 * np.abs(unshifted - truth.astype(float))[HOLE].mean()
    )


def test_errors_that_are_alike_in_neighbours_are_continued_into_the_first_pixels():
    sent, errors = to_8_bit(SMOOTH), noise(1, 4.0, blur_px=2.5)
    left = fitted(sent, to_8_bit(SMOOTH + errors)) - sent
    rim = HOLE & ~ndimage.binary_erosion(HOLE, iterations=1)
    middle = ndimage.binary_erosion(HOLE, iterations=DEPTH_PX + 4)
    assert left[rim].std() < 0.6 * errors[rim].std()
    assert left[middle].std() == pytest.approx(errors[middle].std(), rel=0.1)


def test_errors_unlike_their_neighbours_are_left_alone():
    sent = to_8_bit(SMOOTH)
    edge = fit(sent, to_8_bit(SMOOTH + noise(1, 4.0)), REMOVAL, grain=False).edge
    assert np.abs(edge.values).mean() < 0.15


def test_what_is_left_of_the_object_beside_the_hole_is_not_drawn_into_the_fill():
    sent = to_8_bit(SMOOTH + noise(1, 2.0, blur_px=1.5))
    answer = to_8_bit(SMOOTH)
    leftover = (np.hypot(ROWS - 140, COLUMNS - 295) < 14) & ~HOLE
    with_leftover = answer.copy()
    with_leftover[leftover] -= 60
    one, other = fitted(sent, answer), fitted(sent, with_leftover)
    beside = HOLE & (np.hypot(ROWS - 140, COLUMNS - 295) < 14)
    assert np.abs((other - one)[beside].mean()) < 0.5
    assert np.abs(other - one)[HOLE].max() < 6  # of 60: what stays away is the noise foretold


def test_an_answer_that_left_the_surroundings_alone_has_no_edge():
    sent = to_8_bit(SMOOTH)
    answer = np.where(HOLE[..., None], to_8_bit(SMOOTH + noise(1, 4.0, 2.5)), sent)
    assert fit(sent, answer, REMOVAL).edge is None


@pytest.mark.parametrize(("end", "shift"), [(255, 6.0), (0, -6.0)])
def test_tones_cut_off_at_the_end_come_back_as_they_were(end, shift):
    # Half of the spots lie so near to the end that the shift is cut off there.
    spots = (ROWS // 3 + COLUMNS // 3) % 2 > 0
    truth = np.where(spots, abs(end - 1), abs(end - 60))[..., None].repeat(3, -1)
    truth = to_8_bit(truth + np.random.default_rng(1).uniform(-0.5, 0.5, truth.shape))
    repaired = fitted(truth, to_8_bit(truth + shift))
    for part in (HOLE & spots, HOLE & ~spots):
        assert np.abs(repaired - truth)[part].mean() < 0.6


def test_added_grain_goes_on_from_that_of_the_surroundings():
    grain = noise(5, 6.0, blur_px=0.8)
    truth = to_8_bit(SMOOTH + grain)
    repaired = fitted(truth, to_8_bit(SMOOTH), grain=True)
    smooth_grain = repaired - SMOOTH
    assert smooth_grain[HOLE].std() == pytest.approx(6.0, rel=0.12)

    def alike(values):
        across = np.diff(HOLE.astype(int), axis=1) != 0
        return np.corrcoef(values[:, 1:][across].ravel(), values[:, :-1][across].ravel())[0, 1]

    assert alike(grain) > 0.6
    assert alike(smooth_grain) > 0.7 * alike(grain)


def test_rings_are_one_pixel_wide_and_follow_each_other():
    hole = np.zeros((5, 9), bool)
    hole[2, 3:6] = True
    rings = find_rings(hole)
    picture = np.zeros(45, int)
    for number, places in enumerate(rings.outward[:2], start=1):
        picture[places] = number
    picture[rings.inward[0]] = 9
    assert picture.reshape(5, 9).tolist() == [
        [0, 2, 2, 2, 2, 2, 2, 2, 0],
        [0, 2, 1, 1, 1, 1, 1, 2, 0],
        [0, 2, 1, 9, 9, 9, 1, 2, 0],
        [0, 2, 1, 1, 1, 1, 1, 2, 0],
        [0, 2, 2, 2, 2, 2, 2, 2, 0],
    ]
    assert [len(each) for each in rings.inward[1:]] == [0] * 7


def test_strips_together_get_each_correction_once():
    places = np.array([1, 6, 7, 22])
    edge = Edge(places, np.arange(12, dtype=np.float32).reshape(4, 3))
    whole = np.zeros((6, 4, 3), np.float32)
    edge.add_to(whole, 0)
    strips = [np.zeros((rows, 4, 3), np.float32) for rows in (1, 3, 2)]
    for strip, first_row in zip(strips, (0, 1, 4), strict=True):
        edge.add_to(strip, first_row)
    assert np.array_equal(np.concatenate(strips), whole)
    assert np.flatnonzero(whole.reshape(-1, 3).any(-1)).tolist() == [1, 6, 7, 22]
    assert whole[1, 2].tolist() == [3, 4, 5]
