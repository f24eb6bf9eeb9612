"""The forms in which pixels cross the pipe, in an image's own colours or in sRGB.

Runs in GIMP.  As ``FORMATS`` stand here they are sRGB: GEGL converts from the image's own profile
and precision.  An unknown name would crash GIMP.
"""

from __future__ import annotations

from gi.repository import Babl, Gegl, Gimp

FORMATS = {
    "Y u8",
    "A u8",
    *(f"R'G'B'{a} {kind}" for a in ("", "A") for kind in ("u8", "u16", "float")),
}


def bytes_per_pixel(form: str) -> int:
    """How many bytes a pixel of the format named ``form`` has."""
    return Babl.format_get_bytes_per_pixel(Babl.format(form))


def read_pixels(
    drawable: Gimp.Drawable, form: str, x: int, y: int, width: int, height: int
) -> bytes:
    """The bytes of a rectangle of ``drawable``, in its own coordinates, row by row."""
    rectangle = Gegl.Rectangle.new(x, y, width, height)
    pixels = drawable.get_buffer().get(rectangle, 1.0, form, Gegl.AbyssPolicy.NONE)
    expected = bytes_per_pixel(form) * width * height
    if len(pixels) != expected:
        raise ValueError(f"GIMP gave {len(pixels)} bytes where {expected} were asked for")
    return pixels


def own_format(image: Gimp.Image, form: str) -> str:
    """The name of ``form`` in the colour space of the image's profile.

    In a deep image its tones are perceptual whatever the profile's are: eight bits of a linear
    one, in which repairs are made, would be coarse in the dark.
    """
    if not image.get_precision().value_nick.startswith("u8"):
        form = form.replace("'", "~")
    return Babl.get_name(Babl.format_with_space(form, _space(image)))


def to_own(image: Gimp.Image, form: str, width: int, height: int, pixels: bytes) -> bytes:
    """Pixels of sRGB ``form`` in the image's own colours, converted as GIMP does."""
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    buffer = Gegl.Buffer.new(form, 0, 0, width, height)
    buffer.set(rectangle, form, pixels)
    return buffer.get(rectangle, 1.0, own_format(image, form), Gegl.AbyssPolicy.NONE)


def has_own_colours(image: Gimp.Image) -> bool:
    """Whether the image's colours are other than sRGB (grey and palettes are left to GEGL)."""
    return (
        image.get_base_type() == Gimp.ImageBaseType.RGB and Babl.get_name(_space(image)) != "sRGB"
    )


def _space(image: Gimp.Image) -> Babl.Object:
    return Babl.format_get_space(image.get_layers()[0].get_format())
