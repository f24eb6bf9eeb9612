"""One removal after the other: earlier results are part of the picture, and none hides another."""

from __future__ import annotations

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


def test_neighbouring_objects_do_not_come_back(gimp):
    result = gimp.run(
        BEGIN
        + """
spot(60, 40, 20, 20); spot(84, 40, 20, 20); spot(60, 64, 20, 20)
layer.update(0, 0, 320, 240)
result = []
for x, y in ((60, 40), (84, 40), (60, 64)):
    repair, counts = remove(x, y, 20, 20, [layer])
    result.append([*counts, blacks(), image.get_item_position(repair)])
image.delete()
"""
    )
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
    "; chosen = [image.get_layers()[0]]",
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
    exec(way)
    left = blacks()
    refined, counts = remove(155, 112, 10, 10, chosen)
    parent = refined.get_parent()
    siblings = parent.get_children() if parent else image.get_layers()
    result[name] = [counts[0], left - blacks(), siblings.index(refined)]
""",
        ways=WAYS,
        begin=BEGIN,
    )
    assert result == {name: [0, 100, 0] for name in WAYS}
