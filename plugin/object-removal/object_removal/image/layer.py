"""Writes to the image: one new layer, prepared aside and then inserted at once.

Runs in GIMP.  Until ``insert`` the layer belongs to no image, so a run that fails leaves nothing
behind; the insertion itself is the run's only undo step.
"""

from __future__ import annotations

import re

from gi.repository import Gegl, Gimp

from object_removal.image.formats import bytes_per_pixel, own_format

Place = tuple[int, int, int, int]
"""x, y, width, height, in image coordinates."""

LAYER_TYPES = {
    Gimp.ImageBaseType.RGB: Gimp.ImageType.RGBA_IMAGE,
    Gimp.ImageBaseType.GRAY: Gimp.ImageType.GRAYA_IMAGE,
    Gimp.ImageBaseType.INDEXED: Gimp.ImageType.INDEXEDA_IMAGE,
}


class PreparedLayer:
    """A transparent layer with a black mask, not yet in the image, filled patch by patch."""

    def __init__(
        self, image: Gimp.Image, name: str, place: Place, layer: Gimp.Layer | None = None
    ) -> None:
        """``place``: x, y, width, height; ``layer``: one that is prepared already."""
        self._image = image
        self._written: list[tuple[Gegl.Rectangle, str, bytes, bytes]] = []
        self._box = place
        self.active: Gimp.Layer | None = None
        """The layer that becomes active where a channel was that goes."""
        self.hidden: list[Gimp.Layer] = []
        """The layers that it replaces: they are hidden with the insertion."""
        self.dropped: list[Gimp.Layer | Gimp.Channel] = []
        """The layers and channels that are removed with the insertion."""
        if layer is None:
            kind = LAYER_TYPES[image.get_base_type()]
            mode = image.get_default_new_layer_mode()
            layer = Gimp.Layer.new(image, name, *place[2:], kind, 100.0, mode)
            layer.fill(Gimp.FillType.TRANSPARENT)
            layer.set_offsets(*place[:2])
            layer.add_mask(layer.create_mask(Gimp.AddMaskType.BLACK))
        layer.set_name(name)
        self.layer = layer

    def write(self, place: Place, form: str, own: bool, payload: bytes | bytearray) -> None:
        """Write one patch: the rows of pixels in ``form``, then one mask byte a pixel.

        ``own`` says that the pixels are in the image's own colours instead of sRGB.
        """
        rectangle = self._inside(*place)
        width, height = place[2:]
        split = bytes_per_pixel(form) * width * height
        if len(payload) != split + width * height:
            raise ValueError(f"a patch of {width} × {height} does not have {len(payload)} bytes")
        pixels = memoryview(payload)
        form = own_format(self._image, form) if own else form
        patch = rectangle, form, bytes(pixels[:split]), bytes(pixels[split:])
        self._write(*patch)
        self._written.append(patch)

    def insert(self, above: Gimp.Layer | None, *, to_rgb: bool = False) -> None:
        """Insert the layer right above the layer ``above``, or on top of all where it is None.

        ``to_rgb``: the image has a palette and becomes RGB in the same step.
        """
        self._image.undo_group_start()
        try:
            self._insert(above)
            if to_rgb:
                self._convert()
            self._take_over()
        except BaseException:
            if self.layer in self._image.get_layers() or self.layer.get_parent():
                self._image.remove_layer(self.layer)
            raise
        finally:
            self._image.undo_group_end()

    def _take_over(self) -> None:
        for layer in self.hidden:
            _hide(layer)
        for item in self.dropped:
            is_layer = isinstance(item, Gimp.Layer)
            (self._image.remove_layer if is_layer else self._image.remove_channel)(item)

    def _write(self, rectangle: Gegl.Rectangle, form: str, colours: bytes, mask: bytes) -> None:
        _write(self.layer, rectangle, form, colours)
        _write(self.layer.get_mask(), rectangle, "Y u8", mask)

    def _convert(self) -> None:
        # GIMP takes a layer of the image's own kind only, so it is converted with the image; what
        # the palette could not hold is written again.
        if not self._image.convert_rgb():
            raise RuntimeError("GIMP did not make an RGB image of one with a palette")
        for patch in self._written:
            self._write(*patch)

    def _insert(self, above: Gimp.Layer | None) -> None:
        # A mask that is edited when its layer becomes the active one switches one of GIMP's
        # actions, and at each switch GIMP looks through the whole selection, for all of them.
        if self.layer.get_mask() is not None:
            self.layer.set_edit_mask(False)
        chosen = self._image.get_selected_layers()
        selected = self._image.get_selected_channels()
        channels = [each for each in selected if each not in self.dropped]
        parent = above.get_parent() if above else None
        position = self._image.get_item_position(above) if above else 0
        if not self._image.insert_layer(self.layer, parent, position):
            raise RuntimeError("GIMP did not take the new layer")
        # A new layer becomes the active one; to choose layers unchooses channels, and so back.
        if channels:
            self._image.set_selected_channels(channels)
        else:
            self._image.set_selected_layers(chosen or [self.active or self.layer])
        if self.layer.get_mask() is not None:
            self.layer.set_edit_mask(True)  # whoever chooses the layer paints on its mask

    def discard(self) -> None:
        """Free a layer that was not inserted."""
        if self.layer.is_valid():
            self.layer.delete()

    def _inside(self, x: int, y: int, width: int, height: int) -> Gegl.Rectangle:
        left, top = x - self._box[0], y - self._box[1]
        fits = left >= 0 and top >= 0
        if not fits or left + width > self._box[2] or top + height > self._box[3]:
            raise ValueError("a patch lies outside its layer")
        return Gegl.Rectangle.new(left, top, width, height)


class RepairedCopy(PreparedLayer):
    """A copy of what is repaired, which takes the place of its ``originals`` in the image.

    A layer on top cannot make anything more transparent; this can.  Of a patch only the pixels
    with a mask byte are written.
    """

    def __init__(
        self,
        image: Gimp.Image,
        name: str,
        copy: Gimp.Layer,
        originals: list[Gimp.Layer],
        *,
        is_frame: bool,
    ) -> None:
        """``is_frame``: the original goes, and the copy has its name; else it is hidden."""
        self._name = originals[0].get_name() if is_frame else name
        _ok, x, y = copy.get_offsets()
        super().__init__(image, self._name, (x, y, copy.get_width(), copy.get_height()), copy)
        self.hidden = originals
        self._is_frame = is_frame

    def _write(self, rectangle: Gegl.Rectangle, form: str, colours: bytes, mask: bytes) -> None:
        pixel, width = bytes_per_pixel(form), rectangle.width
        shown = self.layer.get_mask() if self.layer.get_apply_mask() else None
        buffer, mask_buffer = self.layer.get_buffer(), shown and shown.get_buffer()
        for row in range(rectangle.height):
            line = mask[row * width : (row + 1) * width]
            for run in re.finditer(rb"[^\0]+", line):
                at, length = row * width + run.start(), run.end() - run.start()
                place = Gegl.Rectangle.new(rectangle.x + run.start(), rectangle.y + row, length, 1)
                buffer.set(place, form, colours[pixel * at : pixel * (at + length)])
                if mask_buffer:
                    mask_buffer.set(place, "Y u8", b"\xff" * length)
        for drawable, written in ((self.layer, buffer), (shown, mask_buffer)):
            if written:
                written.flush()
                drawable.update(rectangle.x, rectangle.y, rectangle.width, rectangle.height)

    def _take_over(self) -> None:
        if self._is_frame:
            self._replace(self.hidden[0])
        else:
            self.layer.set_visible(True)
            super()._take_over()

    def _replace(self, frame: Gimp.Layer) -> None:
        chosen = self._image.get_selected_layers()
        self._image.remove_layer(frame)
        self.layer.set_name(self._name)
        if frame in chosen:  # else GIMP would choose a neighbour
            self._image.set_selected_layers(
                [self.layer if each == frame else each for each in chosen]
            )


def _hide(layer: Gimp.Layer) -> None:
    locked = layer.get_lock_visibility()
    layer.set_lock_visibility(False)
    layer.set_visible(False)
    layer.set_lock_visibility(locked)


def _write(drawable: Gimp.Drawable, rectangle: Gegl.Rectangle, form: str, data: bytes) -> None:
    buffer = drawable.get_buffer()
    buffer.set(rectangle, form, data)
    buffer.flush()
    drawable.update(rectangle.x, rectangle.y, rectangle.width, rectangle.height)
