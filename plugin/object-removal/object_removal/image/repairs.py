"""Which layers are repairs, and of what: each carries a mark that names its source.

Runs in GIMP.  The mark is a parasite with the tattoos of the source and of the repair: both survive
saving and opening, and a repair merged into its source leaves the source what it was.  In a copy of
the image, or of the layer, GIMP gives other tattoos; the mark then tells by its own that it is one.
"""

from __future__ import annotations

import json
from typing import Any

from gi.repository import Gimp

PARASITE = "object-removal-repair"
VERSION = 1
MOST_TRIES = 5
"""So many results of one place are kept."""
PERSISTENT = 1
"""The parasite is saved with the image."""


def mark(repair: Gimp.Layer, source: Gimp.Layer | None, *, instead: bool, **facts: Any) -> None:
    """Mark ``repair`` as one of ``source``, None where that is all that is visible.

    ``instead``: it is a copy of the source with the repair in it, and replaces the source.
    """
    if source is not None and instead:
        source = _original(source)
    tattoo = source.get_tattoo() if source is not None else None
    own = repair.get_tattoo()
    told = {"version": VERSION, "source": tattoo, "own": own, "instead": instead, "first": own}
    told |= facts
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
    layer = _layer_of(item)
    if not isinstance(layer, Gimp.Layer):
        return item
    seen = set()
    while is_repair(layer) and layer.get_id() not in seen:
        seen.add(layer.get_id())
        layer = _source_of(layer) or layer
    return layer if layer.get_visible() else _copy_of(layer) or layer


def repairs_of(source: Gimp.Layer) -> list[Gimp.Layer]:
    """The repairs above ``source`` in its group, hidden or not, the topmost first."""
    above = _siblings(source)[: _position(source)]
    return [each for each in above if is_repair(each) and retouched(each) == source]


def result_of(items: list[Gimp.Item]) -> Gimp.Layer | None:
    """The result that a person means who chose ``items``: one of them, or else the newest on them.

    Of several tries the one that is seen.
    """
    chosen = [_layer_of(each) for each in items]
    sources = [retouched(each) for each in items]
    found = [each for each in chosen if isinstance(each, Gimp.Layer) and is_repair(each)]
    for source in (each for each in sources if isinstance(each, Gimp.Layer)):
        found += [each for each in repairs_of(source) if each.get_visible()]
        found += [each for each in _siblings(source) if is_repair(each) and each.get_visible()]
    if not found:
        return None
    seen = [each for each in tries(found[0]) if each.get_visible()]
    return seen[-1] if seen else found[0]


def tries(repair: Gimp.Layer) -> list[Gimp.Layer]:
    """All results of the same place as ``repair``, in the order in which they were made."""
    same = first_try(repair)
    found = [each for each in _siblings(repair) if is_repair(each) and first_try(each) == same]
    return sorted(found, key=variant_of)


def first_try(repair: Gimp.Layer) -> int:
    """What the tries that ``repair`` belongs to have in common: the tattoo of the first."""
    return facts_of(repair).get("first", 0)


def variant_of(repair: Gimp.Layer) -> int:
    """Which of the tries it is: 0 is the first."""
    return int(facts_of(repair).get("options", {}).get("variant", 0))


def layers_above(layer: Gimp.Layer) -> list[Gimp.Layer]:
    """The visible layers and groups above ``layer``, in its group and in those around it.

    The topmost first.
    """
    above: list[Gimp.Layer] = []
    lower: Gimp.Layer | None = layer
    while lower is not None:
        beside = _siblings(lower)[: _position(lower)]
        above = [*(each for each in beside if each.get_visible()), *above]
        lower = lower.get_parent()
    return above


def _source_of(repair: Gimp.Layer) -> Gimp.Layer | None:
    told = facts_of(repair)
    if told["source"] is None:
        return None
    if told["own"] == repair.get_tattoo():
        return _by_tattoo(repair.get_image(), told["source"])
    below = _siblings(repair)[_position(repair) + 1 :]
    return next((each for each in below if not is_repair(each)), None)


def _copy_of(hidden: Gimp.Layer) -> Gimp.Layer | None:
    original = _original(hidden).get_tattoo()
    for each in _siblings(hidden):
        told = facts_of(each)
        is_copy = bool(told) and told["instead"] and told["own"] == each.get_tattoo()
        if is_copy and told["source"] == original and each.get_visible():
            return each
    return None


def _original(source: Gimp.Layer) -> Gimp.Layer:
    told = facts_of(source)
    copied = told["source"] if told and told["instead"] else None
    return _by_tattoo(source.get_image(), copied) or source


def _layer_of(item: Gimp.Item) -> Gimp.Item:
    return Gimp.Layer.from_mask(item) if isinstance(item, Gimp.LayerMask) else item


def _by_tattoo(image: Gimp.Image, tattoo: int | None) -> Gimp.Layer | None:
    return image.get_layer_by_tattoo(tattoo) if tattoo else None


def _siblings(layer: Gimp.Layer) -> list[Gimp.Layer]:
    parent = layer.get_parent()
    return parent.get_children() if parent else layer.get_image().get_layers()


def _position(layer: Gimp.Layer) -> int:
    return layer.get_image().get_item_position(layer)
