"""Removals where the source is transparent: in the hole is what its surroundings say, alpha too."""

from __future__ import annotations

import numpy as np
import pytest

# ``at(x, y)`` is what is seen there afterwards, [r, g, b, a] in 8 bits.
RUN = """
def fill_box(pixels, width, box, colour):
    for y in range(box[1], box[1] + box[3]):
        for x in range(box[0], box[0] + box[2]):
            pixels[4 * (width * y + x):4 * (width * y + x) + 4] = bytes(colour)

def painted(*boxes):
    pixels = bytearray(4 * 120 * 100)
    for box, colour in boxes:
        fill_box(pixels, 120, box, colour)
    return bytes(pixels)

image = tools.new_image(120, 100, base, precision)
sample = "layer"
options = {{}}
{prepare}
tools.select(image, *spot)
image.set_selected_layers([layer])
display = tools.show(image)
image.clean_all()
before, seen_before = tools.fingerprint(image), tools.seen(image)
status, values, error = tools.remove(
    image, [layer], sample=sample, service=service, **options)
seen_after = tools.seen(image)
outside, _inside = tools.count_different(
    seen_before, seen_after, 120, spot, tools.rounding(image))
flat = Gimp.Layer.new_from_visible(image, image, "seen")
pixels = tools.read(flat)
flat.delete()
at = lambda x, y: list(pixels[4 * (120 * y + x):4 * (120 * y + x) + 4])
count = len(before["layers"])
result = {{
    "status": [status, error],
    "outside": outside,
    "colours": sorted({{tuple(at(x, y)) if at(x, y)[3] else (0, 0, 0, 0)
        for y in range(spot[1], spot[1] + spot[3]) for x in range(spot[0], spot[0] + spot[2])}}),
    "across": [at(x, spot[1] + spot[3] // 2) for x in range(spot[0], spot[0] + spot[2])],
    "layers": [[each.get_name(), each.get_visible()] for each in image.get_layers()],
}}
result["undone"] = tools.undo(image, lambda: len(image.get_layers()) == count)
result["changed"] = tools.differing(before, tools.fingerprint(image))
result["steps left"] = image.is_dirty()
display.delete()
"""

RED, BLUE, NOTHING = (200, 40, 30, 255), (20, 60, 190, 255), (0, 0, 0, 0)
SPRITES = "painted(((20, 20, 30, 30), (200, 40, 30, 255)), ((70, 50, 30, 30), (20, 60, 190, 255)))"
WHOLE = "(0, 0, 120, 100)"

CASES = {
    "one of two sprites": (
        f"layer = tools.add_layer(image, 'sprites', 120, 100, pixels={SPRITES})\n"
        "spot = (16, 16, 38, 38)",
        [NOTHING],
    ),
    "an object in a layer at half alpha": (
        f"layer = tools.add_layer(image, 'glass', 120, 100, pixels=painted(({WHOLE},"
        " (20, 60, 190, 128)), ((50, 40, 10, 10), (200, 40, 30, 255))))\nspot = (48, 38, 14, 14)",
        [(20, 60, 190, 128)],
    ),
    "what sticks out of a shape": (
        "layer = tools.add_layer(image, 'shape', 120, 100, pixels=painted("
        "((0, 60, 120, 40), (20, 60, 190, 255)), ((50, 45, 12, 15), (200, 40, 30, 255))))\n"
        "spot = (48, 42, 16, 18)",
        [NOTHING],
    ),
    "what hangs over the edge of a shape": (
        "layer = tools.add_layer(image, 'shape', 120, 100, pixels=painted("
        "((0, 60, 120, 40), (20, 60, 190, 255)), ((50, 50, 12, 20), (200, 40, 30, 255))))\n"
        "spot = (46, 46, 20, 28)",
        [NOTHING, BLUE],
    ),
    "a gray layer mask": (
        f"layer = tools.add_layer(image, 'masked', 120, 100, pixels=painted(({WHOLE},"
        " (20, 60, 190, 255)), ((50, 40, 10, 10), (200, 40, 30, 255))))\n"
        "layer.add_mask(layer.create_mask(Gimp.AddMaskType.WHITE))\n"
        "tools.write_mask(layer.get_mask(), lambda x, y: 128)\nspot = (48, 38, 14, 14)",
        [(20, 60, 190, 128)],
    ),
    "all visible layers, half transparent": (
        f"for name in 'ab': layer = tools.add_layer(image, name, 120, 100, pixels=painted(({WHOLE},"
        " (20, 60, 190, 100)), ((50, 40, 10, 10), (200, 40, 30, 255))))\n"
        "spot = (48, 38, 14, 14); sample = 'visible'",
        None,
    ),
    "a letter": (
        "layer = Gimp.TextLayer.new(image, 'I I', Gimp.context_get_font(), 60, Gimp.Unit.pixel())\n"
        "image.insert_layer(layer, None, 0)\nspot = (0, 0, 24, 90)",
        [NOTHING],
    ),
    "a locked sprite in a group": (
        "group = Gimp.GroupLayer.new(image, 'group'); image.insert_layer(group, None, 0)\n"
        f"layer = tools.add_layer(image, 'sprites', 120, 100, pixels={SPRITES})\n"
        "image.reorder_item(layer, group, 0)\n"
        "for lock in ('content', 'position', 'alpha', 'visibility'):\n"
        "    getattr(layer, 'set_lock_' + lock)(True)\nspot = (16, 16, 38, 38)",
        [NOTHING],
    ),
    "one of two sprites with a palette": (
        "layer = tools.add_layer(image, 'sprites', 120, 100, kind='INDEXEDA_IMAGE', pixels=painted("
        "((20, 20, 30, 30), (170, 0, 0, 255)), ((70, 50, 30, 30), (0, 85, 170, 255))))\n"
        "spot = (16, 16, 38, 38)",
        [NOTHING],
    ),
    "what hangs over the edge of a gray shape": (
        "layer = tools.add_layer(image, 'shape', 120, 100, kind='GRAYA_IMAGE', pixels=painted("
        "((0, 60, 120, 40), (90, 90, 90, 255)), ((50, 50, 12, 20), (200, 200, 200, 255))))\n"
        "spot = (46, 46, 20, 28)",
        [NOTHING, (90, 90, 90, 255)],
    ),
}
BASES = {
    "one of two sprites with a palette": "INDEXED",
    "what hangs over the edge of a gray shape": "GRAY",
}


def check(result, colours):
    assert result["status"] == ["success", ""]
    assert result["outside"] == 0
    if colours is None:
        (colour,) = result["colours"]  # as all around it
        assert 150 <= colour[3] <= 165
    else:
        assert result["colours"] == sorted([list(each) for each in colours])
    assert result["undone"]
    assert result["changed"] == []
    assert not result["steps left"]


def run(gimp, case, service="this-computer", precision="U8_NON_LINEAR"):
    prepare, colours = CASES[case]
    values = {"service": service, "precision": precision, "base": BASES.get(case, "RGB")}
    return gimp.run(RUN.format(prepare=prepare), **values), colours


@pytest.mark.parametrize("case", CASES)
def test_nothing_of_it_is_left(gimp, case):
    check(*run(gimp, case))


@pytest.mark.parametrize("precision", ["U16_LINEAR", "FLOAT_NON_LINEAR"])
@pytest.mark.parametrize("case", ["an object in a layer at half alpha", "one of two sprites"])
def test_deep_images_too(gimp, case, precision):
    check(*run(gimp, case, precision=precision))


@pytest.mark.parametrize("case", ["an object in a layer at half alpha", "a gray layer mask"])
def test_a_services_answer_gets_the_surroundings_alpha(gimp, service, case):
    def fill(image, mask, **_options):
        image = image.copy()
        image[mask > 0] = (20, 60, 190)
        return image

    with service.filling(fill):
        check(*run(gimp, case, "picwish"))


CUT_OUT = """
edge = b"".join(bytes((20, 60, 190, max(0, min(255, 255 - 25 * (x - 60))))) for x in range(120))
pixels = bytearray(edge * 100)
fill_box(pixels, 120, (52, 40, 20, 16), (200, 40, 30, 255))
layer = tools.add_layer(image, 'cut-out', 120, 100, pixels=bytes(pixels))
spot = (50, 36, 26, 24)
"""


@pytest.mark.parametrize("by", ["this-computer", "picwish"])
def test_the_soft_edge_of_a_cut_out_keeps_no_rim_of_the_object(gimp, service, by):
    def fill(image, mask, **_options):
        return np.where(mask[..., None] > 0, np.array((20, 60, 190), np.uint8), image)

    with service.filling(fill):
        result = gimp.run(
            RUN.format(prepare=CUT_OUT), service=by, precision="U8_NON_LINEAR", base="RGB"
        )
    check(result, [tuple(each) for each in result["colours"]])
    for x, (red, _green, blue, alpha) in enumerate(result["across"], start=50):
        assert abs(alpha - max(0, min(255, 255 - 25 * (x - 60)))) <= 25
        assert alpha < 10 or (red <= 24 and blue >= 186)


def test_nothing_is_paid_where_nothing_is_around(gimp, service):
    tasks = service.tasks
    check(*run(gimp, "one of two sprites", "picwish"))
    assert service.tasks == tasks


def test_the_original_is_hidden_below_its_copy(gimp):
    result, _colours = run(gimp, "one of two sprites")
    assert result["layers"] == [["Object removed", True], ["sprites", False]]


BATCH = """
pixels = bytearray(4 * 120 * 100)
for x, y, colour in ((20, 20, (200, 40, 30, 255)), (70, 50, (20, 60, 190, 255))):
    for row in range(y, y + 30):
        pixels[4 * (120 * row + x):4 * (120 * row + x + 30)] = bytes(colour) * 30
images = [tools.new_image(120, 100) for _ in range(2)]
for image in images:
    tools.add_layer(image, "sprites", 120, 100, pixels=bytes(pixels))
    tools.select(image, 16, 16, 38, 38)
status, values, error = tools.call(
    "plug-in-object-removal-batch", run_mode=Gimp.RunMode.NONINTERACTIVE, image=images[0],
    drawables=images[0].get_layers(), service="this-computer", grow=0, feather=0.0)
result = [status, error]
for image in images:
    flat = Gimp.Layer.new_from_visible(image, image, "seen")
    seen = tools.read(flat)
    alphas = [sum(seen[4 * (120 * y + x) + 3] for y in rows for x in columns)
        for rows, columns in ((range(16, 54), range(16, 54)), (range(50, 80), range(70, 100)))]
    result.append([alphas, [[each.get_name(), each.get_visible()] for each in image.get_layers()]])
    image.delete()
"""


def test_each_image_of_a_batch_gets_its_own_copy(gimp):
    each = [[0, 255 * 900], [["Object removed", True], ["sprites", False]]]
    assert gimp.run(BATCH) == ["success", "", each, each]


FRAMES = """
image = tools.new_image(120, 100)
for name, painted in zip(names, (None, tools.flat_quadrants(100, 80), None)):
    tools.add_layer(image, name, 100, 80, 10, 10, pixels=painted)
if kept_as:
    file = Gio.File.new_for_path(GLib.get_home_dir() + "/animation." + kept_as)
    pdb = Gimp.get_pdb().lookup_procedure(f"file-{kept_as}-export")
    config = pdb.create_config()
    config.set_property("image", image)
    config.set_property("file", file)
    config.set_property("animation" if kept_as == "webp" else "as-animation", True)
    if kept_as == "gif":
        image.convert_indexed(
            Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 200, False, False, "")
    assert pdb.run(config).index(0) == Gimp.PDBStatusType.SUCCESS
    image.delete()
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    names.extend(reversed([each.get_name() for each in image.get_layers()]))
layer = image.get_layers()[1]
image.set_selected_layers([layer])
tools.select(image, 50, 40, 12, 10)
display = tools.show(image)
before = tools.fingerprint(image)
refused = tools.remove(image, [layer], sample="visible")[2]
status, values, error = tools.remove(image, [layer], sample=sample)
after = tools.fingerprint(image)
facts = lambda seen: [
    [each[name] for name in ("name", "offsets", "size", "visible")] for each in seen["layers"]]
known = facts(after)
result = {
    "names": names,
    "refused": refused,
    "status": [status, error],
    "same": known == facts(before),
    "repaired": [one["pixels"] != two["pixels"]
        for one, two in zip(before["layers"], after["layers"])],
}
result["chosen"] = after["selected"] == before["selected"]
result["undone"] = tools.undo(image, lambda: layer in image.get_layers())
result["changed"] = tools.differing(before, tools.fingerprint(image))
display.delete()
"""


LAYERS = ["Background (100ms)", "Frame 2 (100ms)", "Frame 3 (100ms)"]


@pytest.mark.parametrize(
    ("names", "kept_as", "sample"),
    [
        (LAYERS, "", "layer"),
        (["Hintergrund", "Rahmen 2 (replace)", "Rahmen 3 (combine)"], "", "auto"),
        (LAYERS, "gif", "auto"),
        (LAYERS, "webp", "layer"),
    ],
)
def test_a_frame_stays_one_frame(gimp, names, kept_as, sample):
    result = gimp.run(FRAMES, names=names, kept_as=kept_as, sample=sample)
    assert len(result.pop("names")) == (6 if kept_as else 3)
    assert "its layers are frames" in result.pop("refused")
    assert result == {
        "status": ["success", ""],
        "same": True,
        "repaired": [False, True, False],
        "chosen": True,
        "undone": True,
        "changed": [],
    }
