"""A picture file read whole and written back: the same but for repaired pixels, never half a file.

A file of another kind than the one read is made from the pixels alone, see `PictureFile.write`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from gimp_bridge.cli.colours import Colours, apply, read_profile
from gimp_bridge.errors import InputError, SettingsError
from gimp_bridge.language import _
from gimp_bridge.picture.codec import Unreadable, opened
from gimp_bridge.picture.upload import as_uint8, with_alpha

_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".bmp": "BMP"}
_FORMATS |= {".tif": "TIFF", ".tiff": "TIFF", ".jpe": "JPEG", ".jfif": "JPEG"}
_KEPT = ("JPEG", "PNG", "WEBP", "BMP")
"""Kinds with a module of ``formats``."""
_PROFILED = {"1": "L", "L": "L", "LA": "L", "I;16": "L", "P": "RGB", "RGB": "RGB", "RGBA": "RGB"}
_PROFILED |= {"CMYK": "CMYK"}
"""Pillow's modes that stay what they are, and the kind of profile that describes each."""
_ORIENTATION = 0x0112
SUFFIXES = tuple(_FORMATS)
"""How a picture file's name may end."""
_MOST_PX = {"JPEG": 65_500, "WEBP": 16_383}
"""The longest side of a file: JPEG_MAX_DIMENSION of libjpeg, WEBP_MAX_DIMENSION of libwebp."""

_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {"compress_level": 3},
    "WEBP": {"lossless": True, "method": 0},
    "TIFF": {"compression": "tiff_adobe_deflate"},
}


class Header(NamedTuple):
    """What is known before the pixels are decoded: (width, height) as shown, and the kind.

    ``precision`` is GIMP's name of it; ``own_colours``: whether pixels are other than sRGB.
    """

    size: tuple[int, int]
    precision: str
    own_colours: bool


@dataclass(frozen=True, eq=False)
class PictureFile:
    """``pixels``: (height, width, 4), uint8 or uint16, upright, straight alpha.

    They are in the colours of the file's profile, but those of a CMYK file are sRGB.  ``stored``
    has the file's own channels and is not turned; ``image`` is Pillow's, for the rest.
    """

    path: Path
    image: Image.Image
    stored: NDArray[Any]
    pixels: NDArray[Any]
    colours: Colours | None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @classmethod
    def read(cls, path: Path) -> PictureFile:
        """Decode the file; InputError when it cannot be read or not be kept as it is."""
        try:
            with opened(path) as image:
                colours = _check_kind(image, path)
                image.load()
                stored = np.array(image)
                pixels = np.ascontiguousarray(_turned(_as_rgba(image, colours), _turn(image)))
                return cls(path, image, stored, pixels, colours)
        except Unreadable as error:
            raise unreadable(path, error) from error

    def srgb(self) -> NDArray[Any]:
        """The pixels in sRGB, uint8 (height, width, 4)."""
        pixels = as_uint8(self.pixels)
        if self.colours is None or not self._own:
            return pixels
        own = pixels[..., 0] if self.colours.mode == "L" else pixels[..., :3]
        return np.dstack([apply(self.colours.to_srgb, own), pixels[..., 3]])

    def in_own_colours(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """SRGB pixels, uint8 (h, w, 3), in the colours of ``pixels``."""
        if self.colours is None or not self._own:
            return rgb
        own = apply(self.colours.from_srgb, rgb)
        return own if own.ndim == 3 else np.repeat(own[..., None], 3, axis=2)

    def write(self, path: Path, repaired: NDArray[np.bool_]) -> str:
        """Write the picture, which has changed where ``repaired``, bool (height, width).

        A file of the same kind is the one that was read but for these pixels.  It appears at once
        and whole.  Returns what the person should know of it, if anything.  Raises SettingsError
        when it cannot be written: no other file then could, where ``check_format`` had no
        objection to this one.
        """
        kind = _FORMATS[path.suffix.lower()]
        if kind == self.image.format and kind in _KEPT:
            turn = _turn(self.image)
            changed = np.ascontiguousarray(_turned_back(repaired, turn))
            stored = self.stored.copy()
            stored[changed] = self._as_stored(_turned_back(self.pixels, turn)[changed])
            module = import_module(f"gimp_bridge.cli.formats.{kind.lower()}")
            data, note = module.rewritten(self.path.read_bytes(), self.image, stored, changed)
            write_whole(path, lambda half: half.write_bytes(data))
            return str(note)
        write_whole(path, lambda half: self._convert(half, kind))
        return ""

    @property
    def _own(self) -> bool:
        return _are_own(self.colours)

    def _as_stored(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """``pixels`` (count, 4) in the file's own channels (count, ...)."""
        mode = self.image.mode
        if mode == "P":
            return _nearest(pixels, _palette(self.image))
        if mode == "CMYK" and self.colours:
            return np.asarray(apply(self.colours.from_srgb, pixels[None, :, :3])[0])
        if pixels.dtype != np.uint8:
            grey = pixels[:, :3] @ np.array([0.299, 0.587, 0.114])
            return np.asarray(np.rint(grey), self.stored.dtype)
        if mode == "1":
            return np.asarray(pixels[:, :3].mean(axis=1) >= 128)
        return np.asarray(np.asarray(Image.fromarray(pixels[None]).convert(mode))[0])

    def _convert(self, path: Path, kind: str) -> None:
        """Write it as another kind of file, upright, with 8 bits; without alpha where it can."""
        keeps = self.colours is not None and self.colours.mode == "RGB"
        pixels = as_uint8(self.pixels) if keeps else self.srgb()
        opaque = bool((pixels[..., 3] == 255).all())
        picture = Image.fromarray(np.ascontiguousarray(pixels[..., :3] if opaque else pixels))
        if kind in ("JPEG", "BMP") and not opaque:
            white = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(white, picture).convert("RGB")
        options = dict(_OPTIONS.get(kind, {}))
        options |= {"icc_profile": self.image.info["icc_profile"]} if keeps else {}
        options |= {"dpi": self.image.info["dpi"]} if "dpi" in self.image.info else {}
        exif = self.image.getexif()
        exif.pop(_ORIENTATION, None)
        options |= {"exif": exif} if exif and kind != "BMP" else {}
        picture.save(path, kind, **options)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file beside ``path``, then put it in its place; SettingsError.

    A file that is replaced passes on its mode and times; a link is replaced, not followed.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as aside:
            half = Path(aside, path.name)
            write(half)
            if path.is_file() and not path.is_symlink():
                shutil.copystat(path, half)
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


def check_place(path: Path, size_bytes: int = 0) -> None:
    """Raise InputError where no file of this name and about this size can be made."""
    folder = path.parent
    if path.is_dir():
        raise InputError(_("{file} cannot be written: it is a folder.").format(file=path))
    if path.is_symlink():
        text = _("{file} cannot be written: it is a link; name the file it points to.")
        raise InputError(text.format(file=path))
    if path.exists() and not path.stat().st_mode & 0o200:
        raise InputError(_("{file} cannot be written: it is read-only.").format(file=path))
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        text = _("{file} cannot be written: files cannot be created in {folder}.")
        raise InputError(text.format(file=path, folder=folder))
    if shutil.disk_usage(folder).free < 2 * size_bytes:
        raise InputError(_("{file} cannot be written: the disk is full.").format(file=path))


def read_header(path: Path) -> Header:
    """What the file is like, without its pixels; InputError when it cannot be kept as it is."""
    try:
        with opened(path) as picture:
            colours = _check_kind(picture, path)
            turned = _turn(picture) >= 5  # on its side
            size = (picture.height, picture.width) if turned else picture.size
            precision = "u16" if picture.mode.startswith("I;16") else "u8"
            return Header(size, f"{precision}-non-linear", _are_own(colours))
    except Unreadable as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Unreadable) -> InputError:
    """The sentence for a file that is no picture, or is not there."""
    cause = error.__cause__
    reason = getattr(cause, "strerror", None) or _("it is not a picture")
    if isinstance(cause, Image.DecompressionBombError | MemoryError):
        reason = _("it has too many pixels")
    return InputError(_("{file} cannot be read: {reason}.").format(file=path, reason=reason))


def _check_kind(picture: Image.Image, path: Path) -> Colours | None:
    """The file's colours; InputError where it would not stay what it is."""
    reason, colours = "", None
    frames = getattr(picture, "n_frames", 1)
    if profile := picture.info.get("icc_profile"):
        colours = read_profile(profile)
    if colours and colours.mode != _PROFILED.get(picture.mode):
        colours = None
    if frames > 1:
        reason = _("it has {count} pictures in one file").format(count=frames)
    elif picture.mode == "CMYK" and not colours:
        reason = _("its CMYK colours have no profile: assign one first")
    elif picture.mode not in _PROFILED:
        reason = _("its kind of colours ({mode}) is not supported").format(mode=picture.mode)
    elif isinstance(picture, TiffImageFile) and (
        picture.mode not in ("RGB", "RGBA") or max(picture.tag_v2.get(258, (8,))) > 8
    ):
        reason = _("of TIFF files only RGB in 8 bits is supported: open it in GIMP")
    elif picture.format in _KEPT:
        module = import_module(f"gimp_bridge.cli.formats.{picture.format.lower()}")
        reason = module.problem(path.read_bytes(), picture)
    if reason:
        raise InputError(
            _("{file} cannot be kept as it is: {reason}.").format(file=path, reason=reason)
        )
    return colours


def _are_own(colours: Colours | None) -> bool:
    """Whether pixels of a file with these are not sRGB; those of CMYK are, once they are read."""
    return colours is not None and colours.others and colours.mode != "CMYK"


def _as_rgba(picture: Image.Image, colours: Colours | None) -> NDArray[Any]:
    """The pixels (h, w, 4) as stored, not turned; those of CMYK in sRGB."""
    if picture.mode.startswith("I;16"):
        grey = np.array(picture).astype(np.uint16)
        return np.stack([grey, grey, grey, np.full_like(grey, 65535)], axis=-1)
    if picture.mode == "CMYK" and colours:
        return with_alpha(apply(colours.to_srgb, np.asarray(picture)))
    return np.array(picture.convert("RGBA"))


def _palette(picture: Image.Image) -> NDArray[np.uint8]:
    """The colours of a palette, uint8 (count, 4)."""
    picture.load()
    raw = picture.getpalette("RGB") or []
    entries = Image.new("P", (len(raw) // 3, 1))
    entries.putdata(range(len(raw) // 3))
    entries.putpalette(raw)
    if "transparency" in picture.info:
        entries.info["transparency"] = picture.info["transparency"]
    colours: NDArray[np.uint8] = np.asarray(entries.convert("RGBA"))[0]
    return colours


def _nearest(pixels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The place in the palette (count, 4) of the colour next to each of ``pixels`` (n, 4)."""
    colours, which = np.unique(pixels, axis=0, return_inverse=True)
    places = [
        int(((palette.astype(int) - colour.astype(int)) ** 2).sum(axis=1).argmin())
        for colour in colours
    ]
    return np.array(places, np.uint8)[which.reshape(-1)]


def _turn(picture: Image.Image) -> int:
    """How the picture is to be turned before it is shown: EXIF's orientation, 1 to 8."""
    value = picture.getexif().get(_ORIENTATION, 1)
    return value if value in range(1, 9) else 1


def _turned(pixels: NDArray[Any], turn: int) -> NDArray[Any]:
    """``pixels`` (h, w, ...), as stored, turned upright."""
    if turn >= 5:
        pixels = pixels.swapaxes(0, 1)
    rows = slice(None, None, -1 if turn in (3, 4, 7, 8) else 1)
    columns = slice(None, None, -1 if turn in (2, 3, 6, 7) else 1)
    return pixels[rows, columns]


def _turned_back(pixels: NDArray[Any], turn: int) -> NDArray[Any]:
    return _turned(pixels, {6: 8, 8: 6}.get(turn, turn))
