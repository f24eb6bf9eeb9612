"""Writes to the image: one new layer with its mask, prepared aside and then inserted at once.

Runs in GIMP.  Until ``insert`` the layer belongs to no image, so a run that fails leaves nothing
behind; the insertion itself is the run's only undo step.
"""

from __future__ import annotations

from gi.repository import Gegl, Gimp

from object_removal.image.source import bytes_per_pixel, own_format

LAYER_TYPES = {
    Gimp.ImageBaseType.RGB: Gimp.ImageType.RGBA_IMAGE,
    Gimp.ImageBaseType.GRAY: Gimp.ImageType.GRAYA_IMAGE,
    Gimp.ImageBaseType.INDEXED: Gimp.ImageType.INDEXEDA_IMAGE,
}


class PreparedLayer:
    """A transparent layer with a black mask, not yet in the image, filled patch by patch."""

    def __init__(
        self,
        image: Gimp.Image,
        name: str,
        x: int,
        y: int,
        width: int,
        height: int,
        *,
        to_rgb: bool = False,
    ) -> None:
        """``to_rgb``: the image has a palette and is to become RGB when the layer is inserted."""
        self._image = image
        self._to_rgb = to_rgb
        self._colours: list[tuple[Gegl.Rectangle, str, bytes]] = []
        self._box = (x, y, width, height)
        kind = LAYER_TYPES[image.get_base_type()]
        self.layer = Gimp.Layer.new(
            image, name, width, height, kind, 100.0, image.get_default_new_layer_mode()
        )
        self.layer.fill(Gimp.FillType.TRANSPARENT)
        self.layer.set_offsets(x, y)
        self.layer.add_mask(self.layer.create_mask(Gimp.AddMaskType.BLACK))

    def write(
        self,
        x: int,
        y: int,
        width: int,
        height: int,
        form: str,
        own: bool,
        payload: bytes | bytearray,
    ) -> None:
        """Write one patch: the rows of pixels in ``form``, then one mask byte a pixel.

        ``own`` says that the pixels are in the image's own colours instead of sRGB.
        """
        rectangle = self._inside(x, y, width, height)
        split = bytes_per_pixel(form) * width * height
        if len(payload) != split + width * height:
            raise ValueError(f"a patch of {width} × {height} does not have {len(payload)} bytes")
        pixels = memoryview(payload)
        form = own_format(self._image, form) if own else form
        colours = bytes(pixels[:split])
        _write(self.layer, rectangle, form, colours)
        if self._to_rgb:
            self._colours.append((rectangle, form, colours))
        _write(self.layer.get_mask(), rectangle, "Y u8", bytes(pixels[split:]))

    def insert(self, above: Gimp.Layer | None) -> None:
        """Insert the layer right above the layer ``above``, or on top of all where it is None."""
        if not self._to_rgb:
            self._insert(above)
            return
        # GIMP takes a layer of the image's own kind only, so it is converted with the image; what
        # the palette could not hold is written again.
        self._image.undo_group_start()
        try:
            self._insert(above)
            self._convert()
        except BaseException:
            if self.layer in self._image.get_layers() or self.layer.get_parent():
                self._image.remove_layer(self.layer)
            raise
        finally:
            self._image.undo_group_end()

    def _convert(self) -> None:
        if not self._image.convert_rgb():
            raise RuntimeError("GIMP did not make an RGB image of one with a palette")
        for rectangle, form, colours in self._colours:
            _write(self.layer, rectangle, form, colours)

    def _insert(self, above: Gimp.Layer | None) -> None:
        # A mask that is edited when its layer becomes the active one switches one of GIMP's
        # actions, and at each switch GIMP looks through the whole selection, for all of them.
        self.layer.set_edit_mask(False)
        chosen = self._image.get_selected_layers()
        channels = self._image.get_selected_channels()
        parent = above.get_parent() if above else None
        position = self._image.get_item_position(above) if above else 0
        if not self._image.insert_layer(self.layer, parent, position):
            raise RuntimeError("GIMP did not take the new layer")
        # A new layer becomes the active one; to choose layers unchooses channels, and so back.
        if channels:
            self._image.set_selected_channels(channels)
        else:
            self._image.set_selected_layers(chosen)
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


def _write(drawable: Gimp.Drawable, rectangle: Gegl.Rectangle, form: str, data: bytes) -> None:
    buffer = drawable.get_buffer()
    buffer.set(rectangle, form, data)
    buffer.flush()
    drawable.update(rectangle.x, rectangle.y, rectangle.width, rectangle.height)
