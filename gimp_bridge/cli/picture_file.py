"""A picture file read whole and written back: upright, with its profile, never half a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from gimp_bridge.errors import InputError, SettingsError
from gimp_bridge.language import _
from gimp_bridge.picture.codec import Unreadable, opened

_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".bmp": "BMP"}
_FORMATS |= {".tif": "TIFF", ".tiff": "TIFF"}
_MOST_PX = {"JPEG": 65_500, "WEBP": 16_383}
"""The longest side of a file: JPEG_MAX_DIMENSION of libjpeg, WEBP_MAX_DIMENSION of libwebp."""

_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {"compress_level": 3},
    "WEBP": {"lossless": True, "method": 0},
    "TIFF": {"compression": "tiff_adobe_deflate"},
}


@dataclass(frozen=True, eq=False)
class PictureFile:
    """``pixels``: uint8 (height, width, 4), upright, in the colours of ``profile`` (ICC)."""

    pixels: NDArray[np.uint8]
    profile: bytes | None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @classmethod
    def read(cls, path: Path) -> PictureFile:
        """Decode the file; InputError when it cannot be read or has more than 8 bits."""
        try:
            with opened(path) as picture:
                _refuse_deep(picture, path)
                upright = ImageOps.exif_transpose(picture)
                plain = upright.mode in ("RGB", "RGBA")
                profile = upright.info.get("icc_profile") if plain else None
                return cls(np.array(upright.convert("RGBA")), profile)
        except Unreadable as error:
            raise unreadable(path, error) from error

    def write(self, path: Path) -> None:
        """Write what the name's ending says; without alpha where nothing is transparent.

        The file appears at once and whole.  Raises SettingsError when it cannot be written: no
        other file then could, where ``check_format`` had no objection to this one.
        """
        kind = _FORMATS[path.suffix.lower()]
        opaque = kind in ("JPEG", "BMP") or bool((self.pixels[..., 3] == 255).all())
        picture = Image.fromarray(self.pixels[..., :3] if opaque else self.pixels)
        options = _OPTIONS.get(kind, {}) | ({"icc_profile": self.profile} if self.profile else {})
        write_whole(path, lambda half: picture.save(half, kind, **options))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file beside ``path``, then put it in its place; SettingsError."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as aside:
            half = Path(aside, path.name)
            write(half)
            half.replace(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        text = _("{file} cannot be written: {reason}.")
        raise SettingsError(text.format(file=path, reason=why)) from error


def check_format(path: Path, size: tuple[int, int]) -> None:
    """Raise InputError where no picture of ``size`` (width, height) can have this name."""
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        text = _("{file} cannot be written: its name must end in one of {endings}.")
        raise InputError(text.format(file=path, endings=", ".join(_FORMATS)))
    most = _MOST_PX.get(kind)
    if most is not None and max(size) > most:
        text = _("{file} cannot be written: {kind} files have at most {most} px a side.")
        raise InputError(text.format(file=path, kind=kind, most=most))


def check_place(path: Path) -> None:
    """Raise InputError where no file of this name can be made."""
    if path.is_dir():
        raise InputError(_("{file} cannot be written: it is a folder.").format(file=path))
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        text = _("{file} cannot be written: files cannot be created in {folder}.")
        raise InputError(text.format(file=path, folder=path.parent))


def upright_size(path: Path) -> tuple[int, int]:
    """(width, height) as the picture is shown, from its header alone."""
    try:
        with opened(path) as picture:
            _refuse_deep(picture, path)
            turned = picture.getexif().get(0x0112, 1) >= 5  # EXIF orientation: on its side
            return (picture.height, picture.width) if turned else picture.size
    except Unreadable as error:
        raise unreadable(path, error) from error


def read_mask(path: Path) -> NDArray[np.uint8]:
    """What is to be removed, uint8 (height, width): the file's lightness, 0 = keep."""
    try:
        with opened(path) as picture:
            return np.asarray(ImageOps.exif_transpose(picture).convert("L"))
    except Unreadable as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Unreadable) -> InputError:
    """The sentence for a file that is no picture, or is not there."""
    cause = error.__cause__
    reason = getattr(cause, "strerror", None) or _("it is not a picture")
    if isinstance(cause, Image.DecompressionBombError | MemoryError):
        reason = _("it has too many pixels")
    return InputError(_("{file} cannot be read: {reason}.").format(file=path, reason=reason))


def _refuse_deep(picture: Image.Image, path: Path) -> None:
    if picture.mode.startswith(("I", "F")):
        text = _("{file} has more than 8 bits: open it in GIMP, which keeps them.")
        raise InputError(text.format(file=path))
