"""What goes to the service for one piece, and what the journal keeps of it."""

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
from gimp_bridge.worker.piece import Piece


class Sending(NamedTuple):
    """A request with what is needed to use its answer.

    removal : the mask of the picture sent, uint8 (h, w), 255 = remove; removal_file : it as a PNG
    coverage_file : the piece's coverage as a PNG; digest : of the piece's pixels
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


def of_pixels(piece: Piece, *, exact: bool) -> Sending:
    """Send the piece; as rectangles where it consists of some and ``exact`` allows it."""
    with ThreadPoolExecutor(1) as aside:  # Pillow lets others run while it compresses
        mask = aside.submit(codec.encode_mask, piece.removal)
        kept = aside.submit(_kept, piece)
        encoded = codec.encode_image(piece.rgb, max_bytes=limits.MAX_UPLOAD_BYTES)
    mask_file = mask.result()
    boxes = as_rectangles(piece.removal) if exact else None
    request = RemovalRequest(
        image_file=encoded.data,
        mask_file=None if boxes else mask_file,
        rectangles=tuple(Rectangle(*box) for box in boxes) if boxes else None,
        size_px=(piece.rgb.shape[1], piece.rgb.shape[0]),
    )
    return Sending(request, piece.removal, mask_file, *kept.result(), piece.box, encoded.lossless)


def pixels_digest(rgb: NDArray[np.uint8]) -> str:
    """A short digest by which the same pixels are known again."""
    return hashlib.sha256(np.ascontiguousarray(rgb).data).hexdigest()[:32]


def _kept(piece: Piece) -> tuple[bytes, str]:
    """What the journal keeps of a piece: its coverage as a PNG, and the digest of its pixels."""
    return codec.encode_mask(piece.coverage), pixels_digest(piece.rgb)
