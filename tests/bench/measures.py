"""What the benchmark measures inside the hole, against the truth; all arrays (row, column)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

DIRECTIONS = 64
PATCH = 7
BANDS = 3


class Measured(NamedTuple):
    """One filled hole's figures."""

    psnr_db: float
    ssim: float
    swd: float
    sharpness: float
    seam: float


def luminance(image: np.ndarray) -> np.ndarray:
    """Rec. 601 luma of sRGB values, float64 (H, W), 0..255."""
    return image.astype(np.float64) @ (0.299, 0.587, 0.114)


def psnr_db(result: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float:
    """Peak signal to noise over the hole's pixels, capped at 60 dB."""
    error = (result[hole].astype(np.float64) - truth[hole]) ** 2
    return float(min(60.0, 10 * np.log10(255**2 / max(error.mean(), 1e-9))))


def ssim(result: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float:
    """Mean over the hole of the structural similarity (Wang 2004) in 7 px squares of luminance."""
    a, b = luminance(result), luminance(truth)
    mean_a, mean_b = (ndimage.uniform_filter(plane, 7) for plane in (a, b))
    var_a = ndimage.uniform_filter(a * a, 7) - mean_a**2
    var_b = ndimage.uniform_filter(b * b, 7) - mean_b**2
    both = ndimage.uniform_filter(a * b, 7) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    value = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    value /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return float(value[hole].mean())


def _laplacian(plane: np.ndarray, hole: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(band, hole) of three octaves, each at its own resolution."""
    bands = []
    for _ in range(BANDS):
        smooth = ndimage.gaussian_filter(plane, 1.0)
        half = smooth[::2, ::2]
        back = ndimage.zoom(half, 2, order=1, grid_mode=True, mode="nearest")
        bands.append((plane - back[: plane.shape[0], : plane.shape[1]], hole))
        plane, hole = half, hole[::2, ::2]
    return bands


def _projections(band: np.ndarray, hole: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Projections of the 7 x 7 patches centred in the hole, (patches, DIRECTIONS)."""
    views = np.lib.stride_tricks.sliding_window_view(
        np.pad(band, PATCH // 2, "reflect"), (PATCH, PATCH)
    )
    return views[hole].reshape(-1, PATCH * PATCH) @ directions


def swd(result: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float:
    """Sliced Wasserstein distance of the patches in the hole, 0 = the same texture.

    Mean over three Laplacian bands and 64 fixed directions, each divided by the truth's mean
    absolute projection + 0.5.
    """
    directions = np.random.default_rng(0).normal(size=(PATCH * PATCH, DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    scores = []
    for (ours, at), (true, _) in zip(
        _laplacian(luminance(result), hole), _laplacian(luminance(truth), hole), strict=True
    ):
        if not at.any():
            continue
        a, b = (np.sort(_projections(band, at, directions), axis=0) for band in (ours, true))
        scores.append((np.abs(a - b).mean(0) / (np.abs(b).mean(0) + 0.5)).mean())
    return float(np.mean(scores))


def _gradient(image: np.ndarray) -> np.ndarray:
    plane = luminance(image)
    return np.hypot(ndimage.sobel(plane, 0), ndimage.sobel(plane, 1))


def measure(result: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> Measured:
    """All figures of one filled hole; images uint8 (H, W, 3), mask non-zero = hole."""
    hole = mask > 0
    rim = hole & ~ndimage.binary_erosion(hole, np.ones((3, 3), bool), border_value=1)
    ours, true = _gradient(result), _gradient(truth)
    return Measured(
        psnr_db(result, truth, hole),
        ssim(result, truth, hole),
        swd(result, truth, hole),
        float((ours[hole].mean() + 0.1) / (true[hole].mean() + 0.1)),
        float((ours[rim].mean() + 0.1) / (true[rim].mean() + 0.1)),
    )
