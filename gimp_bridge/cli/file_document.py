"""A picture file as a document: read for each wish, and written with the repairs in it.

The file is decoded anew each time, so that a picture waiting for its result takes no memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.cli.picture_file import Header, PictureFile
from gimp_bridge.picture.alpha import mix
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import FEATHER_PX, Mask
from gimp_bridge.service.pace import never
from gimp_bridge.worker.document import Document, Repair
from gimp_bridge.worker.job import AUTOMATIC, Job, Service

Busy = threading.Semaphore
"""Bounds how many whole pictures are in memory at once."""

Tell = Callable[[str, float | None], None]


def _nowhere(_text: str, _fraction: float | None) -> None:
    """The progress of one picture of many is not shown."""


class FileDocument(Document):
    """The picture in ``path``; what comes of it is written to ``output``.

    ``selected`` gives what is to be removed, when it is asked for.  Nobody is asked anything.
    """

    def __init__(
        self,
        path: Path,
        output: Path,
        selected: Callable[[], Mask],
        *,
        busy: Busy | None = None,
        tell: Tell = _nowhere,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        self._path = path
        self._output = output
        self._busy = busy or threading.Semaphore()
        self._selected = selected
        self._tell = tell
        self._cancelled = cancelled

    def cancelled(self) -> bool:
        """Whether nobody waits for the output any more."""
        return self._cancelled()

    def selection(self) -> Mask:
        """What is to be removed."""
        return self._selected()

    def pixels(self, box: Box, *, srgb: bool = False) -> NDArray[Any]:
        """The picture in ``box`` with alpha, uint8 or uint16."""
        with self._busy:
            picture = PictureFile.read(self._path)
            return np.array((picture.srgb() if srgb else picture.pixels)[box.slices()])

    def cover(self, box: Box) -> NDArray[np.uint8]:
        """Nothing lies over a file's picture."""
        return np.zeros((box.height, box.width), np.uint8)

    def in_own_colours(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """SRGB pixels in the colours of the file's profile."""
        with self._busy:
            return PictureFile.read(self._path).in_own_colours(rgb)

    def now(self) -> None:
        """A file is taken to stay as it is."""

    def insert(self, repairs: Sequence[Repair], name: str, *, instead: bool = False) -> str:
        """Write the picture with all ``repairs`` in it."""
        with self._busy:
            return write_repaired(self._path, self._output, repairs)

    def tell(self, text: str, fraction: float | None = None) -> None:
        """Show progress where that is wanted."""
        self._tell(text, fraction)

    def ask(self, message: str, choices: list[str], detail: str = "") -> str | None:
        """Nobody is there."""
        return None


def write_repaired(path: Path, output: Path, repairs: Sequence[Repair]) -> str:
    """Write the picture in ``path`` to ``output`` with all ``repairs`` in it; see there."""
    picture = PictureFile.read(path)
    repaired = np.zeros(picture.pixels.shape[:2], bool)
    for repair in repairs:
        below = picture.pixels[repair.box.slices()]
        below[:] = mix(below, repair.pixels, repair.coverage)
        repaired[repair.box.slices()] |= repair.coverage > 0
    return picture.write(output, repaired)


def file_job(
    name: str,
    header: Header,
    *,
    service: Service,
    grain: bool,
    grow_px: int | None = None,
    feather_px: float | None = None,
) -> Job:
    """The removal from a picture file; what is None is chosen as in GIMP."""
    canvas = Box(0, 0, *header.size)
    return Job(
        name=name,
        canvas=canvas,
        layer=canvas,
        base="rgb",
        precision=header.precision,
        sample="layer",
        own_colours=header.own_colours,
        has_alpha=True,
        has_mask=False,
        selection=canvas,
        service=service,
        extent="auto",
        grow_px=AUTOMATIC if grow_px is None else grow_px,
        feather_px=FEATHER_PX if feather_px is None else feather_px,
        grain=grain,
    )
