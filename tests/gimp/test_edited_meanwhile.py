"""The picture is edited while the service works: the repair follows its pixels or is kept."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

# The plug-in's own parts, in this process: so the edit comes right when the answer is there.
PREPARE = """
import sys
folder = Gimp.directory() + "/plug-ins/object-removal"
if folder not in sys.path:
    sys.path.insert(0, folder)
from object_removal.image.source import Source
from object_removal.serving import Serving
from object_removal.worker.conversation import Conversation
from object_removal.worker.setup import start_worker

OBJECT = bytes((255, 0, 250))

def make(alpha=255):
    image = tools.new_image(300, 240)
    below = tools.add_layer(image, "below", 300, 240, pixels=bytes((90, 120, 60, 255)) * 72000)
    layer = tools.add_layer(image, "photo", 260, 220, 20, 10)
    pixels = bytearray(tools.read(layer))
    pixels[3::4] = bytes([alpha]) * (260 * 220)
    for y in range(90, 102):
        for x in range(110, 126):
            pixels[4 * (260 * y + x):4 * (260 * y + x) + 4] = OBJECT + bytes([255])
    tools.write(layer, bytes(pixels))
    tools.select(image, 130, 100, 16, 12)
    image.set_selected_layers([layer])
    return image, below, layer

def object_left(image):
    seen = tools.read(flat := Gimp.Layer.new_from_visible(image, image, "seen"))
    flat.delete()
    return sum(seen[n:n + 3] == OBJECT for n in range(0, len(seen), 4))

def run(worker, image, below, layer, edit, sample, service):
    source = Source(image, [layer])
    serving, ends = Serving(source), []

    def grant(wish):
        if wish.kind == "describe":
            exec(edit, dict(Gimp=Gimp, tools=tools, image=image, below=below, layer=layer))
            edited.append(tools.fingerprint(image))
        return serving.grant(wish)

    edited = []
    options = dict(service=service, sample=sample, extent="auto", grow=0, feather=0.0)
    conversation = Conversation(worker, lambda fields: None)
    conversation.request(
        "run", {"job": {**source.describe(), "options": options}},
        lambda last, _told: ends.append(last), grant=grant, tell=lambda frame: None)
    conversation.wait()
    serving.forget_all()
    result = {
        "end": ends[0].kind,
        "error": ends[0].fields.get("message"),
        "code": ends[0].fields.get("code"),
        "unchanged": tools.fingerprint(image) == edited[0],
    }
    if serving.inserted:
        result["object left"] = object_left(image)
        result["shown"] = tools.shown_box(serving.inserted)
    return result
"""

EACH = (
    PREPARE
    + """
result = {}
with start_worker(lambda fields: None) as worker:
    for name, edit, sample in edits:
        image, below, layer = make()
        result[name] = run(worker, image, below, layer, edit, sample, "this-computer")
        image.delete()
"""
)

FOLLOWED = [
    ("nothing", "", "layer", [130, 100, 16, 12]),
    ("the layer is moved", "layer.set_offsets(37, 3)", "layer", [147, 93, 16, 12]),
    ("another layer is moved", "below.set_offsets(9, 9)", "layer", [130, 100, 16, 12]),
    ("another layer is painted on", "below.edit_fill(2)", "layer", [130, 100, 16, 12]),
    ("the canvas is cropped", "image.crop(200, 180, 50, 40)", "layer", [80, 60, 16, 12]),
    ("the canvas is cut close", "image.crop(20, 60, 130, 60)", "layer", [0, 40, 16, 12]),
    ("the hole is cut", "image.crop(90, 90, 138, 60)", "layer", [0, 40, 8, 12]),
    ("the canvas is enlarged", "image.resize(400, 300, 31, 17)", "layer", [161, 117, 16, 12]),
    ("the layer is enlarged", "layer.resize(290, 230, 15, 5)", "layer", [130, 100, 16, 12]),
    ("nothing at all", "", "visible", [130, 100, 16, 12]),
    ("all is cropped", "image.crop(200, 180, 50, 40)", "visible", [80, 60, 16, 12]),
    ("all is enlarged", "image.resize(400, 300, 31, 17)", "visible", [161, 117, 16, 12]),
    (
        "all is moved",
        "layer.set_offsets(37, 3); below.set_offsets(17, -7)",
        "visible",
        [147, 93, 16, 12],
    ),
    ("all is flattened", "image.flatten()", "visible", [130, 100, 16, 12]),
]
ELSEWHERE = [
    ("turned", "image.rotate(Gimp.RotationType.DEGREES90)"),
    ("turned around", "image.rotate(Gimp.RotationType.DEGREES180)"),
    ("scaled", "image.scale(150, 120)"),
    ("flipped", "image.flip(Gimp.OrientationType.HORIZONTAL)"),
    ("painted on", "tools.write(layer, tools.four_quadrants(260, 220))"),
    ("cropped away", "image.crop(100, 200, 180, 20)"),
    ("converted", "image.convert_grayscale()"),
    ("flattened", "image.flatten()"),
    ("merged", "image.merge_down(layer, Gimp.MergeType.EXPAND_AS_NECESSARY)"),
    ("hidden", "layer.set_visible(False)"),
    ("removed", "image.remove_layer(layer)"),
]


def forget_paid(gimp):
    shutil.rmtree(gimp.home / ".local/share/gimp-object-removal/journal", ignore_errors=True)


def test_the_repair_follows_its_pixels(gimp):
    results = gimp.run(EACH, edits=[each[:3] for each in FOLLOWED])
    assert {name: result["error"] for name, result in results.items() if result["error"]} == {}
    assert {name: result["shown"] for name, result in results.items()} == {
        name: shown for name, _edit, _sample, shown in FOLLOWED
    }
    assert {result["object left"] for result in results.values()} == {0}


def test_where_the_pixels_are_others_nothing_is_inserted(gimp):
    results = gimp.run(EACH, edits=[(*each, "layer") for each in ELSEWHERE])
    assert len(results) == len(ELSEWHERE)
    for name, result in results.items():
        facts = [name, result["end"], result["code"], result["unchanged"]]
        assert facts == [name, "failed", "edited-meanwhile", True]
        assert result["error"].startswith("The picture was changed while this ran")
        assert result["error"].endswith("was not inserted. Try again.")


PAID = (
    PREPARE
    + """
def recover():
    return list(tools.call(
        "plug-in-object-removal-recover",
        run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=image.get_selected_layers(),
    ))[::2]

image, below, layer = make(alpha)
display = tools.show(image)
with start_worker(lambda fields: None) as worker:
    result = run(worker, image, below, layer, edit, "layer", "picwish")
result["too early"] = recover() if image.get_width() != 300 else None
result["undone"] = tools.undo(
    image, lambda: layer.is_valid() and layer.get_visible() and image.get_width() == 300)
image.set_selected_layers([layer])
result["recovered"] = recover()
result["object left"] = object_left(image)
result["layers"] = [[each.get_name(), each.get_visible()] for each in image.get_layers()]
added = image.get_layers()[0]
result["copy"] = added.get_mask() is None
result["shown"] = None if result["copy"] else tools.shown_box(added)
at = 4 * (260 * 95 + 115)
result["alpha"] = tools.read(added)[at + 3] if result["copy"] else None
display.delete()
"""
)


@pytest.mark.parametrize("alpha", [255, 128])
@pytest.mark.parametrize(
    "edit", ["image.rotate(Gimp.RotationType.DEGREES90)", "image.remove_layer(layer)"]
)
def test_what_is_paid_is_kept_and_comes_back_after_undo(gimp, service, edit, alpha):
    def fill(image, mask, **_options):
        return np.where(mask[..., None] > 0, np.array((70, 90, 60), np.uint8), image)

    forget_paid(gimp)
    tasks = service.tasks
    with service.filling(fill):
        result = gimp.run(PAID, edit=edit, alpha=alpha)
    assert [result["end"], result["unchanged"]] == ["failed", True]
    assert "undo the change" in result["error"]
    assert "Recover Last Result" in result["error"]
    assert "Try again" not in result["error"]
    if result["too early"]:
        assert "300 × 240 px: undo what changed its size" in result["too early"][1]
    assert result["undone"]
    assert result["recovered"] == ["success", ""]
    added = ["Object removed (recovered)", True]
    assert result["layers"] == [added, ["photo", alpha == 255], ["below", True]]
    assert result["object left"] == 0
    assert [result["copy"], result["alpha"], result["shown"]] == (
        [False, None, [130, 100, 16, 12]] if alpha == 255 else [True, 128, None]
    )
    assert service.tasks == tasks + 1
