"""Removals in a real GIMP: the layer at its place, and everything else exactly as it was."""

from __future__ import annotations

import pytest

MAKE = """
image = tools.new_image(width, height, base, precision)
layer = tools.add_layer(image, "photo", layer_width, layer_height, x, y, kind)
tools.select(image, *selection)
before = tools.fingerprint(image)
seen_before = tools.seen(image)
status, values = tools.remove(image, [layer])
after = tools.fingerprint(image)
added = after["layers"].pop(0)
seen_after = tools.seen(image)
sx, sy, sw, sh = selection
result = {
    "status": status,
    "changed": [key for key in before if before[key] != after[key]],
    "added": added,
    "outside": tools.count_different(seen_before, seen_after, width, selection, inside=False),
    "inside": tools.count_different(seen_before, seen_after, width, selection, inside=True),
    "returned": values[0].get_name() if status == "success" else None,
}
image.delete()
"""

KINDS = [
    ("RGB", "U8_NON_LINEAR", "RGB_IMAGE"),
    ("RGB", "U8_NON_LINEAR", "RGBA_IMAGE"),
    ("GRAY", "U8_NON_LINEAR", "GRAY_IMAGE"),
    ("RGB", "U16_NON_LINEAR", "RGBA_IMAGE"),
    ("RGB", "U16_LINEAR", "RGB_IMAGE"),
    ("RGB", "FLOAT_LINEAR", "RGBA_IMAGE"),
    ("RGB", "HALF_NON_LINEAR", "RGBA_IMAGE"),
]


@pytest.mark.parametrize(("base", "precision", "kind"), KINDS)
def test_only_the_selection_changes(gimp, base, precision, kind):
    result = gimp.run(
        MAKE,
        width=240,
        height=180,
        base=base,
        precision=precision,
        layer_width=240,
        layer_height=180,
        x=0,
        y=0,
        kind=kind,
        selection=[60, 50, 30, 20],
    )
    assert result["status"] == "success"
    assert result["changed"] == []
    assert result["outside"] == 0
    assert result["inside"] > 300
