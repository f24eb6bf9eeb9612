"""Pictures of layers and images with their filters, rendered aside.

Runs in GIMP.  To merge filters is a step of the history of the image they are merged in, so it is
done in a temporary one, as GIMP's own exporters do: the person's image is only read.  What is
returned belongs to the image and is not in it; whoever asked for it deletes it.
"""

from __future__ import annotations

from collections.abc import Iterable

from gi.repository import Babl, Gegl, Gimp

Shape = tuple[dict[str, int], bool]
"""Where the pixels of a layer are in the image, and whether they may be transparent."""


def has_filters(layers: Iterable[Gimp.Layer]) -> bool:
    """Whether any of the layers, or of what they group, has a filter."""
    return any(
        layer.get_filters() or (layer.is_group() and has_filters(layer.get_children()))
        for layer in layers
    )


def rendered_layer(image: Gimp.Image, layer: Gimp.Layer) -> Gimp.Layer:
    """A copy of ``layer`` with its filters merged into it, without its mask."""
    aside = _empty_like(image)
    try:
        copy = Gimp.Layer.new_from_drawable(layer, aside)
        aside.insert_layer(copy, None, 0)
        if copy.get_mask() is not None:
            copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
        if copy.is_group():
            copy = copy.merge()  # GIMP merges no filters into a group as such
        elif not copy.merge_filters():
            raise RuntimeError("GIMP did not merge the filters of a layer")
        if type(copy) is not Gimp.Layer:  # a text or the like, which would be drawn anew one day
            copy = aside.merge_down(_put_under(aside, copy), Gimp.MergeType.CLIP_TO_BOTTOM_LAYER)
        return Gimp.Layer.new_from_drawable(copy, image)
    finally:
        aside.delete()


def repairable_copy(image: Gimp.Image, layer: Gimp.Layer) -> Gimp.Layer:
    """A copy of ``layer`` to be written to: plain pixels with alpha, its mask still a mask."""
    if type(layer) is Gimp.Layer and not layer.get_filters():
        copy = layer.copy()
    else:
        copy = rendered_layer(image, layer)
        if layer.get_mask() is not None:
            _copy_mask(layer, copy)
    for unlock in (copy.set_lock_content, copy.set_lock_position, copy.set_lock_alpha):
        unlock(False)
    if not copy.has_alpha():
        copy.add_alpha()
    return copy


def _copy_mask(layer: Gimp.Layer, copy: Gimp.Layer) -> None:
    """Give ``copy``, which may be larger by its filters, the mask of ``layer``, to the last bit."""
    old, new = layer.get_mask(), copy.create_mask(Gimp.AddMaskType.BLACK)
    copy.add_mask(new)
    copy.set_apply_mask(layer.get_apply_mask())
    form = Babl.get_name(old.get_format())
    size = old.get_width(), old.get_height()
    values = old.get_buffer().get(Gegl.Rectangle.new(0, 0, *size), 1.0, form, Gegl.AbyssPolicy.NONE)
    (_ok, left, top), (_ok, x, y) = layer.get_offsets(), copy.get_offsets()
    buffer = new.get_buffer()
    buffer.set(Gegl.Rectangle.new(left - x, top - y, *size), form, values)
    buffer.flush()
    new.update(0, 0, new.get_width(), new.get_height())


def _put_under(aside: Gimp.Image, layer: Gimp.Layer) -> Gimp.Layer:
    """Put an empty layer of the same place and size under ``layer``; returns ``layer``."""
    box, _alpha = shape(layer)
    empty = Gimp.Layer.new(
        aside, layer.get_name(), box["width"], box["height"], layer.type_with_alpha(),
        100.0, Gimp.LayerMode.NORMAL,
    )  # fmt: skip
    aside.insert_layer(empty, None, 1)
    empty.set_offsets(box["x"], box["y"])
    return layer


def rendered_image(image: Gimp.Image, without: Gimp.Layer | None = None) -> Gimp.Layer:
    """All that is visible of ``image``, as large as its canvas, but for a layer."""
    copy = duplicate(image, without)
    try:
        return Gimp.Layer.new_from_visible(copy, image, "seen")
    finally:
        copy.delete()


def duplicate(image: Gimp.Image, without: Gimp.Layer | None) -> Gimp.Image:
    """A copy of the image in which the layer ``without`` is hidden, and all channels are.

    A channel that is shown, such as Quick Mask, lies over the picture as a colour.
    """
    copy = image.duplicate()
    for channel in copy.get_channels():
        channel.set_visible(False)
    if without is not None:
        copy.get_layer_by_name(without.get_name()).set_visible(False)  # a name is given once
    return copy


def composite(
    image: Gimp.Image, layers: list[Gimp.Layer], x: int, y: int, width: int, height: int
) -> Gimp.Layer:
    """What ``layers``, the topmost first, look like together in a rectangle, and nothing else."""
    aside = _empty_like(image)
    try:
        for position, layer in enumerate(layers):
            copy = Gimp.Layer.new_from_drawable(layer, aside)
            aside.insert_layer(copy, None, position)
            copy.set_visible(True)
        # Layers reach beyond the canvas: only what is asked for is composited.
        aside.resize(width, height, -x, -y)
        seen = Gimp.Layer.new_from_visible(aside, image, "seen")
    finally:
        aside.delete()
    seen.set_offsets(x, y)
    return seen


def shape(layer: Gimp.Layer) -> Shape:
    """The place and size of a layer, and whether it has an alpha channel."""
    _ok, x, y = layer.get_offsets()
    size = {"width": layer.get_width(), "height": layer.get_height()}
    return {"x": x, "y": y, **size}, layer.has_alpha()


def shaped_by(layer: Gimp.Layer) -> tuple[object, ...]:
    """All that the shape of the rendered layer follows from: equal while that is the same."""
    filters = tuple(_settings(each) for each in layer.get_filters())
    return layer.get_id(), str(shape(layer)), filters


def _settings(each: Gimp.DrawableFilter) -> tuple[object, ...]:
    config = each.get_config()
    values = (config.get_property(declared.name) for declared in config.list_properties())
    plain = tuple(str(value) for value in values if isinstance(value, (bool, int, float, str)))
    return each.get_id(), each.get_visible(), plain


def _empty_like(image: Gimp.Image) -> Gimp.Image:
    """An image of the same canvas, precision and colours, with nothing in it."""
    size = image.get_width(), image.get_height()
    aside = Gimp.Image.new_with_precision(*size, image.get_base_type(), image.get_precision())
    aside.undo_disable()
    profile = image.get_color_profile()
    if profile is not None:
        aside.set_color_profile(profile)
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        aside.set_palette(image.get_palette())
    return aside
