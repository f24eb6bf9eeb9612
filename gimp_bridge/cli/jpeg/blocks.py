"""Pixels into the blocks of a JPEG file: only samples whose pixels were repaired change.

A block that is touched is decoded without rounding or clipping, its repaired samples are replaced,
and it is encoded with the file's own divisors: all other samples of it come out as they were.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.cli.jpeg.scans import Component, JpegFile

_WAVES = np.cos(np.outer(np.arange(8), 2 * np.arange(8) + 1) * np.pi / 16) / 2
_WAVES[0] /= np.sqrt(2)
# Figure A.6 of T.81: along one diagonal after another, in turns down and up.
_ZIGZAG = np.array(
    sorted(
        range(64),
        key=lambda n: (n // 8 + n % 8, n // 8 if (n // 8 + n % 8) % 2 else n % 8),
    )
)
_MOST = 1023
"""The largest coefficient of 8-bit files (table F.2 of T.81)."""


def replace(jpeg: JpegFile, planes: NDArray[np.uint8], repaired: NDArray[np.bool_]) -> None:
    """Change the coefficients so that the ``repaired`` pixels have the values of ``planes``.

    ``planes``: uint8 (height, width, components) in the colours that the file stores;
    ``repaired``: bool (height, width).
    """
    divisors = jpeg.quantisation()
    for number, component in enumerate(jpeg.components):
        _replace(jpeg, component, planes[..., number], repaired, divisors[component.table])


def _replace(
    jpeg: JpegFile,
    component: Component,
    plane: NDArray[np.uint8],
    repaired: NDArray[np.bool_],
    divisors: NDArray[np.int64],
) -> None:
    rows, columns = np.nonzero(repaired)
    # Where a sample's pixels begin, in samples: factors need not divide each other.
    places = (rows * component.down // jpeg.down, columns * component.across // jpeg.across)
    shape = (component.rows * 8, component.columns * 8)
    flat = np.ravel_multi_index(places, shape)
    samples, which = np.unique(flat, return_inverse=True)
    sums = np.bincount(which, plane[rows, columns])
    values = sums / np.bincount(which) - 128
    row, column = np.divmod(samples, shape[1])
    numbers = component.numbers()[row // 8, column // 8]
    touched, block = np.unique(numbers, return_inverse=True)
    pixels = _decode(jpeg.coefficients[touched], divisors)
    pixels[block, row % 8, column % 8] = values
    _continue_padding(pixels, jpeg, component, touched)
    jpeg.coefficients[touched] = _encode(pixels, divisors)


def _continue_padding(
    pixels: NDArray[np.float64],
    jpeg: JpegFile,
    component: Component,
    touched: NDArray[np.int32],
) -> None:
    """Beyond the picture's edge repeat the last sample: else what was there shines through."""
    row, column = np.divmod(touched - component.start, component.columns)
    rows, columns = jpeg.samples(component)
    tall, wide = rows - row * 8, columns - column * 8
    for number in np.flatnonzero((wide < 8) & (wide > 0)):
        pixels[number, :, wide[number] :] = pixels[number, :, wide[number] - 1, None]
    for number in np.flatnonzero((tall < 8) & (tall > 0)):
        pixels[number, tall[number] :] = pixels[number, tall[number] - 1]


def _decode(coefficients: NDArray[np.int16], divisors: NDArray[np.int64]) -> NDArray[np.float64]:
    natural = np.empty((len(coefficients), 64))
    natural[:, _ZIGZAG] = coefficients * divisors
    decoded: NDArray[np.float64] = _WAVES.T @ natural.reshape(-1, 8, 8) @ _WAVES
    return decoded


def _encode(pixels: NDArray[np.float64], divisors: NDArray[np.int64]) -> NDArray[np.int16]:
    waves = (_WAVES @ pixels @ _WAVES.T).reshape(-1, 64)[:, _ZIGZAG]
    return np.asarray(np.clip(np.rint(waves / divisors), -_MOST, _MOST), np.int16)


def stored_colours(
    pixels: NDArray[np.uint8], *, transform: int | None, letters: bool
) -> NDArray[np.uint8]:
    """``pixels``, (h, w) or (h, w, 3 or 4) as Pillow decodes a file, in the file's colours.

    ``transform``: of Adobe's marker, None where there is none; ``letters``: the components are
    named R, G and B.  The rules are those of libjpeg's jdapimin.c.
    """
    stored = pixels.reshape(*pixels.shape[:2], -1)
    if stored.shape[2] == 4 and transform is not None:
        # Adobe stores them inverted, which Pillow undoes.
        cmy = _to_ycc(stored[..., :3]) if transform == 2 else 255 - stored[..., :3]
        return np.dstack([cmy, 255 - stored[..., 3]])
    is_rgb = transform == 0 or (letters and transform is None)
    return stored if stored.shape[2] != 3 or is_rgb else _to_ycc(stored)


def _to_ycc(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).convert("YCbCr"))
