"""Picture files for the commands: reading, masks from files or rectangles, and the result."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from gimp_bridge.errors import AreaTooLarge, InputError, NoSelection, WindowTooLarge
from gimp_bridge.language import _
from gimp_bridge.picture import codec, mask, patch
from gimp_bridge.service import limits
from gimp_bridge.service.request import Rectangle

Pixels = NDArray[np.uint8]


def read_picture(path: Path) -> Pixels:
    """The pixels as uint8 (height, width, 4), RGB and alpha; InputError when it cannot be read."""
    return np.asarray(_open(path).convert("RGBA"))


def read_mask(path: Path) -> Pixels:
    """The mask as uint8 (height, width): 255 where the file is not black."""
    return mask.binarise(np.asarray(_open(path).convert("L")))


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


def check(picture: Pixels, removal: Pixels) -> None:
    """Refuse what the service would refuse: size, mask and share of the area."""
    height, width = picture.shape[:2]
    if max(height, width) > limits.MAX_SIDE_PX:
        raise WindowTooLarge(
            _(
                "The picture has {width} × {height} px and the service takes at most "
                "{most} × {most}: crop it, or use the plug-in, which sends only a part."
            ).format(width=width, height=height, most=limits.MAX_SIDE_PX)
        )
    if removal.shape != picture.shape[:2]:
        raise InputError(
            _(
                "The mask has {across} × {down} px and the picture {width} × {height}: "
                "they must be equal."
            ).format(across=removal.shape[1], down=removal.shape[0], width=width, height=height)
        )
    share = mask.removal_share(removal)
    if share == 0:
        raise NoSelection(_("The mask is black everywhere: paint white what should go."))
    if share > limits.MAX_AREA_SHARE:
        raise AreaTooLarge(
            _(
                "{share:.0%} of the picture is to be removed and the service allows "
                "{most:.0%}: remove less at a time."
            ).format(share=share, most=limits.MAX_AREA_SHARE)
        )


def merge(picture: Pixels, answer: bytes, removal: Pixels) -> Pixels:
    """The picture with only the removed pixels taken from the answer; alpha stays."""
    sent = picture[..., :3]
    came = codec.decode_answer(answer, width=sent.shape[1], height=sent.shape[0])
    merged, _ = patch.compose(picture, patch.fit(sent, came, removal), removal)
    return np.asarray(merged, np.uint8)


def write_picture(path: Path, pixels: Pixels) -> None:
    """Write a file of the kind its name says; without alpha where nothing is transparent."""
    opaque = bool((pixels[..., 3] == 255).all())
    picture = Image.fromarray(pixels[..., :3] if opaque else pixels)
    options: dict[str, Any] = {"quality": 95} if path.suffix.lower() in (".jpg", ".jpeg") else {}
    try:
        picture.save(path, **options)
    except (OSError, ValueError) as error:
        text = _("{file} cannot be written: {reason}.")
        raise InputError(text.format(file=path, reason=error)) from error


def _open(path: Path) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(path.read_bytes()))
        picture.load()
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        reason = (
            error.strerror if isinstance(error, OSError) and error.strerror else _("no picture")
        )
        text = _("{file} cannot be read: {reason}.")
        raise InputError(text.format(file=path, reason=reason)) from error
    return picture
