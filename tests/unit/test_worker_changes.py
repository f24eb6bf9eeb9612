"""Where a repair goes when the picture was edited meanwhile: along with its pixels, or nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gimp_bridge.errors import EditedMeanwhile
from gimp_bridge.picture.geometry import Box
from gimp_bridge.worker.changes import follow
from gimp_bridge.worker.document import Repair
from gimp_bridge.worker.job import Scene
from gimp_bridge.worker.remover import Crop

CANVAS, LAYER = Box(0, 0, 300, 200), Box(20, 10, 240, 180)
WINDOW, HOLE = Box(100, 60, 80, 70), Box(130, 80, 20, 16)
PIXELS = np.random.default_rng(5).integers(0, 256, (180, 240, 4), np.uint8)


class Document:
    """A layer of known pixels, as it is after what was done to it."""

    def __init__(self, scene, pixels):
        self.scene, self.layer = scene, pixels

    def now(self):
        return self.scene

    def pixels(self, box):
        return self.layer[box.relative_to(self.scene.source).slices()]


def scene(layer=LAYER, canvas=CANVAS, selection=HOLE, **others):
    known: dict[str, Any] = {"precision": "u8-non-linear", "has_mask": False} | others
    known |= {"base": "rgb", "own_colours": False, "has_alpha": True, "sample": "layer"}
    return Scene("test", canvas, layer, **known, selection=selection)


def followed(now, pixels=PIXELS, before=PIXELS, hole=HOLE):
    removal = np.zeros((WINDOW.height, WINDOW.width), np.uint8)
    removal[hole.relative_to(WINDOW).slices()] = 255
    source = before[WINDOW.relative_to(LAYER).slices()]
    crop = Crop(WINDOW, removal, source, source, removal, source, removal)
    repair = Repair(WINDOW, source, removal)
    document: Any = Document(now, pixels)
    return follow(document, scene(), [crop], [repair])


@pytest.mark.parametrize(
    ("layer", "selection", "place"),
    [
        (LAYER, HOLE, WINDOW),
        (LAYER, None, WINDOW),
        (LAYER.moved(-37, 90), HOLE, WINDOW.moved(-37, 90)),
        (LAYER.moved(5, 6), HOLE.moved(5, 6), WINDOW.moved(5, 6)),
    ],
)
def test_it_goes_where_the_layer_goes(layer, selection, place):
    (repair,) = followed(scene(layer, selection=selection))
    assert repair.box == place


def cropped(left, top, right, bottom):
    """The scene after the canvas was cropped to these edges, and the layer's pixels."""
    kept = Box.from_corners(left, top, right, bottom)
    layer = LAYER.clamp(kept)
    now = scene(
        layer.relative_to(kept),
        Box(0, 0, kept.width, kept.height),
        HOLE.clamp(kept).relative_to(kept),
    )
    return now, PIXELS[layer.relative_to(LAYER).slices()]


@pytest.mark.parametrize("plain", [False, True])
def test_what_is_cropped_is_followed(plain):
    now, pixels = cropped(90, 50, 250, 190)
    before = np.full_like(PIXELS, 200) if plain else PIXELS
    pixels = np.full_like(pixels, 200) if plain else pixels
    (repair,) = followed(now, pixels, before)
    assert repair.box == Box(10, 10, 80, 70)


@pytest.mark.parametrize(
    ("edges", "part"),
    [
        ((138, 30, 280, 190), (slice(None), slice(38, None))),
        ((30, 20, 143, 90), (slice(None, 30), slice(None, 43))),
    ],
)
def test_of_a_hole_cut_by_a_crop_the_rest_is_repaired(edges, part):
    (repair,) = followed(*cropped(*edges))
    expected = PIXELS[WINDOW.relative_to(LAYER).slices()][part]
    assert np.array_equal(repair.pixels, expected)
    assert repair.box == Box(
        max(0, WINDOW.x - edges[0]), WINDOW.y - edges[1], expected.shape[1], expected.shape[0]
    )


PAINTED = PIXELS.copy()
PAINTED[90, 100] ^= 1  # 8 px below the hole
ELSEWHERE = {
    "turned": (scene(LAYER), PIXELS[::-1, ::-1]),
    "flipped": (scene(LAYER), PIXELS[:, ::-1]),
    "turned by a quarter": (
        scene(Box(10, 20, 180, 240), Box(0, 0, 200, 300)),
        np.rot90(PIXELS),
    ),
    "scaled": (scene(Box(10, 5, 120, 90), selection=Box(65, 40, 10, 8)), PIXELS[::2, ::2]),
    "painted on": (scene(), PAINTED),
    "all of it cropped away": cropped(160, 20, 280, 190),
    "in another precision": (scene(precision="u16-non-linear"), PIXELS),
    "given a mask": (scene(has_mask=True), PIXELS),
}


@pytest.mark.parametrize("edit", ELSEWHERE)
def test_it_goes_nowhere_else(edit):
    with pytest.raises(EditedMeanwhile, match="no longer fits"):
        followed(*ELSEWHERE[edit])


def test_what_is_painted_far_from_the_hole_does_not_matter():
    painted = PIXELS.copy()
    painted[90, 160] ^= 1
    (repair,) = followed(scene(), painted)
    assert repair.box == WINDOW


def test_a_file_stays_as_it_is():
    document: Any = Document(None, PIXELS)
    repair = Repair(WINDOW, PIXELS, PIXELS[..., 0])
    assert follow(document, scene(), [], [repair]) == [repair]


def test_gimps_rounding_of_floats_is_no_change():
    def in_floats(error):
        return PIXELS.astype(np.float32) / 255 + np.float32(error)

    assert followed(scene(), in_floats(2**-24), in_floats(0))
    with pytest.raises(EditedMeanwhile):
        followed(scene(), in_floats(2**-9), in_floats(0))
