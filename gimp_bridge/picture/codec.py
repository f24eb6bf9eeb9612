"""Pictures and masks to bytes and back: what goes to a service and what it answers.

No files, no network; on the worker's side of the pipe.  Nothing but pixels is encoded: no
profile, no EXIF, no text.  What comes back is not trusted: its kind is told from its bytes and
its size is checked before a single pixel is decoded.
"""

from __future__ import annotations

import contextlib
import io
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,  # noqa: F401 - Pillow would look for the formats it lacks in all its plug-ins
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)
from PIL.PngImagePlugin import PngImageFile

from gimp_bridge.errors import BadAnswer, RemovalError, WindowTooLarge
from gimp_bridge.language import _

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
"""What is opened, by content and not by name.  Pillow knows more, of which some start programs."""


class Unreadable(Exception):
    """There is no picture of ``FORMATS`` in it; the cause is what Pillow or the system raised."""


@contextlib.contextmanager
def opened(source: Path | io.BytesIO) -> Iterator[Image.Image]:
    """The one way in which a picture is opened; Unreadable for whatever its decoder raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(source, formats=FORMATS) as picture:
                yield picture
    except RemovalError:
        raise
    except Exception as error:  # decoders fail with all kinds: zlib.error, struct.error, KeyError
        raise Unreadable from error


class Encoded(NamedTuple):
    """An encoded picture: its bytes, and whether no pixel was changed."""

    data: bytes
    lossless: bool


def encode_image(rgb: NDArray[np.uint8], *, max_bytes: int) -> Encoded:
    """``rgb``, uint8 (height, width, 3), in the smallest lossless encoding that is fast.

    That is lossless WebP by its fastest method; a megapixel of photograph takes on average
    (tests/bench/picture.py)::

        WebP method 0   0.87 MB    48 ms        PNG level 1   1.26 MB     62 ms
        WebP method 1   0.82 MB   157 ms        PNG level 6   1.14 MB    270 ms
        WebP method 4   0.81 MB   180 ms        PNG level 9   1.11 MB   1069 ms

    Only where it exceeds ``max_bytes`` is a JPEG of falling quality tried; raises
    WindowTooLarge where the lowest still does.
    """
    picture = Image.fromarray(rgb)
    data = _save(picture, "WEBP", lossless=True, method=0, quality=20)
    if len(data) <= max_bytes:
        return Encoded(data, True)
    for quality in (95, 90, 80, 65):
        data = _save(picture, "JPEG", quality=quality, subsampling=0)
        if len(data) <= max_bytes:
            return Encoded(data, False)
    raise WindowTooLarge(
        _(
            "The {width} × {height} px around the selection take {size} even compressed, and at "
            "most {most} can be sent; select a smaller area."
        ).format(width=rgb.shape[1], height=rgb.shape[0], size=_mb(len(data)), most=_mb(max_bytes))
    )


def encode_mask(removal: NDArray[np.uint8]) -> bytes:
    """``removal``, uint8 (height, width) of 0 and 255, as a grey PNG: white is removed."""
    # Runs alone are looked for: a third faster than level 6, and a tenth smaller.
    return _save(Image.fromarray(removal), "PNG", compress_type=zlib.Z_RLE)


def decode_mask(data: bytes) -> NDArray[np.uint8]:
    """The uint8 (height, width) that `encode_mask` made ``data`` of, however large.

    Raises OSError, SyntaxError or ValueError where ``data`` is damaged.
    """
    # Image.open would refuse more than 179 megapixels, as if a stranger had sent them.
    with PngImageFile(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("L"))


def decode_answer(data: bytes, *, width: int, height: int) -> NDArray[np.uint8]:
    """The picture in ``data`` as sRGB, uint8 (height, width, 3).

    Raises BadAnswer where it is no still picture of exactly that size, or is damaged.
    """
    try:
        with opened(io.BytesIO(data)) as picture:
            _check_header(picture, width, height)
            picture.load()
            developed = _to_srgb(ImageOps.exif_transpose(picture))
            _check_size(developed.size, width, height)
            return np.asarray(developed)
    except Unreadable as error:
        raise BadAnswer(
            _("The service's answer is not a picture that can be read; try again.")
        ) from error


def _check_header(picture: Image.Image, width: int, height: int) -> None:
    # EXIF may turn it, and is not always known before the pixels are.
    if picture.size != (height, width):
        _check_size(picture.size, width, height)
    if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
        raise BadAnswer(
            _("The service answered with an animation instead of a picture; try again.")
        )


def _check_size(size: tuple[int, int], width: int, height: int) -> None:
    if size != (width, height):
        raise BadAnswer(
            _(
                "The service answered with a picture of {came} px instead of {sent} px; try again."
            ).format(came=f"{size[0]} × {size[1]}", sent=f"{width} × {height}")
        )


def _to_srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    picture = _in_plain_mode(picture)
    if profile:
        picture = _from_profile(picture, profile)
    return picture.convert("RGB")


def _in_plain_mode(picture: Image.Image) -> Image.Image:
    """``picture`` in 8-bit RGB, grey or CMYK, the modes that profiles describe."""
    if picture.mode.startswith("I"):
        grey = np.clip(np.asarray(picture), 0, 65535).astype(np.uint32)
        return Image.fromarray(((grey + 128) // 257).astype(np.uint8))
    if picture.has_transparency_data and not np.asarray(picture.convert("RGBA"))[..., 3].all():
        raise BadAnswer(
            _("The service answered with a picture that is empty in places; try again.")
        )
    if picture.mode in ("RGB", "L", "CMYK"):
        return picture
    return picture.convert("RGB")


def _from_profile(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture,
            source,
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
    except (ImageCms.PyCMSError, OSError):
        # A profile that does not fit its picture says nothing about the picture's colours.
        return picture
    return converted if converted is not None else picture


def _save(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"
