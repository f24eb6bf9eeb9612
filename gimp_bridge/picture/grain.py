"""The grain that the surroundings have and the fill lacks, made to match.

Arrays only.  Models paint smoothly, and compression smooths further; a fill without the noise of
its surroundings shows as a stain.  Its level (by brightness), its coarseness and its colour are
measured on known pixels and on the fill; only the difference is added.  Flat art and fills that
copy real pixels lack nothing and get nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from gimp_bridge.picture.noise import (
    OPPONENT,
    TILE_PX,
    Noise,
    band_masks,
    cut_tiles,
    measure,
)

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

_FEWEST_TILES = 6
# What noise a fill has is told from its tiles at this quantile, above the calmest: compression
# empties some tiles of noise and leaves it in others.  The parts of the mean are those of noise.
_PRESENT_QUANTILE = 1 / 3
_PRESENT_OF_MEAN = np.array([0.69, 0.77, 0.84, 0.88, 0.82])
# A fill is left alone unless it lacks this part of the noise, and the noise is more than what
# rounding to 8 bits makes (0.29 levels).
_LEAST_LACK = 0.35
_LEAST_GRAIN_LEVELS = 0.45


class Grain:
    """Grain to add to a fill, rows after rows from the top; the same seed gives the same grain."""

    def __init__(self, levels: Doubles, strengths: Doubles, kernels: Floats, seed: int) -> None:
        self._levels = levels  # (bins,), rising brightness
        self._strengths = strengths  # (bins,), the grain's deviation there
        self._kernels = kernels  # (3, side, side), a spectrum for each opponent colour
        self._seed = seed

    def strips(self, width: int) -> Generator[Floats, Floats, None]:
        """Send in a strip of the fill, (rows, ``width``, 3) in levels, and get it with grain.

        Start it with ``next``.  The grain goes on from strip to strip without a seam.
        """
        generator = np.random.default_rng(self._seed)
        margin = TILE_PX - 1
        above = generator.standard_normal((3, margin, width + margin), dtype=np.float32)
        fill = yield np.empty((0, width, 3), np.float32)
        while True:
            size = (3, len(fill), width + margin)
            white = np.concatenate([above, generator.standard_normal(size, dtype=np.float32)], 1)
            above = white[:, -margin:]
            grain = np.stack([_valid(*pair) for pair in zip(white, self._kernels, strict=True)], -1)
            brightness = ndimage.uniform_filter(fill.mean(axis=-1), 5)
            strength = np.interp(brightness, self._levels, self._strengths)
            fill = yield fill + (grain @ OPPONENT) * strength.astype(np.float32)[..., None]


def missing_grain(
    sent: NDArray[np.uint8], answer: NDArray[np.generic], hole: Flags
) -> Grain | None:
    """The grain that ``answer`` lacks inside the hole, or None where that is little.

    ``sent``: uint8 (height, width, 3), real outside ``hole``, bool (height, width); ``answer``:
    (height, width, 3) in levels of 255, of interest inside.
    """
    known, filled = cut_tiles(sent, ~hole), cut_tiles(answer, hole)
    if min(len(known.brightness), len(filled.brightness)) < _FEWEST_TILES:
        return None
    noise = measure(known)
    expected = noise.at(filled.brightness)
    # Burnt-out parts of the fill are due no noise, and say nothing of how much it lacks.
    due = expected.sum(axis=-1) >= _LEAST_GRAIN_LEVELS**2
    if np.count_nonzero(due) < _FEWEST_TILES:
        return None
    typical = np.median(expected[due], axis=0)
    lack = _lack(filled.bands[due], expected[due])
    if typical @ lack < _LEAST_LACK * typical.sum():
        return None
    strengths = np.sqrt(noise.variances @ lack)
    # Two repairs of one picture are not to show the same grain.
    seed = zlib.crc32(np.ascontiguousarray(answer[::16, ::16]).tobytes())
    return Grain(noise.levels, strengths, _kernels(noise, typical * lack), seed)


def _lack(bands: Floats, expected: Doubles) -> Doubles:
    """The part of the expected noise, (tiles, bands), that the fill lacks in each band, 0..1."""
    present = np.quantile(bands / np.maximum(expected, 1e-9), _PRESENT_QUANTILE, axis=0)
    lack: Doubles = np.clip(1 - present / _PRESENT_OF_MEAN, 0, 1)
    return lack


def _kernels(noise: Noise, variances: Doubles) -> Floats:
    """What white noise of each opponent colour is convolved with: (3, side, side).

    The bands of brightness come out with variance 1, shared out as in ``variances`` (bands,).
    """
    power = np.zeros_like(noise.colours)
    for band, variance in zip(band_masks(), variances / variances.sum(), strict=True):
        power[band] = noise.colours[band] * variance
    # Noise has no lowest frequency, but what is slower than the bands was not measured: half as
    # strong, and in brightness only, for blotches of colour would be seen.
    power[~np.any(band_masks(), axis=0), 0] = power[band_masks()[0], 0].mean() / 2
    # Variance 1 of white noise is spread evenly over the frequencies.
    amplitude = np.sqrt(power * TILE_PX**2)
    kernels = fft.fftshift(fft.ifft2(amplitude, axes=(0, 1)).real, axes=(0, 1))
    return np.asarray(np.moveaxis(kernels, -1, 0), np.float32)


def _valid(white: Floats, kernel: Floats) -> Floats:
    """``white`` convolved with ``kernel``, where the kernel lies wholly inside."""
    size = [fft.next_fast_len(side, real=True) for side in white.shape]
    coloured = fft.irfft2(fft.rfft2(white, size) * fft.rfft2(kernel, size), size)
    rows, columns = white.shape
    return np.asarray(coloured[TILE_PX - 1 : rows, TILE_PX - 1 : columns], np.float32)
