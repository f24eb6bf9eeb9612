"""What ``remove`` does with pixels: masks from files or rectangles, limits, and the merging.

Reading and writing the files is ``picture_file``'s.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.cli import picture_file
from gimp_bridge.errors import AreaTooLarge, InputError, NoSelection, WindowTooLarge
from gimp_bridge.language import _
from gimp_bridge.picture import codec, mask, patch
from gimp_bridge.service import limits
from gimp_bridge.service.request import Rectangle

Pixels = NDArray[np.uint8]


def read_mask(path: Path) -> Pixels:
    """The mask as uint8 (height, width): 255 where the file is not black."""
    return mask.binarise(picture_file.read_mask(path))


def paint(rectangles: tuple[Rectangle, ...], size: tuple[int, int]) -> Pixels:
    """The mask that the rectangles mean, for a picture of ``size`` (width, height)."""
    width, height = size
    painted = np.zeros((height, width), np.uint8)
    for r in rectangles:
        if r.x + r.width > width or r.y + r.height > height:
            raise InputError(
                _(
                    "The rectangle {place} does not lie in the picture, which has "
                    "{width} × {height} px."
                ).format(place=f"{r.x},{r.y},{r.width},{r.height}", width=width, height=height)
            )
        painted[r.y : r.y + r.height, r.x : r.x + r.width] = 255
    return painted


def check_mask(removal: Pixels, size: tuple[int, int]) -> None:
    """Refuse a mask that does not fit a picture of ``size`` (width, height), or is empty."""
    width, height = size
    if removal.shape != (height, width):
        raise InputError(
            _(
                "The mask has {across} × {down} px and the picture {width} × {height}: "
                "they must be equal."
            ).format(across=removal.shape[1], down=removal.shape[0], width=width, height=height)
        )
    if not removal.any():
        raise NoSelection(_("The mask is black everywhere: paint white what should go."))


def check_limits(size: tuple[int, int], removal: Pixels | None) -> None:
    """Refuse what the service would refuse: the picture's (width, height), the mask's share."""
    width, height = size
    if max(height, width) > limits.MAX_SIDE_PX:
        raise WindowTooLarge(
            _(
                "The picture has {width} × {height} px and the service takes at most "
                "{most} × {most}: crop it, or use the plug-in, which sends only a part."
            ).format(width=width, height=height, most=limits.MAX_SIDE_PX)
        )
    share = 0.0 if removal is None else mask.removal_share(removal)
    if share > limits.MAX_AREA_SHARE:
        raise AreaTooLarge(
            _(
                "{share:.0%} of the picture is to be removed and the service allows "
                "{most:.0%}: remove less at a time."
            ).format(share=share, most=limits.MAX_AREA_SHARE)
        )


def merge(picture: Pixels, answer: bytes, removal: Pixels, *, grain: bool) -> Pixels:
    """The picture with only the removed pixels taken from the answer; alpha stays.

    ``grain``: add the surroundings' grain to them.
    """
    sent = picture[..., :3]
    came = codec.decode_answer(answer, width=sent.shape[1], height=sent.shape[0])
    merged, _ = patch.compose(picture, patch.fit(sent, came, removal, grain=grain), removal)
    return np.asarray(merged[..., : picture.shape[2]], np.uint8)
