"""Reads from the image: what it is, its selection, and the pixels the worker asks for.

Runs in GIMP.  Changes nothing, decides nothing, does no arithmetic on pixels.  All places are in
image coordinates; a layer's own buffer starts at the layer's offsets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gi.repository import Gegl, Gimp

from object_removal.image.formats import (
    FORMATS,
    bytes_per_pixel,
    has_own_colours,
    own_format,
)
from object_removal.image.layer import Place, PreparedLayer, RepairedCopy
from object_removal.image.rendered import (
    Shape,
    has_filters,
    rendered_image,
    rendered_layer,
    repairable_copy,
    shape,
    shaped_by,
)
from object_removal.outcome import RunFailed
from object_removal.text import N_, _

MAX_THUMBNAIL_PX = 1024
"""The largest that GIMP makes."""

BASES = {
    Gimp.ImageBaseType.RGB: "rgb",
    Gimp.ImageBaseType.GRAY: "gray",
    Gimp.ImageBaseType.INDEXED: "indexed",
}
ANIMATED = (".gif", ".webp", ".png", ".apng", ".mng")
FRAME = re.compile(r"\(\s*\d+\s*ms\s*\)|\((replace|combine)\)", re.IGNORECASE)
FRAME_OF_FILE = re.compile(FRAME.pattern + r"|^\D+ \d+( \(|$)", re.IGNORECASE)
"""In a file of frames without times they are merely numbered, in the language of GIMP."""
CLOSED = N_("The image was closed.")
PLAIN_COMPOSITION = {Gimp.LayerCompositeMode.AUTO, Gimp.LayerCompositeMode.UNION}
PLAIN_MODES = {Gimp.LayerMode.NORMAL, Gimp.LayerMode.NORMAL_LEGACY, Gimp.LayerMode.PASS_THROUGH}


class Source:
    """The image and what of it a run starts from, and how they are read.

    What has to be rendered to be read is kept from its first reading on until ``forget``, which
    belongs at the end of every request of the worker, or until it is described anew.
    """

    def __init__(
        self,
        image: Gimp.Image,
        drawables: list[Gimp.Drawable],
        before: Source | None = None,
    ) -> None:
        """``before`` was made of the same image: what it has measured need not be measured anew."""
        self.image = image
        self._drawables = drawables
        self._rendered: dict[str, Gimp.Layer] = {}
        self._measured: dict[tuple[object, ...], Shape] = before._measured if before else {}

    @property
    def layer(self) -> Gimp.Layer | None:
        """The layer to repair and to insert above; None where it is not one that is there."""
        if len(self._drawables) == 1 and isinstance(self._drawables[0], Gimp.Layer):
            return self._drawables[0] if self._drawables[0].is_valid() else None
        return None

    @property
    def is_there(self) -> bool:
        """Whether the image is still open, and all that was chosen still in it."""
        return self.image.is_valid() and all(each.is_valid() for each in self._drawables)

    def check(self, sample: str) -> None:
        """Raise RunFailed where ``sample`` ("layer" or "visible") cannot be repaired."""
        if not self.image.is_valid():
            raise RunFailed(_(CLOSED))
        gone = sample == "layer" and not self.is_there
        if gone or not self.image.get_layers():
            raise RunFailed(_("The layer was deleted. Choose another one, then try again."))
        if self.image.get_floating_sel() is not None:
            raise RunFailed(
                _(
                    "A floating selection is in the way. Anchor it or make it a layer, then "
                    "try again."
                )
            )
        if sample == "layer":
            self._check_layer()
        elif _is_animation(self.image):
            raise RunFailed(
                _(
                    "The image is an animation, and its layers are frames. Choose “This layer” as "
                    "the source, which repairs the frame."
                )
            )

    def check_place(self) -> None:
        """Raise RunFailed where it is not one layer that another could be put above."""
        if len(self._drawables) != 1:
            raise RunFailed(
                _("Several layers are chosen. Choose the one to repair, then try again.")
            )
        if self.layer is None:
            raise RunFailed(
                _("A channel or mask is active. Click the layer itself, then try again.")
            )

    def describe(self) -> dict[str, Any]:
        """The job's facts: canvas, layer, selection and precision."""
        self.forget()
        box, alpha = self._shape()
        return {
            "image": {
                "name": self.image.get_name(),
                "width": self.image.get_width(),
                "height": self.image.get_height(),
                "base": BASES[self.image.get_base_type()],
                "precision": self.image.get_precision().value_nick,
                "own_colours": has_own_colours(self.image),
            },
            "layer": box,
            "alpha": alpha,
            "mask": self.layer is not None and _has_working_mask(self.layer),
            "frame": _is_animation(self.image),
            "selection": self._selection_box(),
        }

    def prepare(self, name: str, place: Place, *, on_top: bool, instead: bool) -> PreparedLayer:
        """The layer that takes the repairs; ``instead``: a copy in the place of what is repaired.

        ``on_top``: what is repaired is all that is visible.
        """
        if not instead:
            return PreparedLayer(self.image, name, place)
        seen = [layer for layer in self.image.get_layers() if layer.get_visible()]
        originals = seen if on_top else [self.layer]
        copy = rendered_image(self.image) if on_top else repairable_copy(self.image, self.layer)
        is_frame = not on_top and _is_animation(self.image)
        return RepairedCopy(self.image, name, copy, originals, is_frame=is_frame)

    def read(
        self, what: str, form: str, own: bool, x: int, y: int, width: int, height: int
    ) -> bytes:
        """Bytes of ``what`` in the rectangle, row by row.

        ``what`` is "selection", "layer", "mask" (the layer's) or "visible"; ``own`` asks for the
        image's own colours instead of sRGB.
        """
        if form not in FORMATS:
            raise ValueError(f"no such pixel format: {form}")
        if own:
            form = own_format(self.image, form)
        if what == "selection":
            return _read(self.image.get_selection(), form, x, y, width, height)
        if what == "visible":
            return self._read_visible(form, x, y, width, height)
        # A filter may enlarge the layer, and not its mask.
        drawable = self.layer.get_mask() if what == "mask" else self._pixels()
        _ok, left, top = drawable.get_offsets()
        return _read(drawable, form, x - left, y - top, width, height)

    def forget(self) -> None:
        """Free what was rendered: whatever is read next is read as it is then."""
        for layer in self._rendered.values():
            if layer.is_valid():
                layer.delete()
        self._rendered.clear()

    def _check_layer(self) -> None:
        self.check_place()
        layer = self.layer
        if not layer.get_visible():
            raise RunFailed(_("The layer is hidden. Show it, then try again."))
        if not all(group.get_visible() for group in _groups_around(layer)):
            raise RunFailed(_("The layer is in a hidden group. Show the group, then try again."))
        if layer.get_opacity() < 100 or _is_mixed(layer):
            raise RunFailed(
                _(
                    "The layer is mixed with those below (by a mode or opacity), so that a "
                    "repair on top of it would look different. Choose “All visible layers” as "
                    "the source."
                )
            )

    def _pixels(self) -> Gimp.Layer:
        """The layer as it is rendered: itself, or a copy into which its filters are merged."""
        if not self.layer.get_filters():
            return self.layer
        if "layer" not in self._rendered:
            self._rendered["layer"] = rendered_layer(self.image, self.layer)
        return self._rendered["layer"]

    def glance(self, wish: Mapping[str, Any]) -> tuple[dict[str, int], bytes]:
        """A reduced picture that GIMP makes of what it has at hand: its facts and its bytes.

        Of the layer it shows the wished rectangle; of what is visible, the whole canvas.
        """
        # Not the variants that give a pixbuf: in GIMP 3.2.6 freeing it twice ends the plug-in.
        if wish["what"] == "visible":
            seen = self.image.get_thumbnail_data(MAX_THUMBNAIL_PX, MAX_THUMBNAIL_PX)
        else:
            pixels = self._pixels()
            _ok, left, top = pixels.get_offsets()
            size = (wish["width"], wish["height"], wish["across"], wish["down"])
            seen = pixels.get_sub_thumbnail_data(wish["x"] - left, wish["y"] - top, *size)
        pixels, width, height, channels = seen[-4:]
        return {"width": width, "height": height, "channels": channels}, pixels.get_data()

    def _shape(self) -> Shape:
        """The box of what is repaired, and whether it may be transparent."""
        if self.layer is None:
            size = {"width": self.image.get_width(), "height": self.image.get_height()}
            return {"x": 0, "y": 0, **size}, True
        if not self.layer.get_filters():
            return shape(self.layer)
        # A dialog asks several times a second, and rendering 12 megapixels takes 3 s.
        known = shaped_by(self.layer)
        if known not in self._measured:
            self._measured.clear()
            self._measured[known] = shape(self._pixels())
        return self._measured[known]

    def _selection_box(self) -> dict[str, int] | None:
        _ok, non_empty, left, top, right, bottom = Gimp.Selection.bounds(self.image)
        if not non_empty:
            return None
        return {"x": left, "y": top, "width": right - left, "height": bottom - top}

    def _read_visible(self, form: str, x: int, y: int, width: int, height: int) -> bytes:
        if has_filters(self.image.get_layers()):
            # What a filter does may depend on all of its layer: none may be cropped before.
            if "visible" not in self._rendered:
                self._rendered["visible"] = rendered_image(self.image)
            return _read(self._rendered["visible"], form, x, y, width, height)
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
    expected = bytes_per_pixel(form) * width * height
    if len(pixels) != expected:
        raise ValueError(f"GIMP gave {len(pixels)} bytes where {expected} were asked for")
    return pixels


def _groups_around(layer: Gimp.Layer) -> Iterator[Gimp.Layer]:
    """The group that ``layer`` is in, the one that this is in, and so on."""
    while layer := layer.get_parent():
        yield layer


def _is_mixed(layer: Gimp.Layer) -> bool:
    """Whether the layer looks otherwise than its own pixels over those below.

    What passes through a group is mixed with what lies below the group.
    """
    mode = layer.get_mode()
    if mode not in PLAIN_MODES or layer.get_composite_mode() not in PLAIN_COMPOSITION:
        return True
    passes = layer.is_group() and mode == Gimp.LayerMode.PASS_THROUGH
    return passes and any(_is_mixed(each) for each in layer.get_children() if each.get_visible())


def _is_animation(image: Gimp.Image) -> bool:
    """Whether the layers are frames: most are named as GIMP's loaders name them."""
    layers = image.get_layers()
    file = image.get_imported_file()
    loaded = file is not None and file.get_basename().lower().endswith(ANIMATED)
    marks = FRAME_OF_FILE if loaded else FRAME
    frames = sum(bool(marks.search(layer.get_name())) for layer in layers)
    return len(layers) > 1 and 2 * frames > len(layers)


def _has_working_mask(layer: Gimp.Layer) -> bool:
    return layer.get_mask() is not None and layer.get_apply_mask()
