"""A small picture of an image, sharp on screens of any density.

Runs in GIMP, only where there is a screen.
"""

from __future__ import annotations

from typing import Any

from gi.repository import GdkPixbuf, Gio, GLib

SIDE_PX = 96
"""Twice the 48 px of Gtk's dialog icons: enough for a screen that is scaled by 2."""


def thumbnail(image: Any) -> Gio.Icon:
    """The image as an icon, which Gtk scales to the screen's density (a pixbuf it would blur)."""
    # Not the variant that gives a pixbuf: in GIMP 3.2.6 freeing it twice ends the plug-in.
    *_rest, data, width, height, channels = image.get_thumbnail_data(SIDE_PX, SIDE_PX)
    pixels = GLib.Bytes.new(_as_rgb(data.get_data(), channels))
    small = GdkPixbuf.Pixbuf.new_from_bytes(
        pixels, GdkPixbuf.Colorspace.RGB, False, 8, width, height, 3 * width
    )
    _done, file = small.save_to_bufferv("png", [], [])
    return Gio.BytesIcon.new(GLib.Bytes.new(file))


def _as_rgb(data: bytes, channels: int) -> bytes:
    """Grey or colour, with or without alpha, as RGB; a small picture, so plain Python will do."""
    colour = 3 if channels >= 3 else 1
    pixels = (data[at : at + colour] for at in range(0, len(data), channels))
    return b"".join(pixel if colour == 3 else pixel * 3 for pixel in pixels)
