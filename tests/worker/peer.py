"""The plug-in's end of the pipe, played by a test: a picture in memory and a real worker process.

Answers the worker's wishes from arrays as GIMP would, and keeps what was prepared and inserted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from gimp_bridge import __version__, wire

PATIENCE_S = 300.0
"""How long a worker may say nothing, or take to end: only one that hangs comes near."""

MAIN = Path(wire.__file__).with_name("__main__.py")
DTYPES: dict[str, type] = {"Y u8": np.uint8, "R'G'B'A u8": np.uint8, "R'G'B'A u16": np.uint16}
DTYPES["R'G'B'A float"] = np.float32
DTYPES |= {form.replace("A ", " "): dtype for form, dtype in DTYPES.items()}


class Picture:
    """A layer at an offset on a canvas, with a selection of the canvas' size (0..255)."""

    def __init__(self, layer: np.ndarray, x: int = 0, y: int = 0, canvas=None) -> None:
        self.layer = layer
        self.x, self.y = x, y
        height, width = layer.shape[:2]
        self.width, self.height = canvas or (width, height)
        self.mask: np.ndarray | None = None
        self.selection = np.zeros((self.height, self.width), np.uint8)
        self.precision = "u16-non-linear" if layer.dtype == np.uint16 else "u8-non-linear"

    def job(self, **options: Any) -> dict[str, Any]:
        chosen = {"service": "this-computer", "sample": "layer", "extent": "auto"}
        chosen |= {"grow": 0, "feather": 0.0} | options
        return {
            "image": {
                "name": "test",
                "width": self.width,
                "height": self.height,
                "base": "rgb",
                "precision": self.precision,
                "own_colours": False,
            },
            "layer": box(self.x, self.y, self.layer.shape[1], self.layer.shape[0]),
            "alpha": self.layer.shape[2] == 4,
            "mask": self.mask is not None,
            "frame": False,
            "selection": self._selection_box(),
            "options": chosen,
        }

    def read(self, what: str, x: int, y: int, width: int, height: int) -> np.ndarray:
        if what == "selection":
            return self.selection[y : y + height, x : x + width]
        x, y = x - self.x, y - self.y
        if what == "mask":
            return self.mask[y : y + height, x : x + width]
        return self.layer[y : y + height, x : x + width]

    def _selection_box(self) -> dict[str, int] | None:
        rows, columns = self.selection.any(1).nonzero()[0], self.selection.any(0).nonzero()[0]
        if not rows.size:
            return None
        left, top = int(columns[0]), int(rows[0])
        return box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


class Peer:
    """A worker process and the frames exchanged with it."""

    def __init__(self, **environment: str) -> None:
        self.patience_s = PATIENCE_S
        self.reads: list[dict[str, Any]] = []
        self.progress: list[str] = []
        self.questions: list[str] = []
        self.details: list[str] = []
        self.choice: str | None = None
        self.begun: dict[str, Any] | None = None
        self.patches: list[wire.Frame] = []
        self.inserted = False
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(MAIN), "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )

    def send(self, kind: str, fields: Any = None, payload: bytes = b"") -> None:
        wire.write_frame(self.process.stdin, kind, fields, payload)

    def receive(self) -> wire.Frame | None:
        """The next frame, or None when the worker has ended; one that says nothing is killed."""
        limit = threading.Timer(self.patience_s, self.process.kill)
        limit.start()
        try:
            frame = wire.read_frame(self.process.stdout)
            assert not limit.finished.is_set(), f"the worker said nothing for {self.patience_s} s"
            return frame
        finally:
            limit.cancel()

    def greet(self) -> wire.Frame | None:
        self.send("hello", {"protocol": wire.PROTOCOL, "version": __version__})
        return self.receive()

    def run(self, picture: Picture, **options: Any) -> wire.Frame:
        """One whole removal; returns the last frame, ``finished`` or ``failed``."""
        self.greet()
        return self.request("run", picture, **options)

    def request(self, kind: str, picture: Picture, **options: Any) -> wire.Frame:
        """Ask for one thing and serve the worker until it is done."""
        self.send(kind, {"job": picture.job(**options)})
        while True:
            frame = self.receive()
            assert frame is not None, "the worker ended without a word"
            if frame.kind in ("finished", "failed"):
                return frame
            self.answer(frame, picture)

    def call(
        self, kind: str, fields: Any = None, payload: bytes = b"", picture: Picture | None = None
    ) -> tuple[wire.Frame, wire.Frame | None]:
        """Ask for one thing; returns the last frame and the answer that came before it, if any."""
        self.send(kind, fields or {}, payload)
        answer = None
        while (frame := self.receive()).kind not in ("finished", "failed"):
            if frame.kind in ("read", "glance"):
                self.answer(frame, picture)
            else:
                answer = frame
        return frame, answer

    def answer(self, frame: wire.Frame, picture: Picture) -> None:
        fields = frame.fields
        if frame.kind == "read":
            self.reads.append(fields)
            place = [fields[side] for side in ("x", "y", "width", "height")]
            pixels = picture.read(fields["what"], *place)
            assert pixels.dtype == DTYPES[fields["format"]]
            self.send("data", payload=np.ascontiguousarray(pixels).tobytes())
        elif frame.kind == "glance":
            self._glance(fields, picture)
        elif frame.kind == "describe":
            self.send("described", picture.job())
        elif frame.kind == "progress":
            self.progress.append(fields["text"])
        elif frame.kind == "ask":
            self.questions.append(fields["message"])
            self.details.append(fields["detail"])
            self.send("answer", {"choice": self.choice})
        else:
            self._keep(frame)
            self.send("done")

    def _glance(self, wish: dict[str, Any], picture: Picture) -> None:
        across, down = wish["across"], wish["down"]
        pixels = picture.read("layer", *(wish[side] for side in ("x", "y", "width", "height")))
        rows = np.arange(down) * pixels.shape[0] // down
        columns = np.arange(across) * pixels.shape[1] // across
        small = np.ascontiguousarray(pixels[rows][:, columns])
        size = {"width": across, "height": down, "channels": 4}
        self.send("data", size, small.tobytes())

    def _keep(self, frame: wire.Frame) -> None:
        if frame.kind == "begin":
            self.begun = frame.fields
        elif frame.kind == "patch":
            self.patches.append(frame)
        else:
            assert frame.kind == "insert"
            self.inserted = True

    def patch(self, number: int = 0) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
        """(place, pixels (H, W, 4), mask (H, W)) of one patch received."""
        fields, payload = self.patches[number].fields, self.patches[number].payload
        shape = (fields["height"], fields["width"])
        count = shape[0] * shape[1]
        mask = np.frombuffer(payload[-count:], np.uint8).reshape(shape)
        pixels = np.frombuffer(payload[:-count], DTYPES[fields["format"]])
        return fields, pixels.reshape(*shape, 4), mask

    def close(self) -> int:
        """Close the pipe and wait; returns the worker's exit status."""
        self.process.stdin.close()
        try:
            return self.process.wait(self.patience_s)
        finally:
            self.process.kill()  # where it did not end
            self.process.wait()
            self.process.stdout.close()


def box(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "width": width, "height": height}


def quadrants(width: int, height: int) -> np.ndarray:
    """RGBA uint8: four different quadrants, each with its own gradient: no shift can hide."""
    y, x = np.mgrid[:height, :width]
    picture = np.empty((height, width, 4), np.uint8)
    picture[..., 0] = 40 + 120 * (x >= width // 2) + (x * 7) % 50
    picture[..., 1] = 60 + 100 * (y >= height // 2) + (y * 5) % 50
    picture[..., 2] = (x * 3 + y * 2) % 200
    picture[..., 3] = 255
    return picture


def flat_quadrants(width: int, height: int) -> np.ndarray:
    """RGBA uint8: four flat quadrants, in which no grain is to be matched."""
    picture = np.full((height, width, 4), 255, np.uint8)
    picture[: height // 2, : width // 2, :3] = (200, 40, 30)
    picture[: height // 2, width // 2 :, :3] = (30, 180, 60)
    picture[height // 2 :, : width // 2, :3] = (20, 60, 190)
    picture[height // 2 :, width // 2 :, :3] = (150, 140, 120)
    return picture
