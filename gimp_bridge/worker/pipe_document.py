"""GIMP's picture as a document: every wish becomes frames of the pipe, see ``wire``.

With a job's number it is one picture of a batch: each frame then carries the number.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gimp_bridge import wire
from gimp_bridge.errors import EditedMeanwhile
from gimp_bridge.language import _
from gimp_bridge.picture import upload
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask
from gimp_bridge.picture.parts import hull
from gimp_bridge.worker.document import EDITED, Document, Repair
from gimp_bridge.worker.job import SAMPLES, Job, Scene, scene_of
from gimp_bridge.worker.logs import stage
from gimp_bridge.worker.pipe import Pipe

TELL_EVERY_S = 0.2
"""Progress with an unchanged text is told so often at most."""


def mask_of(box: Box, coverage: bytes | bytearray | memoryview) -> Mask:
    """The selection in ``box`` from its bytes, one for each pixel."""
    return Mask(box, np.frombuffer(coverage, np.uint8).reshape(box.height, box.width))


class PipeDocument(Document):
    """The picture that ``scene`` describes; ``selected`` gives its selection if it is not GIMP's.

    Nobody is asked in a batch: the person agreed before.
    """

    def __init__(
        self,
        pipe: Pipe,
        scene: Scene,
        number: int | None = None,
        selected: Callable[[], Mask] | None = None,
    ) -> None:
        self._pipe = pipe
        self._scene = scene
        self._number = {} if number is None else {"job": number}
        self._selected = selected
        self._told: tuple[str, float] = ("", 0.0)
        self._ahead: tuple[Box, Future[NDArray[Any]]] | None = None

    def cancelled(self) -> bool:
        """Whether the pipe has ended."""
        return self._pipe.cancelled()

    @stage("mask")
    def selection(self) -> Mask:
        """The selection within the job's bounds of it."""
        if self._selected:
            return self._selected()
        box = cast(Job, self._scene).selection  # nobody asks for that of a scene alone
        return mask_of(box, self._pipe.selection(box._asdict(), **self._number))

    @stage("read")
    def pixels(self, box: Box, *, srgb: bool = False) -> NDArray[Any]:
        """The source in ``box``; from what was read ahead, where it lies in that."""
        scene = self._scene
        own = scene.own_colours and not srgb
        if self._ahead and own == scene.own_colours and box.clamp(self._ahead[0]) == box:
            (whole, coming), self._ahead = self._ahead, None
            pixels = coming.result()[box.relative_to(whole).slices()]
        else:
            pixels = self._read(scene.sample, scene.read_format, box, own=own)
        if scene.sample != "visible" and scene.has_mask:
            pixels = upload.veil(pixels, self._read("mask", "Y u8", box)[..., 0])
        return pixels

    @stage("mask")
    def cover(self, box: Box) -> NDArray[np.uint8]:
        """The alpha of all that lies above the place of a result."""
        return self._read("cover", "A u8", box)[..., 0]

    @contextlib.contextmanager
    def reading_ahead(self, box: Box | None) -> Iterator[None]:
        """Within it GIMP is asked for ``box`` of the source already, while there is time.

        What was asked for has been answered when the block is left, wanted or not.
        """
        if box is None:
            yield
            return
        scene = self._scene
        with ThreadPoolExecutor(1, thread_name_prefix="ahead") as aside:
            coming = aside.submit(
                self._read, scene.sample, scene.read_format, box, own=scene.own_colours
            )
            self._ahead = box, coming
            yield

    def glance(self, box: Box, across: int, down: int) -> NDArray[np.uint8]:
        """``box``, or all of the canvas where what is seen is repaired, in about this size.

        uint8 (h, w, channels): grey or RGB, with or without alpha.
        """
        wish = {"what": self._scene.sample, "across": across, "down": down, **box._asdict()}
        answer = self._request("glance", wish, answer="data")
        size = [answer.fields[name] for name in ("height", "width", "channels")]
        return np.frombuffer(answer.payload, np.uint8).reshape(size)

    def in_own_colours(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """GIMP's conversion from sRGB to the image's profile."""
        height, width = rgb.shape[:2]
        wish = {"format": "R'G'B'A u8", "width": width, "height": height}
        data = self._request("convert", wish, upload.with_alpha(rgb).tobytes(), answer="data")
        return np.frombuffer(data.payload, np.uint8).reshape(height, width, 4)[..., :3]

    @stage("insert")
    def now(self) -> Scene:
        """What the image is like now; EditedMeanwhile where it could not be repaired any more."""
        told = self._request("describe", {"what": self._scene.sample}, answer="described").fields
        if not told:
            raise EditedMeanwhile(_(EDITED))
        scene = scene_of(told, self._scene.sample)
        self._scene = replace(self._scene, canvas=scene.canvas, layer=scene.layer)
        return scene

    @stage("insert")
    def insert(self, repairs: Sequence[Repair], name: str, *, instead: bool = False) -> None:
        """Have one layer of all ``repairs`` prepared and inserted."""
        scene = self._scene
        place = hull([repair.box for repair in repairs])._asdict()
        on_top = scene.sample == "visible"
        wish = {**place, "name": name, "on_top": on_top, "instead": instead}
        self._request("begin", wish)
        form = {"format": scene.pixel_format, "own": scene.own_colours}
        for repair in repairs:
            # One copy, not one of each part and another of both: a window may have 200 MB.
            parts = [np.ascontiguousarray(part).data for part in (repair.pixels, repair.coverage)]
            self._request("patch", {**repair.box._asdict(), **form}, b"".join(parts))
        self._request("insert", {"on_top": on_top, "to_rgb": scene.to_rgb})

    def tell(self, text: str, fraction: float | None = None) -> None:
        """Show progress, unless it says nothing new: many jobs tell it at once."""
        now = time.monotonic()
        if text == self._told[0] and now - self._told[1] < TELL_EVERY_S:
            return
        self._told = text, now
        self._pipe.send("progress", {"text": text, "fraction": fraction, **self._number})

    def ask(self, message: str, choices: list[str], detail: str = "") -> str | None:
        """Let the person choose, unless it is one of many pictures."""
        return None if self._number else self._pipe.ask(message, choices, detail)

    def _read(self, what: str, form: str, box: Box, *, own: bool = False) -> NDArray[Any]:
        samples = self._pipe.read(what, form, box._asdict(), own=own, **self._number)
        return np.frombuffer(samples, SAMPLES[form.split()[-1]]).reshape(box.height, box.width, -1)

    def _request(
        self, kind: str, fields: dict[str, Any], payload: bytes = b"", *, answer: str = "done"
    ) -> wire.Frame:
        return self._pipe.request(kind, {**fields, **self._number}, payload, answer=answer)
