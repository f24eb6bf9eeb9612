"""Picture files of many kinds, as cameras, shops and editors write them; one scene in all."""

from __future__ import annotations

import functools
import io
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

WIDTH, HEIGHT = 203, 149
HOLE = (slice(60, 81), slice(90, 127))
"""Off the grid of any block; the same place is removed from all of them."""


def mask() -> np.ndarray:
    painted = np.zeros((HEIGHT, WIDTH), np.uint8)
    painted[HOLE] = 255
    return painted


def scene() -> np.ndarray:
    """uint8 (HEIGHT, WIDTH, 3): soft colours with some noise, and a red object in the hole."""
    rng = np.random.default_rng(5)
    coarse = Image.fromarray(rng.integers(60, 200, (6, 8, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), int)
    picture = (soft + rng.normal(0, 3, soft.shape)).clip(0, 255).astype(np.uint8)
    picture[HOLE] = (250, 10, 20)
    return picture


@functools.cache
def files() -> dict[str, bytes]:
    """The files by name."""
    rgb, srgb = Image.fromarray(scene()), srgb_profile()
    alpha = Image.fromarray(
        np.dstack([scene(), np.where(scene()[..., 1] > 150, 255, 90)]).astype(np.uint8)
    )
    gray16 = Image.fromarray(np.asarray(rgb.convert("L")).astype(np.uint16) * 257 + 3)
    camera = exif_with_thumbnail()
    jpeg = functools.partial(_saved, kind="JPEG", exif=camera, icc_profile=srgb, dpi=(300, 300))
    palette, lying = rgb.quantize(64), rgb.transpose(Image.Transpose.ROTATE_270)
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "hello")
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    return {
        "444.jpg": jpeg(rgb, quality=98, subsampling=0),
        "422.jpg": jpeg(rgb, quality=85, subsampling=1, comment=b"a comment"),
        "420.jpg": jpeg(rgb, quality=75, subsampling=2, xmp=b"<x:xmpmeta/>"),
        "progressive.jpg": jpeg(rgb, quality=85, progressive=True),
        "progressive444.jpeg": jpeg(rgb, quality=60, subsampling=0, progressive=True),
        "optimised.jpg": jpeg(rgb, quality=80, optimize=True),
        "restarts.jpg": jpeg(rgb, quality=80, restart_marker_blocks=5),
        "gray.jpg": _saved(rgb.convert("L"), kind="JPEG", quality=90),
        "rgb.jpe": _saved(rgb, kind="JPEG", quality=90, keep_rgb=True),
        "trailer.jfif": jpeg(rgb, quality=70) + b"what a phone adds",
        "turned.jpg": _saved(rgb.transpose(Image.Transpose.ROTATE_90), kind="JPEG", exif=_turned()),
        "rgb.png": _saved(rgb, kind="PNG", dpi=(72, 72), icc_profile=srgb),
        "text.png": _saved(rgb, kind="PNG", pnginfo=text, exif=camera),
        "rgba.png": _saved(alpha, kind="PNG"),
        "gray.png": _saved(rgb.convert("L"), kind="PNG"),
        "gray-alpha.png": _saved(alpha.convert("LA"), kind="PNG"),
        "gray16.png": _saved(gray16, kind="PNG"),
        "palette.png": _saved(palette, kind="PNG"),
        "palette16.png": _saved(rgb.quantize(13), kind="PNG"),
        "palette-clear.png": _saved(palette, kind="PNG", transparency=bytes([0, 128, 255])),
        "black-and-white.png": _saved(rgb.convert("1"), kind="PNG"),
        "turned.png": _saved(lying, kind="PNG", exif=_turned(8)),
        "lossless.webp": _saved(rgb, kind="WEBP", lossless=True, exif=camera, icc_profile=srgb),
        "alpha.webp": _saved(alpha, kind="WEBP", lossless=True, exact=True),
        "rgb.bmp": _saved(rgb, kind="BMP", dpi=(300, 300)),
        "palette.bmp": _saved(palette, kind="BMP"),
        "gray.bmp": _saved(rgb.convert("L"), kind="BMP"),
    }  # fmt: skip


def refused() -> dict[str, bytes]:
    """Files that would not stay what they are, by name."""
    rgb = Image.fromarray(scene())
    deep = bytearray(_saved(rgb, kind="PNG"))
    deep[24] = 16
    deep[29:33] = zlib.crc32(deep[12:29]).to_bytes(4, "big")
    return {
        "cmyk.jpg": _saved(rgb.convert("CMYK"), kind="JPEG"),
        "deep.png": bytes(deep),
        "gray.tif": _saved(rgb.convert("L"), kind="TIFF"),
        "gray16.tif": _saved(Image.fromarray(scene()[..., 0].astype(np.uint16)), kind="TIFF"),
        "frames.webp": _saved(rgb, kind="WEBP", save_all=True, append_images=[rgb.rotate(180)]),
        "frames.png": _saved(rgb, kind="PNG", save_all=True, append_images=[rgb.rotate(180)]),
        "two.jpg": _saved(rgb, kind="MPO", save_all=True, append_images=[rgb.rotate(180)]),
    }


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif_with_thumbnail() -> bytes:
    """EXIF as a camera writes it: tags, then a thumbnail with a directory of its own."""
    exif = Image.Exif()
    exif[0x010F], exif[0x9003] = "Shop", "2026:01:01 10:00:00"
    plain = exif.tobytes()[6:]
    small = _saved(Image.fromarray(scene()).resize((80, 60)), kind="JPEG")
    order = ">" if plain[:2] == b"MM" else "<"
    count = int.from_bytes(plain[8:10], "big" if order == ">" else "little")
    number = functools.partial(int.to_bytes, byteorder="big" if order == ">" else "little")
    second = len(plain) + len(plain) % 2
    body = bytearray(plain + bytes(second - len(plain)))
    body[10 + 12 * count : 14 + 12 * count] = number(second, 4)
    entries = [(0x0201, second + 2 + 2 * 12 + 4), (0x0202, len(small))]
    body += number(2, 2)
    for tag, value in entries:
        body += number(tag, 2) + number(4, 2) + number(1, 4) + number(value, 4)
    return b"Exif\0\0" + bytes(body) + bytes(4) + small


def _turned(how: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = how
    return exif


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
