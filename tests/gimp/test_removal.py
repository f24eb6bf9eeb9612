"""Removals in a real GIMP: the layer at its place, and everything else exactly as it was."""

from __future__ import annotations

import numpy as np
import pytest

REMOVE = """
image = tools.new_image(*canvas, base, precision)
layer = tools.add_layer(image, "photo", *size, *offset, kind)
tools.add_layer(image, "above", 20, 20, 5, 5, tools.with_alpha(kind))
image.set_selected_layers([layer])
tools.select(image, *selection)
display = tools.show(image)
before, seen_before = tools.fingerprint(image), tools.seen(image, below_nothing=1)
status, values, error = tools.remove(image, [layer])
after, seen_after = tools.fingerprint(image), tools.seen(image)
added = after["layers"].pop(1)
outside, inside = tools.count_different(
    seen_before, seen_after, canvas[0], selection, tools.rounding(image)
)
undone = tools.undo(image, lambda: len(image.get_layers()) == 2)
result = {
    "status": status,
    "error": error,
    "changed": [key for key in before if before[key] != after[key]],
    "added": added,
    "returned": values[0].get_name() if status == "success" else None,
    "outside": outside,
    "inside": inside,
    "mask is edited": status == "success" and values[0].get_edit_mask(),
    "undone": undone and tools.fingerprint(image) == before,
}
display.delete()
"""

# (base, precision, layer kind): what a photograph, a scan, a pixel picture and a render are.
KINDS = [
    ("RGB", "U8_NON_LINEAR", "RGB_IMAGE"),
    ("RGB", "U8_NON_LINEAR", "RGBA_IMAGE"),
    ("GRAY", "U8_NON_LINEAR", "GRAY_IMAGE"),
    ("GRAY", "U16_NON_LINEAR", "GRAYA_IMAGE"),
    ("INDEXED", "U8_NON_LINEAR", "INDEXED_IMAGE"),
    ("INDEXED", "U8_NON_LINEAR", "INDEXEDA_IMAGE"),
    ("RGB", "U16_NON_LINEAR", "RGBA_IMAGE"),
    ("RGB", "U16_LINEAR", "RGB_IMAGE"),
    ("RGB", "U32_NON_LINEAR", "RGB_IMAGE"),
    ("RGB", "HALF_NON_LINEAR", "RGBA_IMAGE"),
    ("RGB", "FLOAT_LINEAR", "RGBA_IMAGE"),
    ("RGB", "DOUBLE_LINEAR", "RGB_IMAGE"),
    ("RGB", "U8_LINEAR", "RGBA_IMAGE"),
    ("RGB", "U8_PERCEPTUAL", "RGB_IMAGE"),
    ("RGB", "U32_LINEAR", "RGBA_IMAGE"),
    ("RGB", "HALF_LINEAR", "RGB_IMAGE"),
    ("RGB", "FLOAT_NON_LINEAR", "RGB_IMAGE"),
    ("RGB", "FLOAT_PERCEPTUAL", "RGBA_IMAGE"),
    ("RGB", "DOUBLE_NON_LINEAR", "RGBA_IMAGE"),
    ("GRAY", "U16_LINEAR", "GRAY_IMAGE"),
    ("GRAY", "FLOAT_LINEAR", "GRAYA_IMAGE"),
]

# (canvas, layer's size, layer's offsets, selection): where the layer and the canvas differ.
PLACES = {
    "same": ((200, 150), (200, 150), (0, 0), (60, 50, 30, 20)),
    "smaller layer": ((300, 250), (180, 140), (70, 60), (120, 90, 30, 20)),
    "larger layer": ((120, 100), (300, 260), (-90, -70), (40, 30, 30, 20)),
    "partly outside": ((200, 150), (150, 150), (50, 0), (40, 60, 30, 20)),
}


def check(result, pixels_selected):
    assert (result["status"], result["error"]) == ("success", "")
    assert result["returned"] == result["added"]["name"] == "Object removed"
    assert result["changed"] == []
    assert result["outside"] == 0
    assert 0 < result["inside"] <= pixels_selected
    assert result["mask is edited"] is True  # by whoever chooses the layer to refine it
    assert result["undone"] is True


@pytest.mark.parametrize(("base", "precision", "kind"), KINDS, ids=["-".join(k) for k in KINDS])
def test_every_kind_of_image(gimp, base, precision, kind):
    canvas, size, offset, selection = PLACES["smaller layer"]
    result = gimp.run(
        REMOVE,
        base=base,
        precision=precision,
        kind=kind,
        canvas=canvas,
        size=size,
        offset=offset,
        selection=selection,
    )
    check(result, 600)


@pytest.mark.parametrize("place", PLACES)
def test_every_place_of_the_layer(gimp, place):
    canvas, size, offset, selection = PLACES[place]
    result = gimp.run(
        REMOVE,
        base="RGB",
        precision="U8_NON_LINEAR",
        kind="RGBA_IMAGE",
        canvas=canvas,
        size=size,
        offset=offset,
        selection=selection,
    )
    check(result, 600)


CONVERT = """
image = tools.new_image(200, 150, "INDEXED")
photo = bytes((156, 0, 0, 255)) * (200 * 150)
layer = tools.add_layer(image, "photo", 200, 150, 0, 0, kind, photo)
tools.select(image, 60, 50, 30, 20)
display = tools.show(image)
before, seen_before = tools.fingerprint(image), tools.seen(image)
status, values, error = tools.remove(image, [layer], service="picwish", palette=palette)
outside, inside = tools.count_different(seen_before, tools.seen(image), 200, (60, 50, 30, 20))
assert status == "success", error
added = values[0]
_, x, y = added.get_offsets()
at = 4 * ((60 - y) * added.get_width() + 70 - x)
result = {
    "status": [status, error],
    "base": image.get_base_type().value_nick,
    "colour": list(tools.read(added)[at:at + 4]),
    "shown": tools.shown_box(added),
    "outside": outside,
    "inside": inside,
    "undone": tools.undo(image, lambda: len(image.get_layers()) == 1),
}
result["left changed"] = tools.differing(before, tools.fingerprint(image))
display.delete()
"""

# What the service fills with is no colour of the palette, whose levels are 0, 156, 213 and 255.
FILL = (140, 20, 160)
PALETTES = {"keep": ("indexed", (156, 0, 156)), "convert": ("rgb", FILL)}


@pytest.mark.parametrize("kind", ["INDEXED_IMAGE", "INDEXEDA_IMAGE"])
@pytest.mark.parametrize("palette", PALETTES)
def test_an_indexed_image_keeps_its_palette_or_becomes_rgb(gimp, service, palette, kind):
    def fill(image, mask, **_options):
        return np.where(mask[..., None] > 0, np.array(FILL, np.uint8), image)

    with service.filling(fill):
        result = gimp.run(CONVERT, palette=palette, kind=kind)
    base, colour = PALETTES[palette]
    assert result["status"] == ["success", ""]
    assert result["base"] == base
    assert result["colour"] == [*colour, 255]
    assert result["shown"] == [60, 50, 30, 20]
    assert (result["outside"], result["inside"]) == (0, 600)
    assert result["undone"]
    assert result["left changed"] == []
