"""Removals where the source is transparent: in the hole is what its surroundings say, alpha too."""

from __future__ import annotations

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

image = tools.new_image(120, 100, "RGB", precision)
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
    return gimp.run(RUN.format(prepare=prepare), service=service, precision=precision), colours


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


def test_nothing_is_paid_where_nothing_is_around(gimp, service):
    tasks = service.tasks
    check(*run(gimp, "one of two sprites", "picwish"))
    assert service.tasks == tasks


def test_the_original_is_hidden_below_its_copy(gimp):
    result, _colours = run(gimp, "one of two sprites")
    assert result["layers"] == [["Object removed", True], ["sprites", False]]


FRAMES = """
image = tools.new_image(120, 100)
for name in names:
    tools.add_layer(image, name, 100, 80, 10, 10)
layer = image.get_layers()[1]
image.set_selected_layers([layer])
tools.select(image, 50, 40, 12, 10)
display = tools.show(image)
before, seen = tools.fingerprint(image), tools.seen(image)
status, values, error = tools.remove(image, [layer])
after = tools.fingerprint(image)
facts = lambda seen: [
    [each[name] for name in ("name", "offsets", "size", "visible")] for each in seen["layers"]]
known = facts(after)
result = {
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


@pytest.mark.parametrize(
    "names",
    [
        ["Background (100ms)", "Frame 2 (100ms)", "Frame 3 (100ms)"],
        ["Hintergrund", "Rahmen 2 (replace)", "Rahmen 3 (combine)"],
    ],
)
def test_a_frame_stays_one_frame(gimp, names):
    assert gimp.run(FRAMES, names=names) == {
        "status": ["success", ""],
        "same": True,
        "repaired": [False, True, False],
        "chosen": True,
        "undone": True,
        "changed": [],
    }
