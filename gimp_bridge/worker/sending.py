"""What goes to the service for one piece, and how its answer is cut to the piece again.

Either the piece's own pixels, or the address of the whole picture with a mask of that size.
"""

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
from gimp_bridge.worker.original import Original
from gimp_bridge.worker.piece import Piece


class Sending(NamedTuple):
    """A request with what is needed to use its answer.

    removal : the mask of the picture sent, uint8 (h, w), 255 = remove; removal_file : it as a PNG
    coverage_file : the piece's coverage as a PNG; digest : of the piece's pixels
    sent : the box of the image that this picture shows; window : the part of it that is wanted
    lossless : whether the service gets every pixel as it is
    """

    request: RemovalRequest
    removal: NDArray[np.uint8]
    removal_file: bytes
    coverage_file: bytes
    digest: str
    sent: Box
    window: Box
    lossless: bool = True

    def read(self, answer: bytes) -> NDArray[np.uint8]:
        """The wanted part of the picture in ``answer``, uint8 (h, w, 3); raises BadAnswer."""
        height, width = self.removal.shape
        return cut(codec.decode_answer(answer, width=width, height=height), self.sent, self.window)


def of_pixels(piece: Piece, *, exact: bool) -> Sending:
    """Send the piece; as rectangles where it consists of some and ``exact`` allows it."""
    with ThreadPoolExecutor(1) as aside:  # Pillow lets others run while it compresses
        mask = aside.submit(codec.encode_mask, piece.removal)
        kept = aside.submit(_kept, piece)
        encoded = codec.encode_image(piece.rgb, max_bytes=limits.MAX_UPLOAD_BYTES)
    mask_file = mask.result()
    request = _request(piece.removal, mask_file, exact, image_file=encoded.data)
    box = piece.box
    return Sending(request, piece.removal, mask_file, *kept.result(), box, box, encoded.lossless)


def of_address(piece: Piece, original: Original, *, exact: bool) -> Sending:
    """Send the address of the whole picture, in which the (unscaled) piece lies."""
    removal = np.zeros((original.box.height, original.box.width), np.uint8)
    removal[piece.box.relative_to(original.box).slices()] = piece.removal
    mask_file = codec.encode_mask(removal)
    request = _request(removal, mask_file, exact, image_url=original.url)
    return Sending(request, removal, mask_file, *_kept(piece), original.box, piece.box)


def pixels_digest(rgb: NDArray[np.uint8]) -> str:
    """A short digest by which the same pixels are known again."""
    return hashlib.sha256(np.ascontiguousarray(rgb).data).hexdigest()[:32]


def cut(picture: NDArray[np.uint8], sent: Box, window: Box) -> NDArray[np.uint8]:
    """The part of ``picture``, which shows ``sent``, that shows ``window``."""
    # Where they are the same the picture may be scaled, and is wanted as it is.
    return picture if sent == window else picture[window.relative_to(sent).slices()]


def _kept(piece: Piece) -> tuple[bytes, str]:
    """What the journal keeps of a piece: its coverage as a PNG, and the digest of its pixels."""
    return codec.encode_mask(piece.coverage), pixels_digest(piece.rgb)


def _request(
    removal: NDArray[np.uint8],
    mask_file: bytes,
    exact: bool,
    *,
    image_file: bytes | None = None,
    image_url: str | None = None,
) -> RemovalRequest:
    boxes = as_rectangles(removal) if exact else None
    return RemovalRequest(
        image_file=image_file,
        image_url=image_url,
        mask_file=None if boxes else mask_file,
        rectangles=tuple(Rectangle(*box) for box in boxes) if boxes else None,
        size_px=(removal.shape[1], removal.shape[0]),
    )
