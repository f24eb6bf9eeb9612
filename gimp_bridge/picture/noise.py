"""Noise, told from texture: measured on flat tiles, by brightness and by frequency band.

Arrays only.  Noise is what every tile has alike; texture makes some tiles livelier than others.
So the calmest tiles give the level, and how alike the tiles are says how far to trust it.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy import fft
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

TILE_PX = 16
_STRIDE_PX = 8
_MOST_TILES = 800
_BIN_LEVELS, _FEWEST_IN_BIN = 16, 20

# Bands of frequency, cycles a pixel; what lies below the first cannot be told from shading.
_BANDS = (0.09, 0.16, 0.25, 0.36, 0.5, 0.8)
_FINE_BANDS = 2
# The calmest tiles are those at this quantile; in pure noise they have, band by band, these parts
# of the mean power, and of the median (measured on white and on blurred noise).
_CALM_QUANTILE = 0.1
_CALM_OF_MEAN = np.array([0.41, 0.51, 0.65, 0.71, 0.63])
_CALM_OF_MEDIAN = np.array([0.46, 0.54, 0.67, 0.74, 0.66])
# Where the calmest fall short of that by this factor there is texture, and the band is trusted
# only up to so many times the power of the finest ones, which texture hardly reaches.
_LEAST_LIKENESS, _MOST_COARSE = 0.6, 4.0
# Noise varies with brightness by a factor of about two; what exceeds the calmest brightness by
# more is texture.  Bins this near to black or white are clipped and say nothing of the others.
_MOST_VARIATION, _CLIPPED_LEVELS = 2.0, 20

# Brightness and two opponent colours, orthonormal: noise of cameras and film is nearly
# uncorrelated between these, though never between red, green and blue.
OPPONENT = np.array(
    [[1, 1, 1], [1, 0, -1], [1, -2, 1]] / np.sqrt([[3.0], [2.0], [6.0]]), np.float32
)


class Tiles(NamedTuple):
    """Flat-as-can-be pieces of a picture: brightness (tiles,), power (tiles, side, side, 3).

    ``power`` is that of each frequency in opponent colours, and adds up to the variance;
    ``bands`` (tiles, bands) is its part in brightness.
    """

    brightness: Floats
    power: Floats
    bands: Floats


class Noise(NamedTuple):
    """The noise of a picture at rising brightness ``levels``, in variance per band."""

    levels: Doubles  # (bins,)
    variances: Doubles  # (bins, bands)
    colours: Doubles  # (side, side, 3), power of each frequency for a band variance of 1

    def at(self, brightness: NDArray[np.floating]) -> Doubles:
        """The variance per band at each of ``brightness`` (n,): (n, bands)."""
        bands = [np.interp(brightness, self.levels, band) for band in self.variances.T]
        return np.stack(bands, axis=-1)


def cut_tiles(rgb: NDArray[np.generic], where: Flags) -> Tiles:
    """Tiles of ``rgb``, (height, width, 3), wholly inside ``where``, evenly thinned out."""
    rows, columns = (side // _STRIDE_PX for side in where.shape)
    inside = where[: rows * _STRIDE_PX, : columns * _STRIDE_PX]
    cells = np.asarray(inside.reshape(rows, _STRIDE_PX, columns, _STRIDE_PX).all(axis=(1, 3)))
    corners = np.argwhere(cells[1:, 1:] & cells[:-1, 1:] & cells[1:, :-1] & cells[:-1, :-1])
    corners = corners[:: max(1, -(-len(corners) // _MOST_TILES))] * _STRIDE_PX
    span = np.arange(TILE_PX)
    at = corners[:, 0, None, None] + span[:, None], corners[:, 1, None, None] + span
    tiles = rgb[at].astype(np.float32)
    power = _power(_without_shading(tiles @ OPPONENT.T))
    bands = [power[..., 0][:, band].sum(axis=-1) for band in band_masks()]
    return Tiles(tiles.mean(axis=(1, 2, 3)), power, np.stack(bands, axis=-1))


def band_masks() -> list[Flags]:
    """Which frequencies of a tile's transform belong to each band."""
    axis = fft.fftfreq(TILE_PX)
    frequency = np.hypot(axis[:, None], axis)
    return [
        np.asarray((frequency >= low) & (frequency < high))
        for low, high in itertools.pairwise(_BANDS)
    ]


def measure(tiles: Tiles) -> Noise:
    """The noise of a picture from some of its tiles, at least one."""
    bins = _by_brightness(tiles.brightness)
    levels = np.array([tiles.brightness[members].mean() for members in bins])
    variances = np.stack([_calm_variance(tiles.bands[members]) for members in bins])
    unclipped = ~_clipped(levels)
    if unclipped.any():
        total = variances.sum(axis=-1)
        most = _MOST_VARIATION**2 * total[unclipped].min()
        variances *= np.minimum(1, most / np.maximum(total, 1e-9))[:, None]
    noise = Noise(levels, variances, np.zeros(tiles.power.shape[1:]))
    return noise._replace(colours=_colours(tiles, noise))


def _by_brightness(brightness: Floats) -> list[NDArray[np.intp]]:
    """Indices of the tiles, from dark to bright, in bins of 16 levels or as many as they need."""
    order = np.argsort(brightness)
    bins, start = [], 0
    steps = np.flatnonzero(np.diff(brightness[order] // _BIN_LEVELS)) + 1
    for end in [*steps.tolist(), len(order)]:
        if end - start >= _FEWEST_IN_BIN:
            bins.append(order[start:end])
            start = end
    if not bins:
        return [order]
    bins[-1] = np.concatenate([bins[-1], order[start:]])
    return bins


def _clipped(brightness: NDArray[np.floating]) -> Flags:
    return np.asarray(np.abs(brightness - 127.5) > 127.5 - _CLIPPED_LEVELS)


def _calm_variance(bands: Floats) -> Doubles:
    """The variance of the noise in each band, from tiles of one brightness."""
    calm, median = np.quantile(bands, [_CALM_QUANTILE, 0.5], axis=0)
    variance = calm / _CALM_OF_MEAN
    alike = calm >= _LEAST_LIKENESS * _CALM_OF_MEDIAN * median
    size = np.array([np.count_nonzero(band) for band in band_masks()])
    fine = variance[-_FINE_BANDS:].sum() / size[-_FINE_BANDS:].sum()
    trusted: Doubles = np.where(alike, variance, np.minimum(variance, _MOST_COARSE * fine * size))
    return trusted


def _colours(tiles: Tiles, noise: Noise) -> Doubles:
    """The mean spectrum of the tiles that hold most nearly noise alone.

    Each band of brightness adds up to 1, of the opponent colours to 1 at most: more would be
    colour that differs, not noise.
    """
    expected = noise.at(tiles.brightness).sum(axis=-1)
    liveliness = tiles.bands.sum(axis=-1) / np.maximum(expected, 1e-9) + 1e3 * _clipped(
        tiles.brightness
    )
    power = tiles.power[liveliness <= np.quantile(liveliness, 2 * _CALM_QUANTILE)]
    spectrum: Doubles = power.mean(axis=0, dtype=np.float64)
    for band in band_masks():
        total = spectrum[band].sum(axis=0)
        spectrum[band] /= np.maximum(np.maximum(total, total[0]), 1e-9)
    return spectrum


def _without_shading(tiles: Floats) -> Floats:
    """``tiles``, (tiles, side, side, 3), less the quadratic surface that fits each best."""
    y, x = np.mgrid[-1 : 1 : TILE_PX * 1j, -1 : 1 : TILE_PX * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y]).reshape(6, -1)
    basis = np.linalg.qr(terms.T)[0].astype(np.float32)
    flat = tiles.reshape(len(tiles), TILE_PX**2, 3)
    shading = basis @ (basis.T @ flat)
    return np.asarray((flat - shading).reshape(tiles.shape), np.float32)


def _power(residue: Floats) -> Floats:
    taper = np.outer(*[np.hanning(TILE_PX + 2)[1:-1].astype(np.float32)] * 2)
    # Channel by channel, in memory too: along other axes the transform takes six times as long.
    channels = np.ascontiguousarray(np.moveaxis(residue * taper[..., None], -1, 1))
    transformed = fft.rfft2(channels)
    half = np.square(transformed.real) + np.square(transformed.imag)
    # The transform of real values has at -f the power that it has at f.
    opposite = half[:, :, -np.arange(TILE_PX) % TILE_PX, TILE_PX // 2 - 1 : 0 : -1]
    power = np.concatenate([half, opposite], axis=-1)
    power /= np.float32(TILE_PX**2 * np.square(taper).sum())
    return np.asarray(np.moveaxis(power, 1, -1), np.float32)
