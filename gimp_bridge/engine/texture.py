"""The texture feature: how busy the neighbourhood of a pixel is, as one byte.

Newson et al. 2014 (doi:10.1137/140954933), section 3.3: without it the search at coarse levels
puts smooth patches where texture belongs, since a blurred texture is closest to a flat colour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

NEIGHBOURHOOD = 17
"""Side of the square, in pixels of the finest level, over which the gradient is averaged."""
BAND_ROWS = 256


def texture_feature(
    image: NDArray[np.uint8], hidden: NDArray[np.bool_], weight: float
) -> NDArray[np.uint8]:
    """Take the mean absolute gradient around each pixel times ``weight``, as uint8 (H, W).

    ``image`` is uint8 (H, W, 3); gradients that touch a ``hidden`` pixel do not count.  Worked
    through in bands of rows, so that the floats never cover a large picture at once.
    """
    height = image.shape[0]
    overlap = NEIGHBOURHOOD // 2 + 2
    feature = np.empty(hidden.shape, np.uint8)
    for top in range(0, height, BAND_ROWS):
        bottom = min(top + BAND_ROWS, height)
        first = max(0, top - overlap)
        rows = slice(first, min(height, bottom + overlap))
        band = _feature_of_band(image[rows], hidden[rows], weight)
        feature[top:bottom] = band[top - first : bottom - first]
    return feature


def _feature_of_band(
    image: NDArray[np.uint8], hidden: NDArray[np.bool_], weight: float
) -> NDArray[np.uint8]:
    grey = image.sum(axis=2, dtype=np.float32) / 3
    gradient = np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    gradient += np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    visible = ~ndimage.binary_dilation(hidden, np.ones((3, 3), bool))
    gradient *= visible
    share = ndimage.uniform_filter(visible.astype(np.float32), NEIGHBOURHOOD, mode="constant")
    mean = ndimage.uniform_filter(gradient, NEIGHBOURHOOD, mode="constant")
    mean /= np.maximum(share, 1e-6)
    mean *= weight
    np.clip(mean, 0, 255, out=mean)
    return np.rint(mean).astype(np.uint8)
