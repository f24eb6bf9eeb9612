"""Batches in a real GIMP: every image its own layer, its own undo step and its own outcome."""

from __future__ import annotations

import shutil
import time

import pytest

# Images of different sizes, each with another rectangle selected; layers off the corner.
PREPARE = """
images, boxes = [], []
for number in range(count):
    width, height = 640 + 20 * number, 520
    image = tools.new_image(width, height)
    tools.add_layer(image, "photo", width, height, 5, 3, pixels=tools.flat_quadrants(width, height))
    box = (200 + 10 * number, 150 + number, 16, 12)
    tools.select(image, *box)
    image.clean_all()
    images.append(image)
    boxes.append(box)
before = [tools.fingerprint(image) for image in images]

def filled(image, box):
    "Whether the layer on top holds the server's place fill at the box's corner, and its mask."
    layer = image.get_layers()[0]
    _, left, top = layer.get_offsets()
    x, y = box[0] - left, box[1] - top
    wide = layer.get_width()
    at = wide * y + x
    mask = tools.read(layer.get_mask(), "Y u8")
    exact = sum(1 for value in mask if value) == box[2] * box[3] and mask[at] == 255
    return exact and list(tools.read(layer)[4 * at:4 * at + 3]) == [x % 256, y % 256, 77]

def unchanged(image, before):
    after = tools.fingerprint(image)
    after["layers"].pop(0)
    return after == before

def batch(**options):
    chosen = {"service": "picwish", "grow": 0, "feather": 0.0}
    chosen.update(options)
    return tools.call(
        "plug-in-object-removal-batch", run_mode=Gimp.RunMode.NONINTERACTIVE,
        image=images[0], drawables=images[0].get_selected_drawables(), **chosen,
    )
"""
CLEAN = "\nfor image in images:\n    if image.is_valid():\n        image.delete()\n"


@pytest.fixture
def fast(gimp):
    """A GIMP whose settings allow more requests a second than the service's own default."""
    folder = gimp.home / ".config" / "gimp-object-removal"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text('{"per_second": 20}')
    yield gimp
    (folder / "settings.json").unlink()
    # What one test leaves to be recovered, another would use instead of sending the same.
    shutil.rmtree(gimp.home / ".local/share/gimp-object-removal/journal", ignore_errors=True)


EACH = (
    PREPARE
    + """
for image in (images[2],):
    Gimp.Selection.none(image)
before = [tools.fingerprint(image) for image in images]
status, values, error = batch()
result = {
    "status": [status, error],
    "counts": values[:3],
    "report": values[3],
    "layers": [len(image.get_layers()) for image in images],
    "right": [filled(i, b) and unchanged(i, f) for i, b, f in zip(images, boxes, before)
              if len(i.get_layers()) == 2],
    "names": [f"{image.get_name()}-{image.get_id()}" for image in images],
}
"""
    + CLEAN
)


def test_each_image_gets_its_own_layer(fast, service):
    billed = service.tasks
    result = fast.run(EACH, count=5)
    assert result["status"] == ["success", ""]
    assert result["counts"] == [4, 1, 0]
    assert result["layers"] == [2, 2, 1, 2, 2]
    assert result["right"] == [True] * 4
    lines = result["report"].splitlines()
    assert lines[0] == "4 done, 1 skipped, 0 failed."
    assert lines[4].startswith(f"skipped {result['names'][2]}: Nothing is selected.")
    assert service.tasks == billed + 4


PALETTES = (
    PREPARE
    + """
no_dither, four = Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE
images[0].convert_indexed(no_dither, four, 4, False, False, "")
before = [tools.fingerprint(image) for image in images]
status, values, error = batch(palette=palette)
bases = [image.get_base_type().value_nick for image in images]
result = [status, values[:3], bases, [filled(i, b) for i, b in zip(images, boxes)]]
"""
    + CLEAN
)


@pytest.mark.parametrize(("palette", "base"), [("keep", "indexed"), ("convert", "rgb")])
def test_an_indexed_image_among_others_keeps_its_palette_or_becomes_rgb(fast, palette, base):
    exact = base == "rgb"  # four colours do not hold the fill
    result = fast.run(PALETTES, count=2, palette=palette)
    assert result == ["success", [2, 0, 0], [base, "rgb"], [exact, True]]


ACTIVE = (
    PREPARE
    + """
for image in images[1:]:
    Gimp.Selection.none(image)
status, values, error = batch(selection_from="active", alignment=alignment)
places = [(boxes[0][0] + (20 * n if alignment == "top-right" else 0), *boxes[0][1:])
          for n in range(count)]
result = [status, values[:3], [filled(i, b) for i, b in zip(images, places)]]
"""
    + CLEAN
)


@pytest.mark.parametrize("alignment", ["top-left", "top-right"])
def test_one_selection_for_all(fast, alignment):
    result = fast.run(ACTIVE, count=3, alignment=alignment)
    assert result == ["success", [3, 0, 0], [True, True, True]]


SCALED = (
    """
sizes = [(640, 520), (1280, 1040), (960, 1040), (320, 260)]
images = []
for width, height in sizes:
    image = tools.new_image(width, height)
    tools.add_layer(image, "photo", width, height, 5, 3, pixels=tools.flat_quadrants(width, height))
    images.append(image)
tools.select(images[0], 200, 150, 16, 12)
before = [tools.fingerprint(image) for image in images]
status, values, error = tools.call(
    "plug-in-object-removal-batch", run_mode=Gimp.RunMode.NONINTERACTIVE, image=images[0],
    drawables=images[0].get_selected_drawables(), service="picwish", grow=0, feather=0.0,
    selection_from="active", alignment="scaled",
)

def found(image):
    "The box on the canvas that is removed by more than half, and whether its fill is in place."
    layer = image.get_layers()[0]
    _, left, top = layer.get_offsets()
    wide, high = layer.get_width(), layer.get_height()
    mask = tools.read(layer.get_mask(), "Y u8")
    inside = [divmod(at, wide) for at in range(wide * high) if mask[at] > 127]
    (y, x), (bottom, right) = inside[0], inside[-1]
    pixels = tools.read(layer)
    places = [list(pixels[4 * (wide * r + c):][:3]) == [c % 256, r % 256, 77] for r, c in inside]
    box = [x + left, y + top, right + 1 - x, bottom + 1 - y]
    return box, len(inside) == box[2] * box[3] and all(places)

rest = [tools.fingerprint(image) for image in images]
for each in rest:
    each["layers"].pop(0)
result = [status, values[:3], [found(image) for image in images], rest == before]
"""
    + CLEAN
)


def test_a_selection_is_scaled_with_the_image(fast):
    status, counts, found, rest_untouched = fast.run(SCALED)
    assert (status, counts) == ("success", [4, 0, 0])
    assert found == [
        [[200, 150, 16, 12], True],
        [[400, 300, 32, 24], True],
        [[300, 300, 24, 24], True],
        [[100, 75, 8, 6], True],
    ]
    assert rest_untouched


UNDONE = (
    PREPARE
    + """
displays = [tools.show(image) for image in images]
status, values, error = batch(service="this-computer")
undone = tools.undo(images[1], lambda: len(images[1].get_layers()) == 1)
result = [
    status, values[:3], undone, tools.fingerprint(images[1]) == before[1],
    [len(image.get_layers()) for image in images],
]
for display in displays:
    display.delete()
images = []
"""
    + CLEAN
)


def test_each_layer_is_one_undo_step_of_its_image(gimp):
    result = gimp.run(UNDONE, count=2)
    assert result == ["success", [2, 0, 0], True, True, [2, 1]]


KINDS = (
    PREPARE
    + """
group = Gimp.GroupLayer.new(images[0], "hidden")
images[0].get_layers()[0].set_visible(False)
images[1].set_selected_layers([*images[1].get_layers(),
    tools.add_layer(images[1], "second", 30, 30)])
before = [tools.fingerprint(image) for image in images]
status, values, error = batch(service="this-computer")
result = [status, values[:3], values[3],
    [tools.fingerprint(i) == f for i, f in zip(images, before)][:2]]
"""
    + CLEAN
)


def test_images_that_cannot_run_are_skipped_with_their_sentence(gimp):
    status, counts, report, untouched = gimp.run(KINDS, count=3)
    assert (status, counts) == ("success", [1, 2, 0])
    assert "The layer is hidden" in report
    assert "Several layers are chosen" in report
    assert untouched == [True, True]


CLOSED = (
    PREPARE
    + """
import pathlib, os, threading, time, windows
from gi.repository import Gio

def shown():
    return windows.xdotool("search", "--onlyvisible", "--name", "closed.*GIMP$", check=False)

def close():
    home = pathlib.Path(os.environ["HOME"])
    while not (home / "all sent").exists():
        time.sleep(0.005)
    while not shown():
        time.sleep(0.05)
    tools.press("ctrl+w")
    while shown():
        time.sleep(0.05)
    (home / "is closed").touch()

file = Gio.File.new_for_path(os.path.join(os.environ["HOME"], "closed.xcf"))
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, images[1], file, None)
images[1].set_file(file)  # GIMP 3.0 does not by itself
closed = tools.fingerprint(images[1])["layers"]
names = [f"{image.get_name()}-{image.get_id()}" for image in images]
names[1] = images[1].get_name()
tools.show(images[1])
killer = threading.Thread(target=close)
killer.start()
status, values, error = batch()
killer.join()
right = [filled(i, b) for n, (i, b) in enumerate(zip(images, boxes)) if n != 1]
reopened = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
recovered, _, why_not = tools.call(
    "plug-in-object-removal-recover", run_mode=Gimp.RunMode.NONINTERACTIVE,
    image=reopened, drawables=reopened.get_selected_drawables(),
)
kept = [recovered, why_not, [layer.get_name() for layer in reopened.get_layers()],
    recovered == "success" and filled(reopened, boxes[1]),
    tools.fingerprint(reopened)["layers"][1:] == closed]
result = [status, values[:3], values[3] if len(values) > 3 else error, names[1], right, kept]
reopened.delete()
"""
    + CLEAN
)


def test_an_image_closed_half_way_is_survived_and_its_result_kept(fast, service):
    for sign in ("all sent", "is closed"):
        (fast.home / sign).unlink(missing_ok=True)
    billed = service.tasks

    def poll():
        """No task ends before all are sent and a person has closed an image."""
        if service.tasks == billed + 4:
            (fast.home / "all sent").touch()
        while not (fast.home / "is closed").exists():
            time.sleep(0.01)

    with service.on_poll(poll):
        status, counts, report, name, right, kept = fast.run(CLOSED, count=4)
    assert (status, counts) == ("success", [3, 0, 1])
    assert f"failed  {name}: The image was closed." in report
    assert right == [True, True, True]
    layers = ["Object removed (recovered)", "photo"]
    assert kept == ["success", "", layers, True, True]
    assert service.tasks == billed + 4
