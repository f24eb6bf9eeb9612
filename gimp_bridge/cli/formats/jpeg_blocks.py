"""New pixels in some blocks of a JPEG file, while all other coefficients stay (with jpeglib)."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.cli.formats.jpeg_segments import frame, joined, split

_HUFFMAN = (0xC0, 0xC1, 0xC2)
_PROGRESSIVE = 0xC2
_ONE_AT_A_TIME = threading.Lock()
"""The version of libjpeg is chosen for the whole process, and jpeglib keeps markers in globals."""


class Unsupported(Exception):
    """jpeglib cannot write this file again as it is."""


class Patch(NamedTuple):
    """``planes``: uint8 (h, w, components) as the file stores them; ``repaired``: bool (h, w).

    ``top`` and ``left`` are multiples of the largest component's block.
    """

    top: int
    left: int
    planes: NDArray[np.uint8]
    repaired: NDArray[np.bool_]


def replaced(coding: list[bytes], factors: Sequence[tuple[int, int]], patch: Patch) -> list[bytes]:
    """The segments ``coding`` with the ``patch``; ``factors``: (across, down) of each component.

    ImportError where jpeglib is not installed, Unsupported where it cannot do this.
    """
    most = [max(values) for values in zip(*factors, strict=True)]
    steps = [(most[1] // down, most[0] // across) for across, down in factors]
    if frame(coding)[1] not in _HUFFMAN or any(
        (across * step[1], down * step[0]) != tuple(most)
        for (across, down), step in zip(factors, steps, strict=True)
    ):
        raise Unsupported("rare coding or subsampling")
    size = len(joined([], coding))
    try:
        with _ONE_AT_A_TIME, tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "picture.jpg")
            if len(factors) == 4:  # jpeglib writes three components: the fourth takes a turn first
                jpeg = _read(path, _turned(coding, -1))
                _replace(jpeg.Y, _divisors(jpeg, 0), patch, 3, steps[3])
                coding = _turned(_written(jpeg, path, []), 1)
            jpeg = _read(path, coding)
            for number, name in enumerate(("Y", "Cb", "Cr")[: len(factors)]):
                plane = getattr(jpeg, name)
                _replace(plane, _divisors(jpeg, number), patch, number, steps[number])
            return min(_ways(jpeg, path), key=lambda way: abs(len(joined([], way)) - size))
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise Unsupported(f"{error}") from error


def _read(path: Path, coding: list[bytes]) -> Any:
    import jpeglib

    path.write_bytes(joined([], coding))
    jpeg = jpeglib.read_dct(str(path))
    jpeg.load()
    return jpeg


def _divisors(jpeg: Any, number: int) -> NDArray[np.uint16]:
    """The quantisation table of a component, (8, 8)."""
    table: NDArray[np.uint16] = jpeg.get_component_qt(number)
    return table


def _ways(jpeg: Any, path: Path) -> Iterator[list[bytes]]:
    """The picture's segments, with fixed and with optimised codes where there is a choice."""
    import jpeglib

    if jpeg.progressive_mode:
        with jpeglib.version("mozjpeg403"):  # the others write sequential files only
            yield _written(jpeg, path, [])
    else:
        yield _written(jpeg, path, [])
        yield _written(jpeg, path, ["OPTIMIZE_CODING"])


def _written(jpeg: Any, path: Path, flags: list[str]) -> list[bytes]:
    jpeg.qt = 0  # keep the file's: else the components are renumbered
    jpeg.write_dct(str(path), flags=flags)
    return split(path.read_bytes())[1]


def _turned(coding: list[bytes], count: int) -> list[bytes]:
    """The same with the frame's components turned left by ``count``."""
    old = frame(coding)
    parts = [old[at : at + 3] for at in range(10, len(old), 3)]
    new = b"".join([old[:10], *parts[count:], *parts[:count]])
    return [new if segment is old else segment for segment in coding]


def _replace(
    blocks: NDArray[np.int16],
    divisors: NDArray[np.uint16],
    patch: Patch,
    number: int,
    step: tuple[int, int],
) -> None:
    """Change ``blocks`` (rows, columns, 8, 8), whose samples are ``step`` (down, across) pixels."""
    sums, counts = (
        _cells(values, step)
        for values in (patch.planes[..., number] * patch.repaired, patch.repaired)
    )
    rows, columns = (-(-size // 8) for size in counts.shape)
    top, left = patch.top // (8 * step[0]), patch.left // (8 * step[1])
    part = blocks[top : top + rows, left : left + columns]
    samples = _decoded(part, divisors)[: counts.shape[0], : counts.shape[1]].copy()
    new = counts > 0
    samples[new] = np.rint(sums[new] / counts[new])
    touched = _cells(new, (8, 8)) > 0
    part[touched] = _encoded(samples, divisors)[touched]


def _cells(values: NDArray[Any], step: tuple[int, int]) -> NDArray[np.int64]:
    """The sum of each cell of ``step`` (down, across); those at the edge may be smaller."""
    height, width = values.shape
    padded = np.pad(values, ((0, -height % step[0]), (0, -width % step[1])))
    rows, columns = padded.shape[0] // step[0], padded.shape[1] // step[1]
    cells = padded.reshape(rows, step[0], columns, step[1])
    return np.asarray(cells.sum(axis=(1, 3), dtype=np.int64))


def _decoded(blocks: NDArray[np.int16], divisors: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The samples (h, w) of ``blocks``, as a grey picture."""
    import jpeglib

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "part.jpg")
        jpeglib.from_dct(Y=np.ascontiguousarray(blocks), qt=divisors[None]).write_dct(str(path))
        return np.asarray(Image.open(io.BytesIO(path.read_bytes())))


def _encoded(samples: NDArray[np.uint8], divisors: NDArray[np.uint16]) -> NDArray[np.int16]:
    """The blocks of ``samples`` (h, w); the last sample goes on beyond an edge."""
    import jpeglib

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "part.jpg")
        table = [int(value) for value in divisors.reshape(-1)]
        Image.fromarray(samples).save(path, "JPEG", qtables=[table])
        blocks: NDArray[np.int16] = jpeglib.read_dct(str(path)).Y
        return blocks
