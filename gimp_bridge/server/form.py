"""Reading a create request: fields to arrays, with the service's limits.

Every refusal is ``Refused`` with an HTTP status, or, where the service takes the request and
fails later, ``Unusable`` with the state its task ends in.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from werkzeug.datastructures import FileStorage, MultiDict

from gimp_bridge.picture.codec import Unreadable, opened
from gimp_bridge.service import limits

T = TypeVar("T")

Pixels = NDArray[np.uint8]
Fields = MultiDict[str, str]
Files = MultiDict[str, FileStorage]

FAILED, NOT_A_PICTURE = -1, -7
SIDES = ("x", "y", "width", "height")


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
    """A create request as it came: each source a file's bytes or an address.

    ``for_here``: whether who asks is on this machine.
    """

    image: bytes | str
    mask: bytes | str | list[dict[str, int]]
    return_type: int
    sync: bool
    for_here: bool = True

    @classmethod
    def read(cls, fields: Fields, files: Files, *, for_here: bool) -> Form:
        """Check that exactly one image and one mask are there; Refused 400 or 413 if not."""
        mask = _one_of(fields, files, "mask_file", "mask_url", "rectangles")
        return cls(
            image=_one_of(fields, files, "image_file", "image_url"),
            mask=_rectangles(mask) if fields.get("rectangles") else mask,
            return_type=_choice(fields, "return_type", default=1, allowed=(1, 2)),
            sync=bool(_choice(fields, "sync", default=0, allowed=(0, 1))),
            for_here=for_here,
        )

    @property
    def has_addresses(self) -> bool:
        """Whether something is to be fetched before it can be decoded."""
        return isinstance(self.image, str) or isinstance(self.mask, str)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in the image's header; Unusable where it has none."""
        return _size(self.image)

    @property
    def size_bytes(self) -> int:
        """What it takes in memory while it waits, once fetched."""
        parts = (self.image, self.mask)
        return sum(
            limits.MAX_UPLOAD_BYTES if isinstance(part, str) else len(part) for part in parts
        )

    def fetched(self, fetch: Callable[[str], bytes]) -> Form:
        """The same with what lies at its addresses."""
        image = fetch(self.image) if isinstance(self.image, str) else self.image
        mask = fetch(self.mask) if isinstance(self.mask, str) else self.mask
        return replace(self, image=image, mask=mask)

    def check(self) -> None:
        """Look at the image's header and at the mask.

        Raises Refused 400 for what the documentation's limits exclude, Unusable for no picture.
        """
        size = self.size
        if max(size) > limits.MAX_SIDE_PX:
            raise Refused(400, f"the image is larger than {limits.MAX_SIDE_PX} px")
        mask = self._mask(size)
        share = np.count_nonzero(mask) / mask.size
        if not 0 < share <= limits.MAX_AREA_SHARE:
            raise Refused(400, f"the area to remove is {share:.1%} of the image, allowed 0 - 50 %")

    def decode(self) -> tuple[Pixels, Pixels]:
        """Image uint8 (H, W, 3) and mask uint8 (H, W) with 255 = remove, once checked."""
        image = _pixels(self.image, "RGB")
        return image, self._mask((image.shape[1], image.shape[0]))

    def _mask(self, size: tuple[int, int]) -> Pixels:
        if isinstance(self.mask, list):
            return _paint(self.mask, size)
        if _size(self.mask) != size:
            raise Refused(400, "the mask does not have the image's size")
        mask: Pixels = np.where(_pixels(self.mask, "L") >= 128, np.uint8(255), np.uint8(0))
        return mask


def _one_of(fields: Fields, files: Files, *names: str) -> Any:
    """The one source given of ``names``, a file's bytes or a field's text."""
    given: list[tuple[str, FileStorage | str]] = []
    for name in names:
        given += [(name, file) for file in files.getlist(name) if file.filename]
        given += [(name, text) for text in fields.getlist(name) if text]
    if len(given) != 1:
        raise Refused(400, f"give exactly one of {', '.join(names)}")
    name, part = given[0]
    if name.endswith("_file") != isinstance(part, FileStorage):
        raise Refused(400, f"{name} must be {'a file' if name.endswith('_file') else 'text'}")
    return part if isinstance(part, str) else _bytes(name, part)


def _bytes(name: str, file: FileStorage) -> bytes:
    data: bytes = file.read(limits.MAX_UPLOAD_BYTES + 1)
    if len(data) > limits.MAX_UPLOAD_BYTES:
        raise Refused(413, f"{name} is larger than 20 MB")
    if not data:
        raise Refused(400, f"{name} is empty")
    return data


def _rectangles(text: str) -> list[dict[str, int]]:
    try:
        parsed = [{side: _whole(r[side]) for side in SIDES} for r in json.loads(text)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused(
            400, "rectangles must be a JSON list of x, y, width and height, each a whole number"
        ) from error
    if not 1 <= len(parsed) <= limits.MAX_RECTANGLES:
        raise Refused(400, f"{len(parsed)} rectangles; 1 to {limits.MAX_RECTANGLES} are allowed")
    return parsed


def _whole(value: object) -> int:
    if type(value) is not int:  # neither true, nor 1.5, nor what Python reads 1e400 as
        raise TypeError
    return value


def _choice(fields: Fields, name: str, *, default: int, allowed: tuple[int, ...]) -> int:
    text = fields.get(name, str(default))
    if text not in map(str, allowed):
        raise Refused(400, f"{name} must be one of {allowed}")
    return int(text)


def _size(data: bytes | str) -> tuple[int, int]:
    return _read(data, lambda picture: picture.size)


def _pixels(data: bytes | str, mode: str) -> Pixels:
    return _read(data, lambda picture: np.asarray(picture.convert(mode), np.uint8))


def _read(data: bytes | str, look: Callable[[Image.Image], T]) -> T:
    if isinstance(data, str):
        raise TypeError("an address is fetched before it is read")
    try:
        with opened(io.BytesIO(data)) as picture:
            return look(picture)
    except Unreadable as error:
        raise Unusable(NOT_A_PICTURE, "not a picture") from error


def _paint(rectangles: list[dict[str, int]], size: tuple[int, int]) -> Pixels:
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    for r in rectangles:
        left, top, right, bottom = r["x"], r["y"], r["x"] + r["width"], r["y"] + r["height"]
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise Refused(400, "a rectangle lies outside the image")
        mask[top:bottom, left:right] = 255
    return mask
