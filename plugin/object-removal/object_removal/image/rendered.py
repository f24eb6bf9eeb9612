"""Pictures of layers and images with their filters, rendered aside.

Runs in GIMP.  To merge filters is a step of the history of the image they are merged in, so it is
done in a temporary one, as GIMP's own exporters do: the person's image is only read.  What is
returned belongs to the image and is not in it; whoever asked for it deletes it.
"""

from __future__ import annotations

from collections.abc import Iterable

from gi.repository import Gimp

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
        return Gimp.Layer.new_from_drawable(copy, image)
    finally:
        aside.delete()


def rendered_image(image: Gimp.Image) -> Gimp.Layer:
    """All that is visible of ``image``, as large as its canvas."""
    copy = image.duplicate()
    try:
        return Gimp.Layer.new_from_visible(copy, image, "seen")
    finally:
        copy.delete()


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
