"""Reading a create request: fields to arrays, with the service's limits.

Every refusal is ``Refused`` with an HTTP status, or, where the service takes the request and
fails later, ``Unusable`` with the state its task ends in.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gimp_bridge.service import limits

Pixels = NDArray[np.uint8]

FORMATS = ("JPEG", "BMP", "PNG", "WEBP", "TIFF")
"""Those of the service's formats that Pillow reads; raw, rgb and lzw are not among them."""


class Refused(Exception):
    """The request is not taken: ``status`` is the HTTP status, the text the message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Unusable(Exception):
    """The request is taken, but its task ends with ``state``."""

    def __init__(self, state: int, message: str) -> None:
        super().__init__(message)
        self.state = state


@dataclass(frozen=True)
class Form:
    """A create request as it came: each source a file's bytes or an address."""

    image: bytes | str
    mask: bytes | str | list[dict[str, int]]
    return_type: int
    sync: bool

    @classmethod
    def read(cls, fields: Mapping[str, str], files: Mapping[str, bytes]) -> Form:
        """Check that exactly one image and one mask are there; Refused 400 or 413 if not."""
        for name, data in files.items():
            if len(data) > limits.MAX_UPLOAD_BYTES:
                raise Refused(413, f"{name} is larger than 20 MB")
        return cls(
            image=_one_of(fields, files, "image_file", "image_url"),
            mask=_mask(fields, files),
            return_type=_choice(fields, "return_type", default=1, allowed=(1, 2)),
            sync=bool(_choice(fields, "sync", default=0, allowed=(0, 1))),
        )


def decode(form: Form, fetch: Callable[[str], bytes]) -> tuple[Pixels, Pixels]:
    """Image uint8 (H, W, 3) and mask uint8 (H, W) with 255 = remove.

    ``fetch`` gets an address and raises Unusable(-3).  Raises Refused 400 for what the
    documentation's limits exclude and Unusable(-7) for what is no picture.
    """
    picture = _open(fetch(form.image) if isinstance(form.image, str) else form.image)
    if max(picture.size) > limits.MAX_SIDE_PX:
        raise Refused(400, f"the image is larger than {limits.MAX_SIDE_PX} px")
    image = np.asarray(picture.convert("RGB"))
    if isinstance(form.mask, list):
        mask = _paint(form.mask, picture.size)
    else:
        mask = _mask_pixels(fetch(form.mask) if isinstance(form.mask, str) else form.mask)
    if mask.shape != image.shape[:2]:
        raise Refused(400, "the mask does not have the image's size")
    share = np.count_nonzero(mask) / mask.size
    if not 0 < share <= limits.MAX_AREA_SHARE:
        raise Refused(400, f"the area to remove is {share:.1%} of the image, allowed are 0 - 50 %")
    return image, mask


def _one_of(fields: Mapping[str, str], files: Mapping[str, bytes], *names: str) -> Any:
    given = [source[name] for name in names for source in (files, fields) if source.get(name)]
    if len(given) != 1:
        raise Refused(400, f"give exactly one of {', '.join(names)}")
    return given[0]


def _mask(fields: Mapping[str, str], files: Mapping[str, bytes]) -> Any:
    mask = _one_of(fields, files, "mask_file", "mask_url", "rectangles")
    return _rectangles(mask) if fields.get("rectangles") else mask


def _rectangles(text: str) -> list[dict[str, int]]:
    try:
        rectangles = json.loads(text)
        parsed = [
            {name: int(r[name]) for name in ("x", "y", "width", "height")} for r in rectangles
        ]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused(400, "rectangles is not a JSON list of x, y, width and height") from error
    if not 1 <= len(parsed) <= limits.MAX_RECTANGLES:
        raise Refused(400, f"{len(parsed)} rectangles; 1 to {limits.MAX_RECTANGLES} are allowed")
    return parsed


def _choice(fields: Mapping[str, str], name: str, *, default: int, allowed: tuple[int, ...]) -> int:
    text = fields.get(name, str(default))
    if text not in map(str, allowed):
        raise Refused(400, f"{name} must be one of {allowed}")
    return int(text)


def _open(data: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        if max(picture.size) <= limits.MAX_SIDE_PX:  # a larger one is refused, not decoded
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unusable(-7, "not a picture") from error
    return picture


def _mask_pixels(data: bytes) -> Pixels:
    picture = _open(data)
    if max(picture.size) > limits.MAX_SIDE_PX:
        raise Refused(400, "the mask does not have the image's size")
    gray = np.asarray(picture.convert("L"))
    return np.where(gray >= 128, 255, 0).astype(np.uint8)


def _paint(rectangles: list[dict[str, int]], size: tuple[int, int]) -> Pixels:
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    for r in rectangles:
        left, top, right, bottom = r["x"], r["y"], r["x"] + r["width"], r["y"] + r["height"]
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise Refused(400, "a rectangle lies outside the image")
        mask[top:bottom, left:right] = 255
    return mask
