"""The job as it crosses the pipe: what the image is and what the person chose, checked.

Only values; the flow that acts on them is ``worker.removal``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np

from gimp_bridge.errors import InputError, NoSelection
from gimp_bridge.language import _
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import FEATHER_PX, default_grow_px
from gimp_bridge.settings import Settings

Service = Literal["auto", "picwish", "this-computer"]
Sample = Literal["layer", "auto", "visible"]
Extent = Literal["auto", "selection", "layer"]

AUTOMATIC = -1
SAMPLES: dict[str, type[np.generic]] = {"u8": np.uint8, "u16": np.uint16, "float": np.float32}
"""By the end of a babl format's name: what one sample of its pixels is."""


@dataclass(frozen=True)
class Scene:
    """The image and what of it is repaired.  Boxes count from the image's corner.

    ``own_colours``: the image's colours are other than sRGB, and pixels cross the pipe in them.
    ``has_alpha``: the layer may be transparent in places.
    ``grain``: the surroundings' grain is added to a repair; a setting, it does not cross the pipe.
    ``to_rgb``: the image has a palette, and becomes an RGB image together with the repair.
    ``sample``: "auto" is the layer with its repairs on it.
    ``selection``: its bounds, None where nothing is selected.
    ``is_frame``: the layer is a frame of an animation, which a layer more would lengthen.
    ``is_covered``: there are layers above the place of a result, which may hide it.
    """

    name: str
    canvas: Box
    layer: Box
    base: str
    precision: str
    own_colours: bool
    has_alpha: bool
    has_mask: bool
    sample: Sample
    grain: bool = field(default=True, kw_only=True)
    to_rgb: bool = field(default=False, kw_only=True)
    is_frame: bool = field(default=False, kw_only=True)
    selection: Box | None = field(default=None, kw_only=True)
    is_covered: bool = field(default=False, kw_only=True)

    @property
    def source(self) -> Box:
        """What is repaired: the layer, or the canvas where what is seen is repaired."""
        return self.canvas if self.sample == "visible" else self.layer

    @property
    def pixel_format(self) -> str:
        """The babl format in which the source's pixels cross the pipe without loss."""
        if self.base == "indexed" or self.precision.startswith("u8"):
            return "R'G'B'A u8"
        return "R'G'B'A u16" if self.precision.startswith("u16") else "R'G'B'A float"

    @property
    def read_format(self) -> str:
        """The format in which they are read: without alpha where the layer has none.

        That is then GIMP's own, so that nothing is converted: the first conversion in a process
        takes babl 50 ms to find a way.
        """
        opaque = self.sample != "visible" and not self.has_alpha and self.base == "rgb"
        return self.pixel_format.replace("A ", " ") if opaque else self.pixel_format


@dataclass(frozen=True)
class Job(Scene):
    """One removal: a scene in which something is selected, and the options.

    ``grow_px``: 0 or more, or ``AUTOMATIC`` where the selection's bounds are not known yet.
    ``variant``: which of the engine's results, 0 = the usual one.
    """

    selection: Box = field(kw_only=True)
    service: Service
    extent: Extent
    grow_px: int
    feather_px: float
    variant: int = field(default=0, kw_only=True)


def parse_scene(fields: Mapping[str, Any], sample: str, settings: Settings) -> Scene:
    """Read the scene that ``fields`` of a frame describe, to be repaired as ``settings`` say."""
    return replace(scene_of(fields, sample), grain=settings.grain)


def scene_of(fields: Mapping[str, Any], sample: str) -> Scene:
    """Read the scene that ``fields`` of a frame describe."""
    image = fields["image"]
    if fields.get("whole"):
        sample = "visible"  # that is what Automatic stands for there
    return Scene(
        name=str(image["name"]),
        canvas=Box(0, 0, image["width"], image["height"]),
        layer=_box(fields["layer"]),
        base=image["base"],
        precision=image["precision"],
        own_colours=bool(image["own_colours"]),
        has_alpha=bool(fields["alpha"]),
        has_mask=bool(fields["mask"]),
        sample=_one_of("sample", sample, get_args(Sample)),
        is_frame=bool(fields.get("frame")) and sample != "visible",
        selection=_box(fields["selection"]) if fields.get("selection") else None,
        is_covered=bool(fields.get("covered")),
    )


def parse_job(fields: Mapping[str, Any], settings: Settings) -> Job:
    """Read the ``job`` of a ``run`` frame; NoSelection or InputError when it cannot be run.

    ``grow`` is automatic where it is negative or missing; ``feather`` has a default.
    """
    options = fields["options"]
    scene = parse_scene(fields, options["sample"], settings)
    if scene.selection is None:
        raise NoSelection(
            _("Nothing is selected. Draw a selection around what should go, then try again.")
            + " "
            + _("Or switch Quick Mask on (Shift+Q) and paint white over what should go.")
        )
    convert = scene.base == "indexed" and options.get("palette") == "convert"
    grow, feather = options.get("grow"), options.get("feather")
    automatic = grow is None or grow < 0
    return Job(
        **(vars(scene) | {"to_rgb": convert}),
        service=_one_of("service", options["service"], get_args(Service)),
        extent=_one_of("extent", options["extent"], get_args(Extent)),
        grow_px=default_grow_px(scene.selection, scene.source) if automatic else int(grow),
        feather_px=FEATHER_PX if feather is None else max(0.0, float(feather)),
        variant=int(options.get("variant") or 0),
    )


def _box(fields: Mapping[str, int]) -> Box:
    return Box(fields["x"], fields["y"], fields["width"], fields["height"])


def _one_of(name: str, value: Any, choices: tuple[str, ...]) -> Any:
    if value not in choices:
        raise InputError(
            _("{value!r} is not a {name}; choose one of {choices}.").format(
                value=value, name=name, choices=", ".join(choices)
            )
        )
    return value
