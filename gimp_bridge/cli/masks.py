"""Masks as people have them: painted, exported, scaled, from a selection or an alpha channel.

White is removed.  A mask in a lossy file is not quite black where nothing is to go, so that
lightness counts from half on, and less of it only as the soft edge of what does.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageOps

from gimp_bridge.cli.picture_file import SUFFIXES, unreadable
from gimp_bridge.errors import InputError, NoSelection
from gimp_bridge.language import _
from gimp_bridge.picture.alignment import Alignment, carry_over
from gimp_bridge.picture.codec import Unreadable, opened
from gimp_bridge.picture.filters import running_max
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask, removal_share

_HALF, _NOISE = 128, 32
_SOFT_EDGE_PX = 16
_LIKELY_INVERTED = 0.9


def read_mask(path: Path) -> NDArray[np.uint8]:
    """What a file shows, uint8 (height, width): its lightness on black, or its alpha.

    Alpha counts where what can be seen is dark: an object cut out, or painted black.
    """
    try:
        with opened(path) as picture:
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.startswith("I"):
                return (np.asarray(upright).astype(np.uint32) >> 8).astype(np.uint8)
            if not upright.has_transparency_data:
                return np.asarray(upright.convert("L"))
            light, alpha = map(np.asarray, upright.convert("LA").split())
    except Unreadable as error:
        raise unreadable(path, error) from error
    seen = np.rint(light * (alpha / 255)).astype(np.uint8)
    return seen if alpha.min() == 255 or (seen >= _HALF).any() else alpha


def whole_mask(path: Path, *, invert: bool = False) -> Mask:
    """The mask in a file; NoSelection where all of it is black, InputError where nearly none is."""
    shown = read_mask(path)
    shown = ~shown if invert else shown
    core = (shown >= _HALF).view(np.uint8)
    near = running_max(running_max(core, _SOFT_EDGE_PX, 0), _SOFT_EDGE_PX, 1) > 0
    coverage = np.where((core > 0) | (near & (shown >= _NOISE)), shown, np.uint8(0))
    if not core.any():
        raise NoSelection(_("The mask is black everywhere: paint white what should go."))
    if (share := removal_share(coverage)) > _LIKELY_INVERTED:
        text = _("The mask covers {share:.0%} of the picture; is it inverted? Use --invert-mask.")
        raise InputError(text.format(share=share))
    return Mask(Box(0, 0, coverage.shape[1], coverage.shape[0]), coverage)


def mask_for(picture: Path, given: Path) -> Path:
    """The mask file of a picture: ``given``, or the one of its name in that folder."""
    if not given.is_dir():
        return given
    found = sorted(
        path
        for path in given.iterdir()
        if path.stem == picture.stem and path.suffix.lower() in SUFFIXES
    )
    if not found:
        text = _("There is no mask named {name} in {folder}.")
        raise InputError(text.format(name=picture.stem, folder=given))
    if len(found) > 1:
        text = _("{one} and {other} are both masks of {picture}: keep one of them.")
        raise InputError(text.format(one=found[0].name, other=found[1].name, picture=picture.name))
    return found[0]


def fitted_mask(mask: Mask, canvas: Box, align: Alignment | None) -> Mask:
    """``mask`` on a picture of the size of ``canvas``; InputError where it does not fit."""
    if align:
        return carry_over(mask, mask.box, canvas, align)
    if mask.box == canvas:
        return mask
    across, down = mask.box.width, mask.box.height
    # Of the same proportions, but for the rounding of the smaller one's sides.
    if abs(across * canvas.height - down * canvas.width) <= max(*canvas[2:], across, down):
        _say_scaled(across, down, canvas.width, canvas.height)
        return carry_over(mask, mask.box, canvas, "scaled")
    text = _(
        "The mask has {across} × {down} px and the picture {width} × {height}: "
        "make them equal, or use --align."
    )
    raise InputError(
        text.format(across=across, down=down, width=canvas.width, height=canvas.height)
    )


def painted_mask(rectangles: Sequence[tuple[int, int, int, int]], canvas: Box) -> Mask:
    """The mask that ``rectangles`` mean; InputError where one leaves the picture."""
    painted = np.zeros((canvas.height, canvas.width), np.uint8)
    for box in (Box(*rectangle) for rectangle in rectangles):
        if box.clamp(canvas) != box:
            raise InputError(
                _(
                    "The rectangle {place} does not lie in the picture, which has "
                    "{width} × {height} px."
                ).format(place=",".join(map(str, box)), width=canvas.width, height=canvas.height)
            )
        painted[box.slices()] = 255
    return Mask(canvas, painted)


@functools.cache
def _say_scaled(across: int, down: int, width: int, height: int) -> None:
    """Say it on stderr, once for each pair of sizes."""
    text = _("The mask of {across} × {down} px is scaled to {width} × {height} px.")
    print(text.format(across=across, down=down, width=width, height=height), file=sys.stderr)
