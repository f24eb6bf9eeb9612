"""What goes to the service for one window, and what the journal keeps of it."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture import codec
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.rectangles import as_rectangles
from gimp_bridge.service import limits
from gimp_bridge.service.request import Rectangle, RemovalRequest
from gimp_bridge.worker.remover import Crop


class Sending(NamedTuple):
    """A request with what is needed to use its answer.

    removal : the mask of the picture sent, uint8 (h, w), 255 = remove; removal_file : it as a PNG
    coverage_file : the repair's mask as a PNG; digest : of the pixels sent
    window : the box of the image that this picture shows
    lossless : whether the service gets every pixel as it is
    """

    request: RemovalRequest
    removal: NDArray[np.uint8]
    removal_file: bytes
    coverage_file: bytes
    digest: str
    window: Box
    lossless: bool = True

    def read(self, answer: bytes) -> NDArray[np.uint8]:
        """The picture in ``answer``, uint8 (h, w, 3); raises BadAnswer."""
        height, width = self.removal.shape
        return codec.decode_answer(answer, width=width, height=height)


def encode(crop: Crop, *, exact: bool) -> Sending:
    """Encode what is sent; the mask as rectangles, if it is some and ``exact`` allows that."""
    with ThreadPoolExecutor(1) as aside:  # Pillow lets others run while it compresses
        mask = aside.submit(codec.encode_mask, crop.sent_removal)
        kept = aside.submit(_kept, crop)
        encoded = codec.encode_image(crop.sent_rgb, max_bytes=limits.MAX_UPLOAD_BYTES)
    mask_file = mask.result()
    boxes = as_rectangles(crop.sent_removal) if exact else None
    request = RemovalRequest(
        image_file=encoded.data,
        mask_file=None if boxes else mask_file,
        rectangles=tuple(Rectangle(*box) for box in boxes) if boxes else None,
        size_px=(crop.sent_rgb.shape[1], crop.sent_rgb.shape[0]),
    )
    return Sending(
        request, crop.sent_removal, mask_file, *kept.result(), crop.box, encoded.lossless
    )


def pixels_digest(rgb: NDArray[np.uint8]) -> str:
    """A short digest by which the same pixels are known again."""
    return hashlib.sha256(np.ascontiguousarray(rgb).data).hexdigest()[:32]


def _kept(crop: Crop) -> tuple[bytes, str]:
    """What the journal keeps of a window: its coverage as a PNG, and the digest of its pixels."""
    return codec.encode_mask(crop.coverage), pixels_digest(crop.sent_rgb)
