"""Reads from the image: what it is, its selection, and the pixels the worker asks for.

Runs in GIMP.  Changes nothing, decides nothing, does no arithmetic on pixels.  All places are in
image coordinates; a layer's own buffer starts at the layer's offsets.
"""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp  # noqa: E402

# Formats that may cross the pipe, with their bytes a pixel.  Without a space name they are sRGB:
# GEGL converts from the image's own profile and precision.  An unknown name would crash GIMP.
BYTES_PER_PIXEL = {"Y u8": 1, "R'G'B'A u8": 4, "R'G'B'A u16": 8, "R'G'B'A float": 16}
BASES = {
    Gimp.ImageBaseType.RGB: "rgb",
    Gimp.ImageBaseType.GRAY: "gray",
    Gimp.ImageBaseType.INDEXED: "indexed",
}


class Source:
    """The image and the layer a run starts from, and how they are read."""

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer) -> None:
        self.image = image
        self.layer = layer

    def describe(self) -> dict[str, Any]:
        """The job's facts: canvas, layer, selection and precision."""
        return {
            "image": {
                "name": self.image.get_name(),
                "width": self.image.get_width(),
                "height": self.image.get_height(),
                "base": BASES[self.image.get_base_type()],
                "precision": self.image.get_precision().value_nick,
            },
            "layer": self._layer_box(),
            "selection": self._selection_box(),
        }

    def read(self, what: str, form: str, x: int, y: int, width: int, height: int) -> bytes:
        """Bytes of ``what`` ("selection", "layer" or "visible") in the rectangle, row by row."""
        if form not in BYTES_PER_PIXEL:
            raise ValueError(f"no such pixel format: {form}")
        if what == "selection":
            return _read(self.image.get_selection(), form, x, y, width, height)
        if what == "visible":
            return self._read_visible(form, x, y, width, height)
        box = self._layer_box()
        return _read(self.layer, form, x - box["x"], y - box["y"], width, height)

    def _layer_box(self) -> dict[str, int]:
        _, x, y = self.layer.get_offsets()
        return {
            "x": x,
            "y": y,
            "width": self.layer.get_width(),
            "height": self.layer.get_height(),
        }

    def _selection_box(self) -> dict[str, int] | None:
        _, non_empty, left, top, right, bottom = Gimp.Selection.bounds(self.image)
        if not non_empty:
            return None
        return {"x": left, "y": top, "width": right - left, "height": bottom - top}

    def _read_visible(self, form: str, x: int, y: int, width: int, height: int) -> bytes:
        # A cropped duplicate composites the window alone: cost follows the window.
        copy = self.image.duplicate()
        try:
            copy.crop(width, height, x, y)
            seen = Gimp.Layer.new_from_visible(copy, copy, "seen")
            return _read(seen, form, 0, 0, width, height)
        finally:
            copy.delete()


def _read(drawable: Gimp.Drawable, form: str, x: int, y: int, width: int, height: int) -> bytes:
    rectangle = Gegl.Rectangle.new(x, y, width, height)
    pixels = drawable.get_buffer().get(rectangle, 1.0, form, Gegl.AbyssPolicy.NONE)
    expected = BYTES_PER_PIXEL[form] * width * height
    if len(pixels) != expected:
        raise ValueError(f"GIMP gave {len(pixels)} bytes where {expected} were asked for")
    return pixels
