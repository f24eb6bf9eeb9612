"""The grain that the surroundings have and the fill lacks, made to match.

Arrays only.  Models paint smoothly, and compression smooths further; a fill without the noise of
its surroundings shows as a stain.  Its level (by brightness), its coarseness and its colour are
measured on known pixels and on the fill; only the difference is added.  Flat art, regular
patterns and fills that copy real pixels get nothing.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
from numpy import fft
from numpy.typing import NDArray

from gimp_bridge.picture.filters import fast_length, running_mean
from gimp_bridge.picture.noise import (
    OPPONENT,
    TILE_PX,
    Noise,
    band_masks,
    cut_tiles,
    measure,
)
from gimp_bridge.picture.pattern import is_regular

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MARGIN_PX = TILE_PX - 1
# Fewer tiles of 16 px than that, or 2 x 2 blocks where the hole is smaller, tell nothing.
_FEWEST_TILES, _FEWEST_BLOCKS = 6, 48
# What noise a fill has is told from its tiles at this quantile, above the calmest: compression
# empties some tiles of noise and leaves it in others.  The parts of the mean are those of noise.
_PRESENT_QUANTILE = 1 / 3
_PRESENT_OF_MEAN = np.array([0.69, 0.77, 0.84, 0.88, 0.82])
# A fill is left alone unless it lacks this part of the noise, and the noise is more than what
# rounding to 8 bits makes (0.29 levels).
_LEAST_LACK = 0.35
# Fifty blocks tell a variance to a quarter only.
_LEAST_LACK_OF_A_SPOT = 0.6
_LEAST_GRAIN_LEVELS = 0.45


class Grain(NamedTuple):
    """Grain that a fill lacks; the same values give the same grain."""

    levels: Doubles  # (bins,), rising brightness
    strengths: Doubles  # (bins,), the grain's deviation there
    kernels: Floats  # (3, side, side), a spectrum for each opponent colour
    seed: int


class Around(NamedTuple):
    """Surroundings of a fill: ``rgb``, uint8 (h, w, 3), is real where ``known``, bool (h, w).

    ``noise``: theirs; None where there is too little to tell it, and no fill is due any.
    """

    rgb: NDArray[np.uint8]
    known: Flags
    noise: Noise | None


class GrainRun:
    """Adds ``grain`` to a fill of ``width`` strip by strip from the top, without a break."""

    def __init__(self, grain: Grain, width: int) -> None:
        self._grain = grain
        self._width = width + _MARGIN_PX
        self._generator = np.random.default_rng(grain.seed)
        self._above = self._white(_MARGIN_PX)

    def add(self, fill: Floats) -> Floats:
        """The next strip, (rows, width, 3) in levels of 255, with its grain."""
        white = np.concatenate([self._above, self._white(len(fill))], axis=1)
        self._above = white[:, -_MARGIN_PX:]
        pairs = zip(white, self._grain.kernels, strict=True)
        grain = np.stack([_convolve(*pair) for pair in pairs], axis=-1) @ OPPONENT
        brightness = running_mean(running_mean(fill.mean(axis=-1), 5, 0), 5, 1)
        strength = np.interp(brightness, self._grain.levels, self._grain.strengths)
        return np.asarray(fill + grain * strength[..., None], np.float32)

    def _white(self, rows: int) -> Floats:
        return self._generator.standard_normal((3, rows, self._width), dtype=np.float32)


def look_around(sent: NDArray[np.uint8], known: Flags) -> Around:
    """The surroundings of a fill: ``sent``, uint8 (h, w, 3), real where ``known``, bool (h, w)."""
    tiles = cut_tiles(sent, known)
    return Around(sent, known, measure(tiles) if len(tiles.brightness) >= _FEWEST_TILES else None)


def missing_grain(around: Around, answer: NDArray[np.generic], hole: Flags) -> Grain | None:
    """The grain that ``answer`` lacks inside the hole, or None where that is little.

    ``answer``: (height, width, 3) in levels of 255, of interest in ``hole``, bool (h, w); it may
    be another part of the picture than ``around``.
    """
    if around.noise is None:
        return None
    typical, lack = _compare(around.noise, answer, hole)
    if typical @ lack < _LEAST_LACK * max(float(typical.sum()), _LEAST_GRAIN_LEVELS**2):
        return None
    if is_regular(around.rgb, around.known):
        return None
    strengths = np.sqrt(around.noise.variances @ lack)
    # Two repairs of one picture are not to show the same grain.
    seed = zlib.crc32(np.ascontiguousarray(answer[::16, ::16]).tobytes())
    return Grain(around.noise.levels, strengths, _kernels(around.noise, typical * lack), seed)


def _compare(noise: Noise, answer: NDArray[np.generic], hole: Flags) -> tuple[Doubles, Doubles]:
    """The noise due to a typical part of the fill, and the part of it that is lacking: (bands,)."""
    filled = cut_tiles(answer, hole)
    expected = noise.at(filled.brightness)
    # Burnt-out parts of the fill are due no noise, and say nothing of how much it lacks.
    due = expected.sum(axis=-1) >= _LEAST_GRAIN_LEVELS**2
    if np.count_nonzero(due) >= _FEWEST_TILES:
        return np.median(expected[due], axis=0), _lack(filled.bands[due], expected[due])
    pixels = answer[hole]
    typical = noise.at(pixels.mean(keepdims=True).ravel())[0]
    return typical, np.full(len(typical), _lack_of_a_spot(noise, typical, answer, hole))


def _lack(bands: Floats, expected: Doubles) -> Doubles:
    """The part of the expected noise, (tiles, bands), that the fill lacks in each band, 0..1."""
    present = np.quantile(bands / np.maximum(expected, 1e-9), _PRESENT_QUANTILE, axis=0)
    lack: Doubles = np.clip(1 - present / _PRESENT_OF_MEAN, 0, 1)
    return lack


def _lack_of_a_spot(
    noise: Noise, typical: Doubles, answer: NDArray[np.generic], hole: Flags
) -> float:
    """The lacking part of the noise where no tile fits in: from differences of 2 x 2 pixels."""
    whole = hole[1:, 1:] & hole[:-1, 1:] & hole[1:, :-1] & hole[:-1, :-1]
    if np.count_nonzero(whole) < _FEWEST_BLOCKS:
        return 0.0
    grey = answer.astype(np.float32) @ OPPONENT[0]
    crossed = np.diff(np.diff(grey, axis=0), axis=1)[whole]
    # 1.4826 makes a median of absolute values a deviation.
    present = np.square(1.4826 * np.median(np.abs(crossed)))
    response = np.outer(*[2 - 2 * np.cos(2 * np.pi * fft.fftfreq(TILE_PX))] * 2)
    expected = sum(
        variance * (noise.colours[band, 0] * response[band]).sum()
        for band, variance in zip(band_masks(), typical, strict=True)
    )
    lack = float(np.clip(1 - present / max(expected, 1e-9), 0, 1))
    return lack if lack >= _LEAST_LACK_OF_A_SPOT else 0.0


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


def _convolve(white: Floats, kernel: Floats) -> Floats:
    """``white`` convolved with ``kernel``, where the kernel lies wholly inside."""
    size = [fast_length(side) for side in white.shape]
    coloured = fft.irfft2(fft.rfft2(white, size) * fft.rfft2(kernel, size), size)
    rows, columns = white.shape
    return np.asarray(coloured[_MARGIN_PX:rows, _MARGIN_PX:columns], np.float32)
