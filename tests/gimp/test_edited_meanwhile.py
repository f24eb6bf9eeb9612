"""The picture is edited while the service works: the repair follows its pixels or is kept."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

# The plug-in's own parts, in this process: so the edit comes right when the answer is there.
RUN = """
import sys
folder = Gimp.directory() + "/plug-ins/object-removal"
if folder not in sys.path:
    sys.path.insert(0, folder)
from object_removal.image.source import Source
from object_removal.serving import Serving
from object_removal.worker.conversation import Conversation
from object_removal.worker.setup import start_worker

image = tools.new_image(300, 240)
below = tools.add_layer(image, "below", 300, 240, pixels=bytes((90, 120, 60, 255)) * 72000)
layer = tools.add_layer(image, "photo", 260, 220, 20, 10)
pixels = bytearray(tools.read(layer))
for y in range(90, 102):
    for x in range(110, 126):
        pixels[4 * (260 * y + x):4 * (260 * y + x) + 4] = bytes((255, 0, 250, 255))
tools.write(layer, bytes(pixels))
tools.select(image, 130, 100, 16, 12)
image.set_selected_layers([layer])
source = Source(image, [layer])
serving, ends = Serving(source), []

def grant(wish):
    if wish.kind == "describe":
        {edit}
    return serving.grant(wish)

options = {{"service": service, "sample": sample, "extent": "auto", "grow": 0, "feather": 0.0}}
with start_worker(lambda fields: None) as worker:
    conversation = Conversation(worker, lambda fields: None)
    conversation.request(
        "run", {{"job": {{**source.describe(), "options": options}}}},
        lambda last, _told: ends.append(last), grant=grant, tell=lambda frame: None)
    conversation.wait()
serving.forget_all()
result = {{
    "end": ends[0].kind,
    "error": ends[0].fields.get("message"),
    "code": ends[0].fields.get("code"),
    "layers": len(image.get_layers()),
}}
if serving.inserted:
    flat = Gimp.Layer.new_from_visible(image, image, "seen")
    seen = tools.read(flat)
    result["object left"] = sum(
        seen[n:n + 3] == bytes((255, 0, 250)) for n in range(0, len(seen), 4))
    result["shown"] = tools.shown_box(serving.inserted)
image.delete()
"""

FOLLOWED = {
    "the layer is moved": ("layer.set_offsets(37, 3)", (147, 93)),
    "the canvas is cropped": ("image.crop(200, 180, 50, 40)", (80, 60)),
    "the canvas is enlarged": ("image.resize(400, 300, 31, 17)", (161, 117)),
    "another layer is painted on": (
        "below.edit_fill(Gimp.FillType.WHITE)",
        (130, 100),
    ),
    "nothing at all": ("pass", (130, 100)),
}
ELSEWHERE = {
    "turned": "image.rotate(Gimp.RotationType.DEGREES90)",
    "turned around": "image.rotate(Gimp.RotationType.DEGREES180)",
    "scaled": "image.scale(150, 120)",
    "flipped": "image.flip(Gimp.OrientationType.HORIZONTAL)",
    "flattened": "image.flatten()",
    "merged": "image.merge_down(layer, Gimp.MergeType.EXPAND_AS_NECESSARY)",
    "hidden": "layer.set_visible(False)",
    "painted on": "tools.write(layer, tools.four_quadrants(260, 220))",
    "removed": "image.remove_layer(layer)",
}


def run(gimp, edit, sample, service="this-computer"):
    shutil.rmtree(gimp.home / ".local/share/gimp-object-removal/journal", ignore_errors=True)
    return gimp.run(RUN.format(edit=edit), sample=sample, service=service)


@pytest.mark.parametrize("sample", ["layer", "visible"])
@pytest.mark.parametrize("edit", FOLLOWED)
def test_the_repair_follows_its_pixels(gimp, edit, sample):
    code, place = FOLLOWED[edit]
    if (edit, sample) == ("another layer is painted on", "visible"):
        code = "below.set_name('renamed')"
    if (edit, sample) == ("the layer is moved", "visible"):
        code = "layer.set_offsets(37, 3); below.set_offsets(17, -7)"
    result = run(gimp, code, sample)
    assert result["end"] == "finished", result["error"]
    assert result["object left"] == 0
    assert result["shown"] == [*place, 16, 12]


@pytest.mark.parametrize("edit", ELSEWHERE)
def test_where_the_pixels_are_others_nothing_is_inserted(gimp, edit):
    result = run(gimp, ELSEWHERE[edit], "layer")
    assert result["end"] == "failed"
    assert result["layers"] == {"flattened": 1, "merged": 1, "removed": 1}.get(edit, 2)


def test_what_is_paid_is_kept(gimp, service):
    def fill(image, mask, **_options):
        return np.where(mask[..., None] > 0, np.uint8((70, 90, 60)), image)

    with service.filling(fill):
        result = run(gimp, "image.rotate(Gimp.RotationType.DEGREES90)", "visible", "picwish")
    assert [result["end"], result["code"]] == ["failed", "document-refused"]
    assert "Undo the change" in result["error"]
    assert "Recover Last Result" in result["error"]


def test_what_is_seen_may_be_flattened(gimp):
    result = run(gimp, "image.flatten()", "visible")
    assert [result["end"], result["object left"]] == ["finished", 0]
    assert result["shown"] == [130, 100, 16, 12]
