"""Reads from the image: what it is, its selection, and the pixels the worker asks for.

Runs in GIMP.  Changes nothing, decides nothing, does no arithmetic on pixels.  All places are in
image coordinates; a layer's own buffer starts at the layer's offsets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gi.repository import Gimp

from object_removal.image.formats import (
    FORMATS,
    has_own_colours,
    own_format,
    read_pixels,
)
from object_removal.image.kinds import (
    groups_around,
    has_working_mask,
    is_animation,
    is_mixed,
    is_veiled,
)
from object_removal.image.layer import Place, PreparedLayer, RepairedCopy
from object_removal.image.rendered import (
    Shape,
    composite,
    duplicate,
    has_filters,
    rendered_image,
    rendered_layer,
    repairable_copy,
    shape,
    shaped_by,
)
from object_removal.image.repairs import (
    MOST_TRIES,
    first_try,
    is_repair,
    layers_above,
    mark,
    repairs_of,
    retouched,
    tries,
)
from object_removal.image.selection import painted, read_selection, selection_box
from object_removal.outcome import RunFailed
from object_removal.text import N_, _

SIDES = "x", "y", "width", "height"
MAX_THUMBNAIL_PX = 1024
"""The largest that GIMP makes."""

BASES = {
    Gimp.ImageBaseType.RGB: "rgb",
    Gimp.ImageBaseType.GRAY: "gray",
    Gimp.ImageBaseType.INDEXED: "indexed",
}
CLOSED = N_("The image was closed.")


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
        redone: Gimp.Layer | None = None,
    ) -> None:
        """``before`` was made of the same image: what it has measured need not be measured anew.

        ``redone``: the result that is tried again; its mask is the selection.
        """
        self.image = image
        self._drawables = self._chosen = drawables
        self._sample = "layer"
        self._redone = redone
        self.options: dict[str, Any] = {}
        """What the person chose; a result remembers it."""
        self._rendered: dict[str, Gimp.Layer] = {}
        self._measured: dict[tuple[object, ...], Shape] = before._measured if before else {}

    @property
    def layer(self) -> Gimp.Layer | None:
        """The layer to repair and to insert above; None where it is not one that is there."""
        if len(self._chosen) == 1 and isinstance(self._chosen[0], Gimp.Layer):
            return self._chosen[0] if self._chosen[0].is_valid() else None
        return None

    @property
    def uppermost(self) -> Gimp.Layer | None:
        """The layer to insert above: the source, or its uppermost repair where they are followed.

        None where all that is visible is repaired.
        """
        if self._sample == "visible" or self.layer is None:
            return None
        repairs = repairs_of(self.layer) if self._sample == "auto" else []
        return repairs[0] if repairs else self.layer

    @property
    def is_there(self) -> bool:
        """Whether the image is still open, and all that was chosen still in it."""
        return self.image.is_valid() and all(each.is_valid() for each in self._chosen)

    def check(self, sample: str) -> None:
        """Raise RunFailed where ``sample`` ("layer", "auto" or "visible") cannot be repaired.

        What is described and read from now on is what it stands for.
        """
        if not self.image.is_valid():
            raise RunFailed(_(CLOSED))
        self._choose(sample)
        gone = self._sample != "visible" and not (self._chosen and self.is_there)
        if gone or not self.image.get_layers():
            raise RunFailed(_("The layer was deleted. Choose another one, then try again."))
        if self.image.get_floating_sel() is not None:
            raise RunFailed(
                _(
                    "A floating selection is in the way. Anchor it or make it a layer, then "
                    "try again."
                )
            )
        if self._sample != "visible":
            self._check_layer()
        elif is_animation(self.image):
            raise RunFailed(
                _(
                    "The image is an animation, and its layers are frames. Choose “This layer” as "
                    "the source, which repairs the frame."
                )
            )

    def check_place(self) -> None:
        """Raise RunFailed where it is not one layer that another could be put above."""
        if len(self._chosen) != 1:
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
        has_mask = self.layer is not None and has_working_mask(self.layer)
        shown = bool(self._repairs())  # with them its mask is at work already
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
            "alpha": alpha or (shown and has_mask),
            "mask": has_mask and not shown,
            "whole": self._sample == "visible",
            "covered": bool(self._covers()),
            "frame": is_animation(self.image),
            "selection": selection_box(self.image, self._redone),
        }

    def prepare(self, name: str, place: Place, *, on_top: bool, instead: bool) -> PreparedLayer:
        """The layer that takes the repairs; ``instead``: a copy in the place of what is repaired.

        ``on_top``: what is repaired is all that is visible.
        """
        prepared = (
            self._prepare_copy(name, on_top=on_top)
            if instead
            else PreparedLayer(self.image, name, place)
        )
        facts: dict[str, Any] = {"options": self.options}
        channel = painted(self.image)
        if channel is not None:
            prepared.active = self.layer
            prepared.dropped.append(channel)  # GIMP switches Quick Mask off with it
        if self._redone is not None:
            earlier = tries(self._redone)
            # The first is the best, and stays.
            prepared.dropped += earlier[1 : len(earlier) - MOST_TRIES + 2]
            prepared.hidden += [each for each in earlier if each.get_visible()]
            facts["first"] = first_try(self._redone)
        mark(prepared.layer, None if on_top else self.layer, instead=instead, **facts)
        return prepared

    def _prepare_copy(self, name: str, *, on_top: bool) -> RepairedCopy:
        repairs = [] if on_top else self._repairs()
        originals = [*repairs, self.layer]
        if on_top:
            originals = [layer for layer in self.image.get_layers() if layer.get_visible()]
            copy = rendered_image(self.image, self._redone)
        elif repairs:
            box = self._shape()[0]
            copy = composite(self.image, originals, *(box[side] for side in SIDES))
        else:
            copy = repairable_copy(self.image, self.layer)
        is_frame = not on_top and is_animation(self.image)
        return RepairedCopy(self.image, name, copy, originals, is_frame=is_frame)

    def read(
        self, what: str, form: str, own: bool, x: int, y: int, width: int, height: int
    ) -> bytes:
        """Bytes of ``what`` in the rectangle, row by row.

        ``what`` is "selection", "layer", "mask" (the layer's), "auto" (the layer with its repairs),
        "cover" (the layers above a result) or "visible"; ``own`` asks for the image's own colours
        instead of sRGB.
        """
        if form not in FORMATS:
            raise ValueError(f"no such pixel format: {form}")
        if own:
            form = own_format(self.image, form)
        if what == "selection":
            return read_selection(self.image, self._redone, form, x, y, width, height)
        if what == "visible":
            return self._read_visible(form, x, y, width, height)
        if what == "cover":
            above = composite(self.image, self._covers(), x, y, width, height)
            return read_pixels(above, form, 0, 0, width, height)
        if what == "auto" and self._repairs():
            return read_pixels(self._repaired(x, y, width, height), form, 0, 0, width, height)
        # A filter may enlarge the layer, and not its mask.
        drawable = self.layer.get_mask() if what == "mask" else self._pixels()
        _ok, left, top = drawable.get_offsets()
        return read_pixels(drawable, form, x - left, y - top, width, height)

    def forget(self) -> None:
        """Free what was rendered: whatever is read next is read as it is then."""
        for layer in self._rendered.values():
            if layer.is_valid():
                layer.delete()
        self._rendered.clear()

    def _choose(self, sample: str) -> None:
        """Find out what ``sample`` stands for.

        Automatic is the layer that was chosen with the repairs on it.  Where its pixels are not
        what is seen, or a repair's source is gone, it is all that is visible.
        """
        self._sample, self._chosen = sample, self._drawables
        if sample == "auto":
            there = [each for each in self._drawables if each.is_valid()]
            if painted(self.image) in there:  # whoever paints sees all layers
                there = self.image.get_layers()
            self._chosen = list(dict.fromkeys(retouched(each) for each in there))
            if painted(self.image) is not None and len(self._chosen) > 1:
                self._sample = "visible"
            layer = self.layer
            if layer and (is_repair(layer) or is_veiled(layer)) and not is_animation(self.image):
                self._sample = "visible"

    def _repairs(self) -> list[Gimp.Layer]:
        """The repairs that are seen as part of what is repaired, the topmost first."""
        if self._sample != "auto" or self.layer is None:
            return []
        repairs = repairs_of(self.layer)
        return [each for each in repairs if each.get_visible() and each != self._redone]

    def _covers(self) -> list[Gimp.Layer]:
        """The layers that hide what lies under them, where a result would lie under them."""
        below = self.uppermost
        if below is None or is_animation(self.image):
            return []
        return [each for each in layers_above(below) if not is_mixed(each)]

    def _repaired(self, x: int, y: int, width: int, height: int) -> Gimp.Layer:
        """The layer with its repairs in this rectangle, until ``forget``."""
        key = f"repaired {x} {y} {width} {height}"
        if key not in self._rendered:
            layers = [*self._repairs(), self.layer]
            self._rendered[key] = composite(self.image, layers, x, y, width, height)
        return self._rendered[key]

    def _check_layer(self) -> None:
        self.check_place()
        layer = self.layer
        if not layer.get_visible():
            raise RunFailed(_("The layer is hidden. Show it, then try again."))
        if not all(group.get_visible() for group in groups_around(layer)):
            raise RunFailed(_("The layer is in a hidden group. Show the group, then try again."))
        if is_veiled(layer):
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
        elif wish["what"] == "auto" and self._repairs():
            place = (wish[side] for side in SIDES)
            seen = self._repaired(*place).get_thumbnail_data(wish["across"], wish["down"])
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

    def _read_visible(self, form: str, x: int, y: int, width: int, height: int) -> bytes:
        if has_filters(self.image.get_layers()):
            # What a filter does may depend on all of its layer: none may be cropped before.
            if "visible" not in self._rendered:
                self._rendered["visible"] = rendered_image(self.image, self._redone)
            return read_pixels(self._rendered["visible"], form, x, y, width, height)
        # A cropped duplicate composites the window alone: cost follows the window.
        copy = duplicate(self.image, self._redone)
        try:
            copy.crop(width, height, x, y)
            seen = Gimp.Layer.new_from_visible(copy, copy, "seen")
            return read_pixels(seen, form, 0, 0, width, height)
        finally:
            copy.delete()
