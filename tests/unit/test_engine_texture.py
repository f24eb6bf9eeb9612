"""The texture feature is the mean gradient that SciPy's filter finds."""

import numpy as np
import pytest
from scipy import ndimage

from gimp_bridge.engine.texture import texture_feature


@pytest.mark.parametrize("shape", [(40, 61), (16, 16), (9, 33), (70, 5)])
def test_the_feature_is_the_mean_gradient_of_what_is_visible(shape):
    rng = np.random.default_rng(shape)
    pixels = rng.integers(0, 40, (*shape, 4), np.uint8)
    visible = rng.random(shape) < 0.7
    visible[3:20, 2:30] = False
    grey = pixels[..., :3].sum(axis=2, dtype=float) / 3
    gradient = np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    gradient += np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    share, total = (
        ndimage.uniform_filter(plane, 17, mode="constant")
        for plane in (visible.astype(float), gradient * visible)
    )
    expected = np.where(share > 1e-9, 5 * total / np.maximum(share, 1e-9), 0).clip(0, 255)
    before = pixels[..., :3].copy()
    texture_feature(pixels, visible, 5.0)
    assert np.abs(pixels[..., 3] - expected).max() < 0.5 + 1e-6
    assert np.array_equal(pixels[..., :3], before)
