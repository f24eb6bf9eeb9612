"""A file's colours and sRGB: through its profile (littleCMS), both ways."""

from __future__ import annotations

import functools
import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_SAME = 2
"""Profiles of sRGB differ by so many of 255 in their rounding."""


class Colours(NamedTuple):
    """``mode``: what the profile describes, L, RGB or CMYK; ``others``: whether not just sRGB."""

    mode: str
    to_srgb: ImageCms.ImageCmsTransform
    from_srgb: ImageCms.ImageCmsTransform
    others: bool


@functools.lru_cache(maxsize=8)
def read_profile(profile: bytes) -> Colours | None:
    """The colours of an ICC profile; None where it is damaged or of another kind."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES[opened.profile.xcolor_space.strip()]
        srgb = ImageCms.createProfile("sRGB")
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        to = ImageCms.buildTransform(opened, srgb, mode, "RGB", intent, _FLAGS)
        back = ImageCms.buildTransform(srgb, opened, "RGB", mode, intent, _FLAGS)
    except (ImageCms.PyCMSError, OSError, KeyError):
        return None
    return Colours(mode, to, back, mode != "RGB" or _changes(to))


def apply(transform: ImageCms.ImageCmsTransform, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``pixels``, uint8 (h, w) or (h, w, channels), through a transform."""
    mode = {2: "L", 3: "RGB", 4: "CMYK"}[pixels.shape[-1] if pixels.ndim == 3 else 2]
    size = (pixels.shape[1], pixels.shape[0])
    source = Image.frombytes(mode, size, np.ascontiguousarray(pixels).tobytes())
    return np.asarray(ImageCms.applyTransform(source, transform))


def _changes(transform: ImageCms.ImageCmsTransform) -> bool:
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    samples = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(64, 64, 3)
    difference = apply(transform, samples).astype(int) - samples
    return bool(np.abs(difference).max() > _SAME)
