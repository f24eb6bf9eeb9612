"""Every kind of layer in a real GIMP: repaired exactly, or refused with what to do instead."""

from __future__ import annotations

import pytest

# Prepared images: ``layer`` is what is repaired at ``spot`` (x, y, width, height).
REPAIRED = {
    "text layer": """
layer = Gimp.TextLayer.new(
    image, "MMMMMMMM\\nMMMMMMMM", Gimp.context_get_font(), 40, Gimp.Unit.pixel())
image.insert_layer(layer, None, 0)
layer.set_offsets(10, 15)
spot = (60, 30, 14, 12)
""",
    "group": """
layer = Gimp.GroupLayer.new(image, "group")
image.insert_layer(layer, None, 0)
for number, x in enumerate((20, 90)):
    kid = Gimp.Layer.new(
        image, str(number), 80, 70, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(kid, layer, 0)
    kid.set_offsets(x, 20)
    tools.write(kid, tools.four_quadrants(80, 70))
spot = (85, 40, 14, 12)
""",
    "layer in a group": """
group = Gimp.GroupLayer.new(image, "group")
image.insert_layer(group, None, 0)
layer = photo
image.reorder_item(photo, group, 0)
spot = (92, 68, 14, 12)
""",
    "layer with a mask": """
layer = photo
mask = layer.create_mask(Gimp.AddMaskType.WHITE)
layer.add_mask(mask)
tools.write_mask(mask, lambda x, y: 255 if x < 120 else 0)
spot = (112, 40, 14, 12)
""",
    "layer with a filter": """
layer = photo
layer.append_filter(Gimp.DrawableFilter.new(layer, "gegl:invert-linear", "invert"))
spot = (92, 68, 14, 12)
""",
    "layer with a filter that enlarges it, and a mask": """
layer = tools.add_layer(image, "small", 60, 50, 70, 50)
shadow = Gimp.DrawableFilter.new(layer, "gegl:dropshadow", "shadow")
for name in ("x", "y"):
    shadow.get_config().set_property(name, -20.0)
shadow.update()
layer.append_filter(shadow)
mask = layer.create_mask(Gimp.AddMaskType.WHITE)
layer.add_mask(mask)
tools.write_mask(mask, lambda x, y: 255 if x < 50 else 0)
spot = (112, 68, 14, 12)
""",
    "group with a filter": """
layer = Gimp.GroupLayer.new(image, "group")
image.insert_layer(layer, None, 0)
image.reorder_item(photo, layer, 0)
layer.append_filter(Gimp.DrawableFilter.new(layer, "gegl:invert-gamma", "invert"))
spot = (92, 68, 14, 12)
""",
    "layer in a group that is mixed with what lies below": """
tools.write(photo, bytes((90, 140, 200, 255)) * 30000)
for mode in (Gimp.LayerMode.MULTIPLY, Gimp.LayerMode.PASS_THROUGH):
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    group.set_mode(mode)
    group.set_opacity(60)
layer = tools.add_layer(image, "kid", 200, 150)
image.reorder_item(layer, group, 0)
spot = (92, 68, 14, 12)
""",
    "group that passes through what is mixed inside of another": """
layer, inner = (Gimp.GroupLayer.new(image, name) for name in ("outer", "inner"))
image.insert_layer(layer, None, 0)
image.insert_layer(inner, layer, 0)
layer.set_mode(Gimp.LayerMode.PASS_THROUGH)
for name in ("below", "above"):
    kid = tools.add_layer(image, name, 200, 150)
    image.reorder_item(kid, inner, 0)
kid.set_mode(Gimp.LayerMode.MULTIPLY)
spot = (92, 68, 14, 12)
""",
    "locked layer": """
layer = photo
layer.set_lock_content(True)
layer.set_lock_position(True)
layer.set_lock_alpha(True)
spot = (92, 68, 14, 12)
""",
    "layer with transparent parts": """
layer = photo
pixels = bytearray(tools.four_quadrants(200, 150))
for at in range(0, len(pixels), 4):
    if (at // 4) % 200 > 100:
        pixels[at:at + 4] = (255, 0, 255, 0)
tools.write(layer, bytes(pixels))
spot = (92, 40, 14, 12)
""",
}

RUN = """
image = tools.new_image(200, 150)
photo = tools.add_layer(image, "photo", 200, 150)
{prepare}
tools.select(image, *spot)
image.set_selected_layers([layer])
display = tools.show(image)
image.clean_all()
images = len(Gimp.get_images())
before, seen_before = tools.fingerprint(image), tools.seen(image)
status, values, error = tools.remove(image, [layer])
seen_after = tools.seen(image)
outside, inside = tools.count_different(seen_before, seen_after, 200, spot)
added = values[0] if status == "success" else None
is_copy = added.get_mask() is None
shown = spot if is_copy else tools.shown_box(added)
parent, position = added.get_parent(), image.get_item_position(added)
below = image.get_item_position(layer)
undone = tools.undo(image, lambda: not added.is_valid() or tools.fingerprint(image) == before)
result = {{
    "status": [status, error],
    "outside": outside,
    "inside": inside,
    "shown": shown,
    "spot": list(spot),
    "same parent": parent == layer.get_parent(),
    "right above": position + 1 == below,
    "is a copy": is_copy,
    "transparent as before": tools.alphas(seen_before) == tools.alphas(seen_after),
    "stray images": len(Gimp.get_images()) - images,
    "undone": undone,
    "left changed": tools.differing(before, tools.fingerprint(image)),
    "steps left": image.is_dirty(),
}}
display.delete()
"""


def check(result, *, is_copy=False):
    assert result["status"] == ["success", ""]
    assert result["outside"] == 0
    assert result["inside"] > 0
    assert result["shown"] == result["spot"]
    assert result["same parent"]
    assert result["right above"]
    assert result["is a copy"] == is_copy
    assert is_copy or result["transparent as before"]
    assert result["stray images"] == 0
    assert result["undone"]
    assert result["left changed"] == []
    assert not result["steps left"]


@pytest.mark.parametrize("kind", REPAIRED)
def test_it_is_repaired_where_it_stands(gimp, kind):
    # Letters go with their alpha, which a layer on top cannot take away.
    check(gimp.run(RUN.format(prepare=REPAIRED[kind])), is_copy=kind == "text layer")


# All around is inverted by a filter, so the repair must hold the inverse's colours.
INVERTED = {
    "a layer": "layer = photo",
    "a group": """
layer = Gimp.GroupLayer.new(image, "group")
image.insert_layer(layer, None, 0)
image.reorder_item(photo, layer, 0)
""",
    "a group that passes through": """
layer = Gimp.GroupLayer.new(image, "group")
image.insert_layer(layer, None, 0)
image.reorder_item(photo, layer, 0)
layer.set_mode(Gimp.LayerMode.PASS_THROUGH)
""",
}


@pytest.mark.parametrize("kind", INVERTED)
def test_what_has_a_filter_is_repaired_as_it_is_seen(gimp, kind):
    code = f"""
image = tools.new_image(200, 150)
photo = tools.add_layer(image, "photo", 200, 150, pixels=bytes((250, 250, 250, 255)) * 30000)
{INVERTED[kind]}
layer.append_filter(Gimp.DrawableFilter.new(layer, "gegl:invert-gamma", "invert"))
tools.select(image, 90, 60, 12, 10)
status, values, error = tools.remove(image, [layer])
result = [status, error, list(tools.read(values[0])[:4])]
image.delete()
"""
    assert gimp.run(code) == ["success", "", [5, 5, 5, 255]]


# The shadow falls where the window is, from what lies far outside of it.
SHADOW = """
image = tools.new_image(1600, 200)
photo = tools.add_layer(image, "photo", 1600, 200, pixels=bytes((250, 250, 250, 255)) * 320000)
sign = bytearray(1600 * 200 * 4)
for y in range(50, 150):
    sign[(y * 1600 + 20) * 4 : (y * 1600 + 120) * 4] = bytes((200, 30, 30, 255)) * 100
layer = tools.add_layer(image, "sign", 1600, 200, pixels=bytes(sign))
shadow = Gimp.DrawableFilter.new(layer, "gegl:dropshadow", "shadow")
for name, value in {"x": 1200.0, "y": 0.0, "radius": 0.0, "opacity": 1.0}.items():
    shadow.get_config().set_property(name, value)
shadow.update()
layer.append_filter(shadow)
tools.select(image, 1260, 90, 12, 10)
status, values, error = tools.remove(image, [photo], sample="visible")
seen = values[0]
_ok, left, top = seen.get_offsets()
pixel = lambda x, y: list(tools.read(seen)[((y - top) * seen.get_width() + x - left) * 4 :][:4])
result = [status, error, left > 500, pixel(1240, 95), pixel(1190, 95)]
image.delete()
"""


def test_what_a_filter_brings_from_elsewhere_is_seen(gimp):
    shadow, beside = [0, 0, 0, 255], [250, 250, 250, 255]
    assert gimp.run(SHADOW) == ["success", "", True, shadow, beside]


REDO = """
image = tools.new_image(200, 150)
layer = tools.add_layer(image, "photo", 200, 150)
layer.append_filter(Gimp.DrawableFilter.new(layer, "gegl:invert-gamma", "invert"))
tools.select(image, 60, 40, 14, 12)
display = tools.show(image)
image.insert_layer(layer.copy(), None, 0)
undone = tools.undo(image, lambda: len(image.get_layers()) == 1)
image.set_selected_layers([layer])
image.clean_all()
layers = len(image.get_layers())
status, values, error = tools.remove(image, [layer], extent="selection")
dirty = image.is_dirty()
tools.press("ctrl+y")
redone = tools.wait_until(lambda: len(image.get_layers()) == 2)
result = [status, undone, layers, dirty, redone]
display.delete()
"""


def test_a_refusal_keeps_the_history_of_a_filtered_layer(gimp):
    assert gimp.run(REDO) == ["execution-error", True, 1, False, True]


GROUP = """
group = Gimp.GroupLayer.new(image, "group")
image.insert_layer(group, None, 0)
inner = Gimp.GroupLayer.new(image, "inner")
image.insert_layer(inner, group, 0)
kid = tools.add_layer(image, "kid", 200, 150)
image.reorder_item(kid, inner, 0)
"""
THROUGH = (
    GROUP
    + "for each in (group, inner): each.set_mode(Gimp.LayerMode.PASS_THROUGH)\n"
    + "drawables = [group]\n"
)

REFUSED = {
    "a layer in a hidden group": (
        GROUP + "group.set_visible(False); drawables = [kid]",
        "The layer is in a hidden group.",
    ),
    "a group that passes through what is in another mode": (
        THROUGH + "kid.set_mode(Gimp.LayerMode.MULTIPLY)",
        "All visible layers",
    ),
    "a group that passes through what is clipped": (
        THROUGH + "kid.set_composite_mode(Gimp.LayerCompositeMode.CLIP_TO_BACKDROP)",
        "All visible layers",
    ),
    "a layer that is clipped to those below": (
        "layer.set_composite_mode(Gimp.LayerCompositeMode.CLIP_TO_BACKDROP)",
        "All visible layers",
    ),
    "a layer of which others show only its own shape": (
        "layer.set_composite_mode(Gimp.LayerCompositeMode.CLIP_TO_LAYER)",
        "All visible layers",
    ),
    "a hidden layer": ("layer.set_visible(False)", "The layer is hidden."),
    "a layer at half opacity": ("layer.set_opacity(50)", "All visible layers"),
    "a layer in another mode": ("layer.set_mode(Gimp.LayerMode.MULTIPLY)", "All visible layers"),
    "a floating selection": (
        "Gimp.Selection.float(image, [layer], 0, 0)",
        "A floating selection is in the way.",
    ),
    "a layer mask": (
        "layer.add_mask(layer.create_mask(Gimp.AddMaskType.WHITE)); drawables = [layer.get_mask()]",
        "Click the layer itself",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_with_a_way_out(gimp, kind):
    prepare, sentence = REFUSED[kind]
    code = f"""
image = tools.new_image(200, 150)
layer = tools.add_layer(image, "photo", 200, 150)
tools.select(image, 60, 40, 14, 12)
drawables = [layer]
{prepare}
image.clean_all()
before = tools.fingerprint(image)
status, values, error = tools.remove(image, drawables)
result = [status, error, tools.fingerprint(image) == before, image.is_dirty()]
image.delete()
"""
    status, error, unchanged, dirty = gimp.run(code)
    assert status == "execution-error"
    assert sentence in error
    assert unchanged
    assert not dirty


# Link and vector layers came with GIMP 3.2.
NEW_IN_3_2 = {
    "LinkLayer": """
file = Gio.File.new_for_path(GLib.get_home_dir() + "/linked.png")
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None)
layer = Gimp.LinkLayer.new(image, file)
image.insert_layer(layer, None, 0)
spot = (92, 68, 14, 12)
""",
    "VectorLayer": """
path = Gimp.Path.new(image, "shape")
path.bezier_stroke_new_ellipse(100, 75, 60, 50, 0)
image.insert_path(path, None, 0)
layer = Gimp.VectorLayer.new(image, path)
image.insert_layer(layer, None, 0)
layer.refresh()
spot = (148, 68, 14, 12)
""",
}


@pytest.mark.parametrize("kind", NEW_IN_3_2)
def test_new_kinds_of_3_2_are_repaired_too(gimp, kind):
    if gimp.version == "3.0":
        assert gimp.run(f"result = hasattr(Gimp, '{kind}')") is False
    else:
        is_copy = kind == "VectorLayer"  # the spot lies on the outline of its ellipse
        check(gimp.run(RUN.format(prepare=NEW_IN_3_2[kind])), is_copy=is_copy)
