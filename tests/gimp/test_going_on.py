"""One removal after the other: earlier results are part of the picture, and none hides another."""

from __future__ import annotations

import numpy as np
import pytest

# Four flat quadrants: what a person sees of a removal is told by where their edges run.
BEGIN = """
image = tools.new_image(320, 240)
layer = tools.add_layer(image, "photo", 320, 240, pixels=tools.flat_quadrants(320, 240))
def spot(x, y, width, height):
    buffer = layer.get_buffer()
    black = bytes((0, 0, 0, 255)) * (width * height)
    buffer.set(Gegl.Rectangle.new(x, y, width, height), tools.RGBA, black)
    buffer.flush()
def remove(x, y, width, height, drawables, **options):
    tools.select(image, x, y, width, height)
    before = tools.seen(image)
    status, values, error = tools.remove(image, drawables, sample="auto", **options)
    assert status == "success", error
    counts = tools.count_different(before, tools.seen(image), 320, (x, y, width, height))
    return values[0], counts
def blacks():
    copy = image.duplicate()
    pixels = tools.read(copy.flatten())
    copy.delete()
    return sum(pixels[at:at + 3] == bytes(3) for at in range(0, len(pixels), 4))
def names():
    return [each.get_name() for each in image.get_layers()]
"""


@pytest.fixture(autouse=True)
def nothing_left_open(gimp):
    """A batch works on all images that are open."""
    yield
    gimp.run("for each in Gimp.get_images():\n    each.delete()")


def test_neighbouring_objects_do_not_come_back(gimp, service):
    sent = []

    def fill(image, mask, **_options):
        sent.append(int(np.count_nonzero(~image.any(axis=2))))
        return np.where(mask[..., None] > 0, image[0, 0], image)

    with service.filling(fill):
        result = gimp.run(
            BEGIN
            + """
spot(60, 40, 20, 20); spot(84, 40, 20, 20); spot(60, 64, 20, 20)
layer.update(0, 0, 320, 240)
result = []
for x, y in ((60, 40), (84, 40), (60, 64)):
    repair, counts = remove(x, y, 20, 20, [layer], service="picwish", extent="layer")
    result.append([*counts, blacks(), image.get_item_position(repair)])
image.delete()
"""
        )
    assert sent == [1200, 800, 400]  # what was removed before is not there any more
    assert result == [[0, 400, 800, 0], [0, 400, 400, 0], [0, 400, 0, 0]]


# How the image is come back to: what is active then, by name of a variable.
WAYS = {
    "the source": "chosen = [layer]",
    "the result": "chosen = [repair]",
    "the result's mask": "chosen = [repair.get_mask()]",
    "both": "chosen = [layer, repair]",
    "the result of the result": "chosen = [remove(143, 102, 9, 9, [repair])[0]]",
    "another result deleted": "other = remove(20, 20, 9, 9, [layer])[0]; image.remove_layer(other)"
    "; chosen = [repair]",
    "a copy of the image": "image = image.duplicate(); layer = image.get_layers()[-1]"
    "; tools.add_layer(image, 'caption', 20, 20); chosen = [image.get_layers()[1]]; below = 1",
    "saved and opened again": """
file = Gio.File.new_for_path("/tmp/again.xcf")
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None)
image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
layer = image.get_layers()[-1]
chosen = [image.get_layers()[0].get_mask()]
""",
    "a group around them": """
group = Gimp.GroupLayer.new(image, "group")
image.insert_layer(group, None, 0)
image.reorder_item(layer, group, 0)
image.reorder_item(repair, group, 0)
chosen = [repair]
""",
    "half a result": "repair.set_opacity(50); chosen = [layer]",
}


def test_a_result_is_refined_whatever_is_active(gimp):
    result = gimp.run(
        BEGIN
        + """

result = {}
for name, way in ways.items():
    exec(begin)
    spot(140, 100, 40, 40)
    layer.update(0, 0, 320, 240)
    repair, counts = remove(140, 100, 40, 40, [layer])
    # What a service may have left inside, put into the result itself.
    black = bytes((0, 0, 0, 255)) * 100
    buffer = repair.get_buffer()
    _, x, y = repair.get_offsets()
    buffer.set(Gegl.Rectangle.new(155 - x, 112 - y, 10, 10), tools.RGBA, black)
    buffer.flush(); repair.update(0, 0, repair.get_width(), repair.get_height())
    below = 0
    exec(way)
    left = blacks()
    refined, counts = remove(155, 112, 10, 10, chosen)
    parent = refined.get_parent()
    siblings = parent.get_children() if parent else image.get_layers()
    result[name] = [counts[0], left - blacks(), siblings.index(refined) - below]
""",
        ways=WAYS,
        begin=BEGIN,
    )
    assert result == {name: [0, 100, 0] for name in WAYS}


# Layers at which nothing of a result would be seen, and a word of the sentence that says so.
UNSEEN = {
    "under an earlier result": ("remove(140, 100, 40, 40, [layer])", "layer", "Layers above cover"),
    "under an opaque layer": (
        "tools.add_layer(image, 'top', 60, 60, 130, 90)",
        "auto",
        "Layers above cover",
    ),
    "under an opaque layer of the group around it": (
        "group = Gimp.GroupLayer.new(image, 'group'); image.insert_layer(group, None, 0)\n"
        "image.reorder_item(layer, group, 0)\n"
        "tools.add_layer(image, 'top', 60, 60, 130, 90)",
        "auto",
        "Layers above cover",
    ),
    "on an empty layer": (
        "layer = tools.add_layer(image, 'empty', 320, 240, pixels=bytes(4 * 320 * 240))",
        "auto",
        "nothing to remove",
    ),
    "behind its own mask": (
        "layer.add_mask(layer.create_mask(Gimp.AddMaskType.BLACK))",
        "layer",
        "nothing to remove",
    ),
}
# Layers above that leave something to see.
SEEN = {
    "a hidden layer": "tools.add_layer(image, 'top', 60, 60, 130, 90).set_visible(False)",
    "half a layer": "tools.add_layer(image, 'top', 60, 60, 130, 90).set_opacity(50)",
    "a corner is free": "tools.add_layer(image, 'top', 39, 39, 140, 100)",
    "a colour over all": "tools.add_layer(image, 'top', 320, 240)"
    ".set_mode(Gimp.LayerMode.HSL_COLOR)",
}


def test_nothing_is_paid_for_that_would_not_be_seen(gimp, service):
    tasks = service.tasks
    result = gimp.run(
        BEGIN
        + """
result = {}
for name, (prepare, sample, _sentence) in unseen.items():
    exec(begin)
    exec(prepare)
    tools.select(image, 140, 100, 40, 40)
    before = tools.fingerprint(image)
    status, _, error = tools.remove(image, [layer], sample=sample, service="picwish")
    result[name] = [status, error, tools.differing(before, tools.fingerprint(image))]
for name, prepare in seen.items():
    exec(begin)
    exec(prepare)
    status, _, error = tools.remove(image, [layer], sample="auto")
    result[name] = [status, error, []]
""",
        begin=BEGIN + "tools.select(image, 140, 100, 40, 40)\n",
        unseen=UNSEEN,
        seen=SEEN,
    )
    assert service.tasks == tasks
    for name, (_prepare, _sample, sentence) in UNSEEN.items():
        status, error, changed = result.pop(name)
        assert (status, changed) == ("execution-error", []), name
        assert sentence in error, name
    assert result == {name: ["success", "", []] for name in SEEN}


ANOTHER = """
import random
random.seed(3)
pixels = bytes(random.choice((30, 90, 160, 220)) for _ in range(320 * 240 * 4))
pixels = bytes(255 if at % 4 == 3 else value for at, value in enumerate(pixels))
tools.write(layer, pixels)
first, _ = remove(140, 100, 40, 40, [layer])
Gimp.Selection.none(image)
marks, shown, outside, dirty = set(), [], 0, []
for active in ([layer], [first], [first.get_mask()], [layer], [layer], [layer]):
    before = tools.seen(image)
    status, values, error = tools.call(
        "plug-in-object-removal-another",
        run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=active)
    assert status == "success", error
    outside += tools.count_different(before, tools.seen(image), 320, (140, 100, 40, 40))[0]
    marks.add(tools.digest(values[0]))
    shown.append([each == values[0]
                  for each in image.get_layers() if each.get_visible()])
result = {"different": len(marks), "shown": shown, "outside": outside, "layers": names(),
          "first kept": first.is_valid() and not first.get_visible()}
refined, _ = remove(145, 105, 9, 9, [layer])
result["above"] = image.get_item_position(refined)
image.remove_layer(refined)
for each in image.get_layers()[:-1]:
    image.remove_layer(each)
status, _, error = tools.call(
    "plug-in-object-removal-another",
    run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=[layer])
result["nothing to try"] = [status, "no result here" in error]
# A result that lies over all that is visible.
tools.select(image, 60, 60, 20, 20)
status, values, error = tools.remove(image, [layer], sample="visible")
status, values, error = tools.call(
    "plug-in-object-removal-another",
    run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=[layer])
result["of what is visible"] = [status, error, [each.get_visible() for each in image.get_layers()]]
image.delete()
"""


def test_another_result_takes_the_place_of_the_one_before(gimp):
    result = gimp.run(BEGIN + ANOTHER)
    assert result.pop("layers")[-2:] == ["Object removed", "photo"]
    assert result == {
        "different": 6,
        "shown": [[True, False]] * 6,
        "outside": 0,
        "first kept": True,
        "above": 0,
        "nothing to try": ["execution-error", True],
        "of what is visible": ["success", "", [True, False, True]],
    }


PAINTED = """
def paint(x, y, width, height):
    channel = Gimp.Channel.new(image, "Qmask", 320, 240, 50, Gegl.Color.new("red"))
    image.insert_channel(channel, None, 0)
    tools.write_mask(channel, lambda at, row: 255 * (x <= at < x + width and y <= row < y + height))
    image.set_selected_channels([channel])
    return [channel]
spot(140, 100, 40, 40); spot(30, 30, 20, 20)
layer.update(0, 0, 320, 240)
display = tools.show(image)
result = []
for box in ((140, 100, 40, 40), (30, 30, 20, 20)):
    before = tools.seen(image)
    chosen = paint(*box)
    status, values, error = tools.remove(image, chosen, sample="auto")
    assert status == "success", error
    result.append([
        tools.count_different(before, tools.seen(image), 320, box)[0], blacks(),
        [each.get_name() for each in image.get_channels()],
        [each.get_name() for each in image.get_selected_drawables()]])
undone = tools.undo(image, lambda: len(image.get_layers()) == 2)
result.append([undone, [each.get_name() for each in image.get_selected_drawables()]])
display.delete()
"""


def test_what_is_painted_in_quick_mask_is_removed_and_quick_mask_ends(gimp):
    assert gimp.run(BEGIN + PAINTED) == [
        [0, 400, [], ["photo"]],
        [0, 0, [], ["photo"]],
        [True, ["Qmask"]],
    ]
