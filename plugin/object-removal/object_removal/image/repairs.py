"""Which layers are repairs, and of what: each carries a mark that names its source.

Runs in GIMP.  The mark is a parasite and the source's tattoo: both survive saving, reopening and
duplicating the image, and a repair merged into its source leaves the source what it was.
"""

from __future__ import annotations

import json
from typing import Any

from gi.repository import Gimp

PARASITE = "object-removal-repair"
VERSION = 1
PERSISTENT = 1
"""The parasite is saved with the image."""


def mark(repair: Gimp.Layer, source: Gimp.Layer | None, *, instead: bool, **facts: Any) -> None:
    """Mark ``repair`` as one of ``source``, None where that is all that is visible.

    ``instead``: it is a copy of the source with the repair in it, and replaces the source.
    """
    if source is not None and instead:
        source = _original(source)
    tattoo = source.get_tattoo() if source is not None else None
    told = {"version": VERSION, "source": tattoo, "instead": instead, **facts}
    data = list(json.dumps(told).encode())
    repair.attach_parasite(Gimp.Parasite.new(PARASITE, PERSISTENT, data))


def facts_of(layer: Gimp.Layer) -> dict[str, Any]:
    """What the mark of a layer says; nothing where it is no repair, or the mark is damaged."""
    parasite = layer.get_parasite(PARASITE)
    try:
        told = json.loads(bytes(parasite.get_data())) if parasite else None
    except ValueError:
        return {}
    return told if isinstance(told, dict) and told.get("version") == VERSION else {}


def is_repair(layer: Gimp.Layer) -> bool:
    """Whether the layer lies over its source, or did: it is nothing to repair by itself."""
    told = facts_of(layer)
    return bool(told) and not told["instead"]


def retouched(item: Gimp.Item) -> Gimp.Item:
    """What a person means who chose ``item``: of a repair or a mask, the layer that is repaired.

    That is the copy, where one has replaced it.  A repair whose source is gone is itself.
    """
    layer = Gimp.Layer.from_mask(item) if isinstance(item, Gimp.LayerMask) else item
    seen = set()
    while is_repair(layer) and layer.get_id() not in seen:
        seen.add(layer.get_id())
        source = _by_tattoo(layer.get_image(), facts_of(layer)["source"])
        layer = source or layer
    return layer if layer.get_visible() else _copy_of(layer) or layer


def repairs_of(source: Gimp.Layer) -> list[Gimp.Layer]:
    """The repairs above ``source`` in its group, hidden or not, the topmost first."""
    above = _siblings(source)[: _position(source)]
    return [each for each in above if is_repair(each) and retouched(each) == source]


def _copy_of(hidden: Gimp.Layer) -> Gimp.Layer | None:
    original = _original(hidden).get_tattoo()
    for each in _siblings(hidden):
        told = facts_of(each)
        if told and told["instead"] and told["source"] == original and each.get_visible():
            return each
    return None


def _original(source: Gimp.Layer) -> Gimp.Layer:
    told = facts_of(source)
    copied = told["source"] if told and told["instead"] else None
    return _by_tattoo(source.get_image(), copied) or source


def _by_tattoo(image: Gimp.Image, tattoo: int | None) -> Gimp.Layer | None:
    return image.get_layer_by_tattoo(tattoo) if tattoo else None


def _siblings(layer: Gimp.Layer) -> list[Gimp.Layer]:
    parent = layer.get_parent()
    return parent.get_children() if parent else layer.get_image().get_layers()


def _position(layer: Gimp.Layer) -> int:
    return layer.get_image().get_item_position(layer)
