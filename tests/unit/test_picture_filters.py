"""Our filters and our solver give what scipy's give, which users need not install."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from gimp_bridge.picture.filters import blur, fast_length, running_max, running_mean
from gimp_bridge.picture.membrane import solve_membrane

SIDES = st.integers(1, 40)
SEEDS = st.integers(0, 2**32 - 1)
AXES = st.sampled_from([0, 1])


@given(SEEDS, SIDES, SIDES, st.integers(0, 60), AXES)
def test_running_max_is_the_maximum_filter(seed, height, width, reach, axis):
    values = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    expected = ndimage.maximum_filter1d(values, 2 * reach + 1, axis, mode="constant")
    assert np.array_equal(running_max(values, reach, axis), expected)


@given(SEEDS, SIDES, SIDES, st.integers(0, 40), AXES)
def test_running_mean_is_the_uniform_filter(seed, height, width, reach, axis):
    values = np.random.default_rng(seed).random((height, width, 3), np.float32) * 255
    expected = ndimage.uniform_filter1d(values, 2 * reach + 1, axis)
    assert np.abs(running_mean(values, 2 * reach + 1, axis) - expected).max() < 1e-3


@given(SEEDS, SIDES, SIDES, st.floats(0.3, 12), st.integers(0, 30))
def test_blur_is_the_gaussian_filter(seed, height, width, sigma, radius):
    values = np.random.default_rng(seed).random((height, width), np.float32) * 255
    expected = ndimage.gaussian_filter(values, sigma, mode="nearest", radius=radius)
    assert np.abs(blur(values, sigma, radius) - expected).max() < 1e-3


def laplacian(wanted):
    """The graph Laplacian of the cells, (cells, cells)."""
    number = np.arange(wanted.size).reshape(wanted.shape)
    ties = [
        *zip(number[:, :-1][wanted[:, :-1] & wanted[:, 1:]].tolist(),
             number[:, 1:][wanted[:, :-1] & wanted[:, 1:]].tolist(), strict=True),
        *zip(number[:-1][wanted[:-1] & wanted[1:]].tolist(),
             number[1:][wanted[:-1] & wanted[1:]].tolist(), strict=True),
    ]  # fmt: skip
    matrix = sparse.lil_array((wanted.size, wanted.size))
    for one, other in ties:
        matrix[one, other] = matrix[other, one] = -1
    return sparse.csc_array(sparse.diags_array(-matrix.sum(axis=0)) + matrix)


@given(SEEDS, st.integers(1, 24), st.integers(1, 24), st.floats(0.3, 1), st.floats(0.05, 1))
def test_the_membrane_is_what_a_direct_solver_finds(seed, height, width, part, known):
    rng = np.random.default_rng(seed)
    wanted = rng.random((height, width)) < part
    trust = np.where(rng.random((height, width)) < known, rng.random((height, width)), 0.05)
    measured = rng.normal(3, 4, (height, width, 2))
    start = np.zeros((height, width, 2))
    held = np.where(wanted, trust, 1).ravel()
    pulled = measured.reshape(-1, 2) * np.where(wanted, trust, 0).reshape(-1, 1)
    matrix = sparse.csc_array(laplacian(wanted) + sparse.diags_array(held))
    expected = np.stack([spsolve(matrix, pull) for pull in pulled.T], axis=-1)
    solved = solve_membrane(measured, trust, wanted, start)
    assert np.abs(solved.reshape(-1, 2) - expected).max() < 0.02


def test_the_membrane_guesses_from_what_is_near_where_nothing_holds_it():
    wanted = np.array([[True, True, False, True, True]])
    trust = np.array([[1.0, 0.0, 1.0, 0.0, 0.0]])
    start = np.full((1, 5, 1), 7.0)
    solved = solve_membrane(np.full((1, 5, 1), 3.0), trust, wanted, start)
    assert solved.ravel()[:3].tolist() == pytest.approx([3, 3, 7], abs=0.01)
    assert solved[0, 3, 0] == solved[0, 4, 0]
    assert 3 <= solved[0, 3, 0] <= 7


def test_a_membrane_of_a_large_hole_reaches_its_middle():
    rows, columns = np.mgrid[:150, :150]
    hole = np.hypot(rows - 75, columns - 75) < 70
    plane = (rows / 20 - columns / 30)[..., None].astype(float)
    solved = solve_membrane(plane, (~hole).astype(float), np.ones_like(hole), np.zeros_like(plane))
    middle = np.hypot(rows - 75, columns - 75) < 65
    assert np.abs(solved - plane)[middle].max() < 0.01


@pytest.mark.parametrize(
    ("least", "length"), [(1, 1), (7, 8), (17, 18), (49, 50), (527, 540), (1001, 1024)]
)
def test_fast_lengths_have_small_factors_only(least, length):
    assert fast_length(least) == length


REPAIR = """
import sys
import numpy as np
import gimp_bridge.worker.preview, gimp_bridge.worker.removal, gimp_bridge.worker.service_remover
from gimp_bridge.picture import codec, mask, patch, upload, window
from gimp_bridge.picture.geometry import Box
rng = np.random.default_rng(1)
photo = rng.normal(120, 6, (600, 700, 4)).clip(0, 255).astype(np.uint16) * 257
layer = Box(0, 0, 700, 600)
grown = mask.prepare(
    np.full((90, 80), 255, np.uint8), Box(300, 200, 80, 90), layer, grow_px=4, feather_px=3)
planned, = window.plan(grown, layer, "auto", window.Limits())
removal = grown.within(planned.box)
sent = upload.to_srgb8(photo[planned.box.slices()], removal)
codec.encode_image(sent, max_bytes=10**7)
answer = np.full(sent.shape, 112, np.uint8)
fitted = patch.fit(sent, answer, removal)
assert fitted.shift and fitted.grain
patch.compose(photo[planned.box.slices()], fitted, removal)
print(sorted(name for name in ("numba",) if name in sys.modules))
"""


def test_a_repair_by_a_service_waits_for_no_heavy_library():
    done = subprocess.run([sys.executable, "-c", REPAIR], capture_output=True, text=True)
    assert (done.stderr, done.stdout) == ("", "[]\n")


ENCODING = """
import sys
import numpy as np
import gimp_bridge.worker.batch, gimp_bridge.worker.consent, gimp_bridge.worker.service_remover
from gimp_bridge.picture.geometry import Box
from gimp_bridge.worker.remover import Crop
from gimp_bridge.worker.sending import encode
hole = np.zeros((60, 70), np.uint8)
hole[20:30, 20:30] = 255
rgb = np.zeros((60, 70, 3), np.uint8)
encode(Crop(Box(0, 0, 70, 60), hole, rgb, rgb, hole, rgb, hole), exact=True)
print(sorted(name for name in ("requests", "urllib3", "ssl") if name in sys.modules))
"""


def test_a_picture_is_encoded_before_the_http_library_is_there():
    done = subprocess.run([sys.executable, "-c", ENCODING], capture_output=True, text=True)
    assert (done.stderr, done.stdout) == ("", "[]\n")
