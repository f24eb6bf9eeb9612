"""A picture file in the place of GIMP: answers a removal's wishes, and writes the repaired file.

What GIMP does with a layer is done here with an array: the patch goes where its mask is.  The
file is decoded anew for each wish, so that a picture waiting for its result takes no memory.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gimp_bridge import wire
from gimp_bridge.cli.picture_file import PictureFile
from gimp_bridge.errors import HostRefused
from gimp_bridge.language import _
from gimp_bridge.picture.geometry import Box
from gimp_bridge.worker.host import Host
from gimp_bridge.worker.job import Job, Service

Busy = threading.Semaphore
"""Bounds how many whole pictures are in memory at once."""


class FileHost(Host):
    """A host whose layer is the picture in ``path``; what comes of it is written to ``output``.

    Nobody is asked, and nothing cancels: Ctrl+C is a stop, and what is under way is finished.
    """

    def __init__(self, path: Path, output: Path, busy: Busy | None = None) -> None:
        self._path = path
        self._output = output
        self._busy = busy or threading.Semaphore()
        self._patches: list[wire.Frame] = []

    def send(self, kind: str, fields: wire.Fields = None, payload: wire.Payload = b"") -> None:
        """The progress of a single picture is not shown."""

    def request(
        self,
        kind: str,
        fields: wire.Fields = None,
        payload: wire.Payload = b"",
        *,
        answer: str = "done",
    ) -> wire.Frame:
        """Read a window, take a patch, or write the picture with all patches in it."""
        wish = dict(fields or {})
        if kind == "read":
            return wire.Frame("data", {}, self._read(_place(wish)))
        if kind == "patch":
            self._patches.append(wire.Frame(kind, wish, bytes(payload)))
        elif kind == "insert":
            self._write()
        elif kind != "begin":
            raise HostRefused(_("A file cannot do this ({kind}).").format(kind=kind))
        return wire.Frame("done", {})

    def _read(self, box: Box) -> bytes:
        with self._busy:
            return PictureFile.read(self._path).pixels[box.slices()].tobytes()

    def _write(self) -> None:
        with self._busy:
            picture = PictureFile.read(self._path)
            for patch in self._patches:
                _blend(picture, patch)
            self._patches.clear()
            picture.write(self._output)


def file_job(
    name: str,
    canvas: Box,
    *,
    service: Service,
    grain: bool,
    grow_px: int = 0,
    feather_px: float = 0.0,
) -> Job:
    """The removal from a picture file of the size of ``canvas``."""
    return Job(
        name=name,
        canvas=canvas,
        layer=canvas,
        base="rgb",
        precision="u8-non-linear",
        sample="layer",
        own_colours=False,
        has_alpha=True,
        has_mask=False,
        selection=canvas,
        service=service,
        extent="auto",
        grow_px=max(0, grow_px),
        feather_px=max(0.0, feather_px),
        grain=grain,
    )


def _blend(picture: PictureFile, patch: wire.Frame) -> None:
    box = _place(patch.fields)
    samples = np.frombuffer(patch.payload, np.uint8)
    above = samples[: 4 * box.area].reshape(box.height, box.width, 4)
    cover = samples[4 * box.area :].reshape(box.height, box.width, 1).astype(np.uint16)
    below = picture.pixels[box.slices()]
    # A layer mask in 8 bits, rounded to the nearest: 0 and 255 are exact.
    below[:] = (above * cover + below * (255 - cover) + 127) // 255


def _place(fields: Mapping[str, Any]) -> Box:
    return Box(fields["x"], fields["y"], fields["width"], fields["height"])
