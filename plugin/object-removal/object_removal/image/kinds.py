"""What kind of layer or image it is: mixed with what lies below, masked, an animation.

Runs in GIMP.  Only asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gi.repository import Gimp

_ANIMATED = (".gif", ".webp", ".png", ".apng", ".mng")
_FRAME = re.compile(r"\(\s*\d+\s*ms\s*\)|\((replace|combine)\)", re.IGNORECASE)
_FRAME_OF_FILE = re.compile(_FRAME.pattern + r"|^\D+ \d+( \(|$)", re.IGNORECASE)
"""In a file of frames without times they are merely numbered, in the language of GIMP."""
_PLAIN_COMPOSITION = {Gimp.LayerCompositeMode.AUTO, Gimp.LayerCompositeMode.UNION}
_PLAIN_MODES = {Gimp.LayerMode.NORMAL, Gimp.LayerMode.NORMAL_LEGACY, Gimp.LayerMode.PASS_THROUGH}


def groups_around(layer: Gimp.Layer) -> Iterator[Gimp.Layer]:
    """The group that ``layer`` is in, the one that this is in, and so on."""
    while layer := layer.get_parent():
        yield layer


def is_veiled(layer: Gimp.Layer) -> bool:
    """Whether a repair right above the layer would look otherwise than the layer does."""
    return layer.get_opacity() < 100 or is_mixed(layer)


def is_mixed(layer: Gimp.Layer) -> bool:
    """Whether the layer looks otherwise than its own pixels over those below.

    What passes through a group is mixed with what lies below the group.
    """
    mode = layer.get_mode()
    if mode not in _PLAIN_MODES or layer.get_composite_mode() not in _PLAIN_COMPOSITION:
        return True
    passes = layer.is_group() and mode == Gimp.LayerMode.PASS_THROUGH
    return passes and any(is_mixed(each) for each in layer.get_children() if each.get_visible())


def is_animation(image: Gimp.Image) -> bool:
    """Whether the layers are frames: most are named as GIMP's loaders name them."""
    layers = image.get_layers()
    file = image.get_imported_file()
    loaded = file is not None and file.get_basename().lower().endswith(_ANIMATED)
    marks = _FRAME_OF_FILE if loaded else _FRAME
    frames = sum(bool(marks.search(layer.get_name())) for layer in layers)
    return len(layers) > 1 and 2 * frames > len(layers)


def has_working_mask(layer: Gimp.Layer) -> bool:
    """Whether its mask hides a part of it."""
    return layer.get_mask() is not None and layer.get_apply_mask()
