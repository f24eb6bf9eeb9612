"""The grain that the surroundings have and the fill lacks: measured, then made to match.

Arrays only.  Models paint smoothly, and compression smooths further; a fill without the noise of
its surroundings shows as a stain.  Its level (by brightness), its spatial correlation and its
colour are measured on flat tiles of known pixels and of the fill; only the difference is added.
Flat art and fills that copy real pixels lack nothing and get nothing.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_TILE_PX, _STRIDE_PX = 16, 8
_MOST_TILES = 800
_FEWEST_TILES = 6
# Texture falls off with frequency, noise hardly: above a quarter cycle a pixel the calmest
# tenth of the tiles holds little else.
_LEAST_FREQUENCY = 0.25
_CALM_QUANTILE = 0.1
_BRIGHTNESS_BINS, _FEWEST_IN_BIN = 8, 30
# A fill is left alone unless it lacks this part of the noise, and the noise can be seen at all.
_LEAST_LACK = 0.35
_LEAST_GRAIN_LEVELS = 0.3
# How much stronger than its fine part the coarse part of grain may be, in power.
_MOST_COARSE = 4.0
# Brightness and two opponent colours, orthonormal: noise of cameras and film is nearly
# uncorrelated between these, though never between red, green and blue.
_OPPONENT = np.array(
    [[1, 1, 1], [1, 0, -1], [1, -2, 1]] / np.sqrt([[3.0], [2.0], [6.0]]), np.float32
)


class _Tiles(NamedTuple):
    """What is measured on tiles: (tiles,) but for ``power``, (tiles, side, side, 3)."""

    brightness: Floats
    power: Floats  # of each frequency in opponent colours; adds up to the variance
    fine: Floats  # the variance in brightness that is finer than texture


def missing_grain(sent: NDArray[np.uint8], fill: Floats, hole: Flags) -> Floats | None:
    """The grain to add to ``fill`` inside the hole, float32 (height, width, 3), or None.

    ``sent``: uint8 (height, width, 3), real outside ``hole``, bool (height, width); ``fill``:
    float32 (height, width, 3) in levels of 255, of interest inside.  The same input gives the
    same grain.
    """
    known, filled = _measure(sent, ~hole), _measure(fill, hole)
    if min(len(known.fine), len(filled.fine)) < _FEWEST_TILES:
        return None
    levels, variances = _noise_by_brightness(known)
    expected = np.interp(filled.brightness, levels, variances)
    if np.median(expected) < _LEAST_GRAIN_LEVELS**2:
        return None
    present = float(np.quantile(filled.fine / np.maximum(expected, 1e-6), _CALM_QUANTILE))
    if 1 - present < _LEAST_LACK:
        return None
    kernels = _kernels(_spectrum(known) - present * _spectrum(filled))
    brightness = ndimage.uniform_filter(fill.mean(axis=-1), 5)
    strength = np.where(hole, np.sqrt(np.interp(brightness, levels, variances)), 0.0)
    seed = zlib.crc32(np.ascontiguousarray(fill[hole]))
    return _synthesize(kernels, hole.shape, seed) * strength[..., None].astype(np.float32)


def _measure(rgb: NDArray[np.generic], where: Flags) -> _Tiles:
    """Tiles wholly inside ``where``, evenly thinned out."""
    rows, columns = (side // _STRIDE_PX for side in where.shape)
    inside = where[: rows * _STRIDE_PX, : columns * _STRIDE_PX]
    cells = inside.reshape(rows, _STRIDE_PX, columns, _STRIDE_PX).all(axis=(1, 3))
    corners = np.argwhere(cells[1:, 1:] & cells[:-1, 1:] & cells[1:, :-1] & cells[:-1, :-1])
    corners = corners[:: max(1, -(-len(corners) // _MOST_TILES))] * _STRIDE_PX
    span = np.arange(_TILE_PX)
    at = corners[:, 0, None, None] + span[:, None], corners[:, 1, None, None] + span
    tiles = rgb[at].astype(np.float32)
    power = _power(_without_shading(tiles @ _OPPONENT.T))
    fine = np.asarray(power[..., 0][:, _frequency() >= _LEAST_FREQUENCY].sum(axis=-1))
    return _Tiles(tiles.mean(axis=(1, 2, 3)), power, fine)


def _without_shading(tiles: Floats) -> Floats:
    """``tiles``, (tiles, side, side, 3), less the quadratic surface that fits each best."""
    y, x = np.mgrid[-1 : 1 : _TILE_PX * 1j, -1 : 1 : _TILE_PX * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y]).reshape(6, -1)
    basis = np.linalg.qr(terms.T)[0].astype(np.float32)
    flat = tiles.reshape(len(tiles), _TILE_PX**2, 3)
    shading = basis @ (basis.T @ flat)
    return np.asarray((flat - shading).reshape(tiles.shape), np.float32)


def _power(residue: Floats) -> Floats:
    taper = np.outer(*[np.hanning(_TILE_PX + 2)[1:-1].astype(np.float32)] * 2)
    transformed = fft.fft2(residue * taper[..., None], axes=(1, 2))
    scale = np.float32(_TILE_PX**2 * np.square(taper).sum())
    return np.asarray(np.square(np.abs(transformed)) / scale, np.float32)


def _frequency() -> NDArray[np.float64]:
    """Cycles a pixel at each place of a tile's transform."""
    axis = fft.fftfreq(_TILE_PX)
    return np.asarray(np.hypot(axis[:, None], axis))


def _noise_by_brightness(known: _Tiles) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Brightness levels, rising, and the fine variance of the noise at each."""
    order = np.argsort(known.brightness)
    bins = np.array_split(order, max(1, min(_BRIGHTNESS_BINS, len(order) // _FEWEST_IN_BIN)))
    levels = np.array([known.brightness[tiles].mean() for tiles in bins])
    variances = np.array([np.quantile(known.fine[tiles], _CALM_QUANTILE) for tiles in bins])
    return levels, variances


def _spectrum(tiles: _Tiles) -> NDArray[np.float64]:
    """The power spectrum of the calmest tiles, (side, side, 3), fine brightness adding up to 1."""
    calm = tiles.fine <= np.quantile(tiles.fine, 2 * _CALM_QUANTILE)
    power = tiles.power[calm].mean(axis=0, dtype=np.float64)
    normal: NDArray[np.float64] = power / max(float(tiles.fine[calm].mean()), 1e-9)
    return normal


def _kernels(lacking: NDArray[np.float64]) -> Floats:
    """For each opponent colour what white noise is convolved with to have the spectrum."""
    fine = _frequency() >= _LEAST_FREQUENCY
    most = _MOST_COARSE * np.maximum(lacking[fine].mean(axis=0), 0)
    power = np.clip(lacking, 0, most)
    # What removing the shading took away below one and a half periods a tile.
    slow = _frequency() < 1.5 / _TILE_PX
    power[slow] = power[~slow & ~fine].mean(axis=0)
    # Variance 1 of white noise is spread evenly over the frequencies.
    amplitude = np.sqrt(power * _TILE_PX**2)
    kernels = fft.fftshift(fft.ifft2(amplitude, axes=(0, 1)).real, axes=(0, 1))
    return np.asarray(np.moveaxis(kernels, -1, 0), np.float32)


def _synthesize(kernels: Floats, shape: tuple[int, ...], seed: int) -> Floats:
    """Noise with the kernels' spectra, in red, green and blue: float32 (height, width, 3)."""
    generator = np.random.default_rng(seed)
    # Going around the edges is harmless in noise, and saves the padding.
    size = [fft.next_fast_len(side, real=True) for side in shape]
    channels = []
    for kernel in kernels:
        white = generator.standard_normal(size, dtype=np.float32)
        coloured = fft.irfft2(fft.rfft2(white) * fft.rfft2(kernel, size), size)
        channels.append(coloured[: shape[0], : shape[1]])
    return np.asarray(np.stack(channels, axis=-1) @ _OPPONENT, np.float32)
