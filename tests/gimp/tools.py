"""Runs inside GIMP: makes pictures whose every place is known, and takes images apart to compare.

Used by the code that tests send through ``inside.py``.  Standard library and gi only.
"""

import hashlib

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, GObject  # noqa: E402

RGBA = "R'G'B'A u8"


def four_quadrants(width, height):
    """RGBA bytes: four different quadrants, each with its own gradient, so that no shift hides."""
    rows = bytearray()
    for y in range(height):
        for x in range(width):
            right, low = x >= width // 2, y >= height // 2
            red = 40 + 120 * right + (x * 7) % 50
            green = 60 + 100 * low + (y * 5) % 50
            rows += bytes((red, green, (x * 3 + y * 2) % 200, 255))
    return bytes(rows)


def new_image(width, height, base="RGB", precision="U8_NON_LINEAR"):
    return Gimp.Image.new_with_precision(
        width,
        height,
        getattr(Gimp.ImageBaseType, base),
        getattr(Gimp.Precision, precision),
    )


def add_layer(image, name, width, height, x=0, y=0, kind="RGBA_IMAGE", pixels=None):
    layer = Gimp.Layer.new(
        image, name, width, height, getattr(Gimp.ImageType, kind), 100, Gimp.LayerMode.NORMAL
    )
    image.insert_layer(layer, None, 0)
    layer.set_offsets(x, y)
    write(layer, pixels or four_quadrants(width, height))
    return layer


def write(drawable, pixels):
    width, height = drawable.get_width(), drawable.get_height()
    assert len(pixels) == 4 * width * height
    buffer = drawable.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), RGBA, pixels)
    buffer.flush()
    drawable.update(0, 0, width, height)


def read(drawable, form=RGBA):
    rectangle = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    return drawable.get_buffer().get(rectangle, 1.0, form, Gegl.AbyssPolicy.NONE)


def select(image, x, y, width, height):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, x, y, width, height)


def call(name, **arguments):
    """Run a PDB procedure; returns (status name, list of the other values)."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    config = procedure.create_config()
    for key, value in arguments.items():
        key = key.replace("_", "-")
        if isinstance(value, list):
            config.set_core_object_array(key, value)
        else:
            config.set_property(key, value)
    result = procedure.run(config)
    values = [result.index(i) for i in range(result.length())]
    return Gimp.PDBStatusType(values[0]).value_nick, values[1:]


def fingerprint(image):
    """Everything of an image that a run must not change, in comparable form."""

    def item(layer):
        kids = [item(kid) for kid in layer.get_children()] if layer.is_group() else []
        mask = layer.get_mask()
        return {
            "name": layer.get_name(),
            "offsets": list(layer.get_offsets())[1:],
            "size": [layer.get_width(), layer.get_height()],
            "visible": layer.get_visible(),
            "opacity": layer.get_opacity(),
            "pixels": digest(layer),
            "mask": digest(mask) if mask else None,
            "children": kids,
        }

    return {
        "layers": [item(layer) for layer in image.get_layers()],
        "channels": [[c.get_name(), digest(c)] for c in image.get_channels()],
        "paths": [path.get_name() for path in image.get_paths()],
        "selection": digest(image.get_selection()),
        "selected": [layer.get_name() for layer in image.get_selected_layers()],
        "size": [image.get_width(), image.get_height()],
        "colours": [
            colour.get_rgba().__repr__()
            if False
            else tuple(
                round(c, 6)
                for c in (
                    colour.get_rgba().red
                    if hasattr(colour.get_rgba(), "red")
                    else colour.get_rgba()[0],
                )
            )
            for colour in (Gimp.context_get_foreground(), Gimp.context_get_background())
        ],
    }


def digest(drawable):
    """SHA-256 of the drawable's own bytes in its own format."""
    form = drawable.get_format()
    rectangle = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    import gi.repository.Babl as Babl

    data = drawable.get_buffer().get(
        rectangle,
        1.0,
        Babl.get_name(form) if not isinstance(form, str) else form,
        Gegl.AbyssPolicy.NONE,
    )
    return hashlib.sha256(data).hexdigest()
