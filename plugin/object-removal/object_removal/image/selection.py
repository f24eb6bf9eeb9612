"""What a person selected: GIMP's selection, what they painted, or the mask of a result.

Runs in GIMP.  While Quick Mask is on GIMP selects nothing: what is selected is then painted on a
channel of a fixed name, and becomes the selection when Quick Mask is switched off.
"""

from __future__ import annotations

from gi.repository import Gimp

from object_removal.image.formats import read_pixels
from object_removal.image.rendered import shape

QUICK_MASK = "Qmask"
"""GIMP's own name for the channel, in every language."""


def painted(image: Gimp.Image) -> Gimp.Channel | None:
    """The channel of Quick Mask while that is on."""
    return next((each for each in image.get_channels() if each.get_name() == QUICK_MASK), None)


def selection_box(image: Gimp.Image, result: Gimp.Layer | None) -> dict[str, int] | None:
    """A box around all that is selected, or around the mask of ``result``; None where nothing."""
    if result is not None:
        return shape(result)[0]
    if painted(image) is None:
        return _bounds(image)
    copy = image.duplicate()
    try:
        copy.select_item(Gimp.ChannelOps.REPLACE, painted(copy))
        return _bounds(copy)
    finally:
        copy.delete()


def read_selection(
    image: Gimp.Image, result: Gimp.Layer | None, form: str, x: int, y: int, width: int, height: int
) -> bytes:
    """How far it is selected in a rectangle, in ``form``, row by row."""
    left = top = 0
    drawable = painted(image) or image.get_selection()
    if result is not None:
        drawable = result.get_mask()
        _ok, left, top = result.get_offsets()
    return read_pixels(drawable, form, x - left, y - top, width, height)


def _bounds(image: Gimp.Image) -> dict[str, int] | None:
    _ok, non_empty, left, top, right, bottom = Gimp.Selection.bounds(image)
    if not non_empty:
        return None
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}
