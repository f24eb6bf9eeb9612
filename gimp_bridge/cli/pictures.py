"""Picture files for the commands: reading, masks from files or rectangles, and the result."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from gimp_bridge.errors import AreaTooLarge, InputError, NoSelection, WindowTooLarge
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
                f"The rectangle {r.x},{r.y},{r.width},{r.height} does not lie in the picture, "
                f"which has {width} × {height} px."
            )
        painted[r.y : r.y + r.height, r.x : r.x + r.width] = 255
    return painted


def check(picture: Pixels, removal: Pixels) -> None:
    """Refuse what the service would refuse: size, mask and share of the area."""
    height, width = picture.shape[:2]
    if max(height, width) > limits.MAX_SIDE_PX:
        raise WindowTooLarge(
            f"The picture has {width} × {height} px and the service takes at most "
            f"{limits.MAX_SIDE_PX} × {limits.MAX_SIDE_PX}: crop it, or use the plug-in, which "
            "sends only a part."
        )
    if removal.shape != picture.shape[:2]:
        raise InputError(
            f"The mask has {removal.shape[1]} × {removal.shape[0]} px and the picture "
            f"{width} × {height}: they must be equal."
        )
    share = mask.removal_share(removal)
    if share == 0:
        raise NoSelection("The mask is black everywhere: paint white what should go.")
    if share > limits.MAX_AREA_SHARE:
        raise AreaTooLarge(
            f"{share:.0%} of the picture is to be removed and the service allows "
            f"{limits.MAX_AREA_SHARE:.0%}: remove less at a time."
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
        raise InputError(f"{path} cannot be written: {error}.") from error


def _open(path: Path) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(path.read_bytes()))
        picture.load()
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no picture"
        raise InputError(f"{path} cannot be read: {reason}.") from error
    return picture
