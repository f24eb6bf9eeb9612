"""Plan which rectangles of the layer are sent, at what scale, and what each of them repairs.

Arithmetic on boxes and the mask's coverage, no pixels; on the worker's side of the pipe.
All boxes here are in image coordinates.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from gimp_bridge.errors import AreaTooLarge, WindowTooLarge
from gimp_bridge.language import _
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask, removal_share
from gimp_bridge.picture.parts import find_parts, group, hull, join
from gimp_bridge.picture.tally import Tally
from gimp_bridge.picture.upload import scale_removal

Extent = Literal["auto", "selection", "layer"]

# Context on each side: half of the selection's longer side, so that the hole is a quarter of
# the window; the floor shows texture around a blemish, the ceiling bounds the upload.
CONTEXT_SHARE = 0.5
CONTEXT_FLOOR_PX = 128
CONTEXT_CEILING_PX = 512
# Where the size limit presses, context shrinks to this before anything is scaled down.
CONTEXT_LEAST_PX = 64
# Models were trained on pictures of about this side, and on nothing narrower than 1 : 3.
MIN_SIDE_PX = 512
MAX_ASPECT = 3
# Models pad or resize to a multiple of 8, the JPEG block; a window that is one stays as it is.
_GRID_PX = 8


class Limits(NamedTuple):
    """What one task may hold; the defaults are those the service documents.

    max_share : a window is widened until no more of it is hole; most_share : more is refused
    """

    max_side_px: int = 4096
    max_share: float = 0.5
    most_share: float = 0.5


class Window(NamedTuple):
    """One task: ``box`` is read and sent, scaled by ``scale`` (1.0 = as it is).

    ``mask`` is what of the mask this window repairs; what another window repairs is also to be
    removed from this one when it is sent, and ``share`` (0..1 of the pixels) counts both.
    """

    box: Box
    scale: float
    share: float
    mask: Mask

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels of what is sent."""
        if self.scale == 1.0:
            return self.box.width, self.box.height
        return (
            max(1, math.floor(self.box.width * self.scale)),
            max(1, math.floor(self.box.height * self.scale)),
        )


def plan(
    mask: Mask, layer: Box, extent: Extent, limits: Limits, *, per_part: bool = False
) -> list[Window]:
    """The windows that repair all of ``mask``: as few as possible, since each is a paid task.

    ``auto`` is one window at full size wherever one can hold all; otherwise parts of the
    selection that lie apart are shared out among several, and only a single part too large
    for one is sent scaled down.  ``per_part`` gives every part its own window instead, for an
    engine that costs time by the pixel rather than money by the task.
    ``selection`` and ``layer`` are exactly that, or refused.
    Raises AreaTooLarge, WindowTooLarge.
    """
    scene = _Scene(mask, Tally(mask), layer, limits)
    if extent == "auto":
        windows = _plan_auto(scene, per_part)
    else:
        box = mask.box if extent == "selection" else layer
        _refuse_too_large(box, extent, limits)
        windows = [_window(scene, box, mask)]
    for window in windows:
        _refuse_too_much(window, layer, limits)
    return windows


def likely(selection: Box, reach_px: int, layer: Box, limits: Limits) -> Box | None:
    """Where `plan` puts its window for a selection of these bounds, before its mask is there.

    ``reach_px``: how far the mask reaches beyond the selection.  It is right but for some pixels
    unless much of the window is selected; None where there may be several windows.
    """
    part = selection.pad(reach_px).clamp(layer)
    box = _with_context(part, layer, limits.max_side_px)
    return box if part.area and part.clamp(box) == part else None


class _Scene(NamedTuple):
    """What a plan is made for."""

    mask: Mask
    tally: Tally
    layer: Box
    limits: Limits


def _plan_auto(scene: _Scene, per_part: bool) -> list[Window]:
    def fits(box: Box) -> bool:
        return max(box.width, box.height) <= scene.limits.max_side_px

    whole = _surround(scene, scene.mask.box)
    if fits(whole) and not per_part:
        return [_window(scene, whole, scene.mask)]

    def share_window(first: Box, second: Box) -> bool:
        both = _surround(scene, hull([first, second]))
        apart = _surround(scene, first).area + _surround(scene, second).area
        return fits(both) and (not per_part or both.area <= apart)

    parts = find_parts(scene.mask)
    groups = group([part.box for part in parts], share_window)
    served = [join([parts[index] for index in members]) for members in groups]
    return [_window(scene, _surround(scene, part.box), part) for part in served]


def _surround(scene: _Scene, part: Box) -> Box:
    """The window around ``part``: with context, slid and widened inside the layer."""
    most = max(scene.limits.max_side_px, max(part.width, part.height) + 2 * CONTEXT_LEAST_PX)
    box = _with_context(part, scene.layer, most)
    box = _widen(scene, part, box, scene.limits.max_share, most)
    if scene.tally.share(box) <= scene.limits.max_share:
        return box
    # Scaling down adds pixels along the hole's edge, so there is some room left for them.
    as_far_as_it_goes = max(scene.layer.width, scene.layer.height)
    return _widen(scene, part, box, 0.97 * scene.limits.max_share, as_far_as_it_goes)


def _with_context(part: Box, layer: Box, most_px: int) -> Box:
    context = round(CONTEXT_SHARE * max(part.width, part.height))
    context = max(CONTEXT_FLOOR_PX, min(context, CONTEXT_CEILING_PX))
    width, height = part.width + 2 * context, part.height + 2 * context
    width = max(width, MIN_SIDE_PX, -(-height // MAX_ASPECT))
    height = max(height, MIN_SIDE_PX, -(-width // MAX_ASPECT))
    return _place(part, min(width, most_px), min(height, most_px), layer)


def _widen(scene: _Scene, part: Box, box: Box, max_share: float, cap_px: int) -> Box:
    """``box`` grown up to ``cap_px``, or until no more than ``max_share`` of it is hole."""
    while scene.tally.share(box) > max_share:
        width, height = (
            max(side, min(side + side // 8 + _GRID_PX, cap_px)) for side in (box.width, box.height)
        )
        wider = _place(part, width, height, scene.layer)
        if wider == box:
            break
        box = wider
    return box


def _place(part: Box, width: int, height: int, layer: Box) -> Box:
    """A box of at least ``width`` x ``height`` centred on ``part``, slid to lie inside ``layer``.

    Context that the layer's edge cuts off on one side is so made up for on the other.
    """
    x, width = _place_along(part.x, part.width, width, layer.x, layer.width)
    y, height = _place_along(part.y, part.height, height, layer.y, layer.height)
    return Box(x, y, width, height)


def _place_along(start: int, length: int, wanted: int, low: int, most: int) -> tuple[int, int]:
    wanted = min(-(-wanted // _GRID_PX) * _GRID_PX, most)
    centred = start - (wanted - length) // 2
    return max(low, min(centred, low + most - wanted)), wanted


def _window(scene: _Scene, box: Box, served: Mask) -> Window:
    scale = min(1.0, scene.limits.max_side_px / max(box.width, box.height))
    window = Window(box, scale, scene.tally.share(box), served)
    if scale == 1.0:
        return window
    sent = scale_removal(scene.mask.within(box), window.size)
    return window._replace(share=removal_share(sent))


def _refuse_too_large(box: Box, extent: Extent, limits: Limits) -> None:
    if max(box.width, box.height) <= limits.max_side_px:
        return
    text = (
        _(
            "The layer is {width} × {height} px, and at most {most} × {most} px can be sent; use "
            "the selection and its surroundings, which sends only what lies around it."
        )
        if extent == "layer"
        else _(
            "The selection is {width} × {height} px, and at most {most} × {most} px can be sent; "
            "use the selection and its surroundings, which reduces it."
        )
    )
    raise WindowTooLarge(text.format(width=box.width, height=box.height, most=limits.max_side_px))


def _refuse_too_much(window: Window, layer: Box, limits: Limits) -> None:
    if window.share <= limits.most_share:
        return
    text = (
        _(
            "The area to remove is {share} of the layer, and at most {most} can be removed at "
            "once; select less, or grow the selection less."
        )
        if window.box == layer
        else _(
            "The area to remove is {share} of what would be used, and at most {most} can be "
            "removed at once; use the selection and its surroundings."
        )
    )
    raise AreaTooLarge(text.format(share=_percent(window.share), most=_percent(limits.most_share)))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0") + " %"
