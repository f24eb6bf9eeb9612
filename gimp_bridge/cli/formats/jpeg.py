"""JPEG: only blocks with repaired pixels change; where jpeglib is not to be had, all are recoded.

All other segments are the file's own in both ways, but for thumbnails.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from gimp_bridge.cli.formats.jpeg_blocks import Patch, Unsupported, replaced
from gimp_bridge.cli.formats.jpeg_segments import frame, joined, split
from gimp_bridge.cli.formats.previews import clean_exif, clean_resources, clean_xmp
from gimp_bridge.language import _

_CLEAN = {
    b"\xe1Exif\0\0": clean_exif,
    b"\xe1http://ns.adobe.com/xap/1.0/\0": clean_xmp,
    b"\xedPhotoshop 3.0\0": clean_resources,
}
"""By marker and the beginning of its payload."""


def problem(data: bytes, picture: Image.Image) -> str:
    """Why it cannot be kept: it is damaged."""
    try:
        frame(split(data)[1])
    except ValueError:
        return _("it is damaged")
    return ""


def rewritten(
    data: bytes, picture: Image.Image, stored: NDArray[np.uint8], repaired: NDArray[np.bool_]
) -> tuple[bytes, str]:
    """The file with the ``stored`` pixels, in Pillow's mode, where ``repaired`` (h, w).

    And a sentence where other blocks were coded again, too.
    """
    if not isinstance(picture, JpegImageFile):
        raise ValueError("not a JPEG file")
    metadata, coding, trailer = split(data)
    metadata, note = [_cleaned(segment) for segment in metadata], ""
    try:
        coding = _with_patch(coding, picture, stored, repaired)
    except (ImportError, Unsupported) as error:
        coding = _recoded(picture, stored, _restart_interval(coding))
        note = _("The whole JPEG was coded again with its own tables.")
        if isinstance(error, ImportError):
            note = _(
                "The whole JPEG was coded again with its own tables: after "
                "{command} only what is repaired changes."
            ).format(command='pip install "gimp-object-removal[jpeg]"')
    return joined(metadata, coding, trailer), note


def _with_patch(
    coding: list[bytes],
    picture: JpegImageFile,
    stored: NDArray[np.uint8],
    repaired: NDArray[np.bool_],
) -> list[bytes]:
    if not repaired.any():
        return coding
    factors = [(across, down) for _name, across, down, _table in picture.layer]
    box = []
    for axis, sizes in ((1, [down for _across, down in factors]), (0, [f[0] for f in factors])):
        found, block = np.flatnonzero(repaired.any(axis=axis)), 8 * max(sizes)
        box.append(slice(found[0] // block * block, (found[-1] // block + 1) * block))
    rows, columns = box
    planes = _stored_colours(stored[rows, columns], picture)
    patch = Patch(int(rows.start), int(columns.start), planes, repaired[rows, columns])
    return replaced(coding, factors, patch)


def _recoded(picture: JpegImageFile, stored: NDArray[np.uint8], interval: int) -> list[bytes]:
    """The segments of the whole picture, with the file's tables, sampling and kind of scans."""
    planes = _stored_colours(stored, picture)
    tables = [picture.quantization[table] for *_rest, table in picture.layer]
    while len(tables) > 1 and tables[-1] == tables[-2]:
        tables.pop()  # Pillow uses the last one for the components that follow
    options: dict[str, Any] = {"qtables": tables, "restart_marker_blocks": interval}
    options["progressive"] = "progressive" in picture.info
    options["subsampling"] = max(0, get_sampling(picture))
    if planes.shape[2] == 4:
        new = Image.fromarray(255 - planes, "CMYK")  # which Pillow inverts
    elif planes.shape[2] == 3:
        new = Image.fromarray(planes, "RGB" if _is_rgb(picture) else "YCbCr")
        options["keep_rgb"] = _is_rgb(picture)
    else:
        new = Image.fromarray(planes[..., 0])
    file = io.BytesIO()
    new.save(file, "JPEG", **options)
    return split(file.getvalue())[1]


def _restart_interval(coding: list[bytes]) -> int:
    found = [segment[4:6] for segment in coding if segment[1] == 0xDD]
    return int.from_bytes(found[-1], "big") if found else 0


def _is_rgb(picture: JpegImageFile) -> bool:
    """Whether three components are stored as R, G and B: the rules of libjpeg's jdapimin.c."""
    transform = picture.info.get("adobe_transform")
    letters = [each[0] for each in picture.layer] == [*b"RGB"]
    return "jfif" not in picture.info and (transform == 0 or (letters and transform is None))


def _stored_colours(pixels: NDArray[np.uint8], picture: JpegImageFile) -> NDArray[np.uint8]:
    """``pixels``, (h, w) or (h, w, n) as Pillow decodes them, as the file stores them (h, w, n)."""
    planes = pixels.reshape(*pixels.shape[:2], -1)
    transform = picture.info.get("adobe_transform")
    if planes.shape[2] == 4 and transform is not None:
        # Adobe stores them inverted, which Pillow undoes.
        cmy = _to_ycc(planes[..., :3]) if transform == 2 else 255 - planes[..., :3]
        return np.dstack([cmy, 255 - planes[..., 3]])
    return planes if planes.shape[2] != 3 or _is_rgb(picture) else _to_ycc(planes)


def _to_ycc(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).convert("YCbCr"))


def _cleaned(segment: bytes) -> bytes:
    marker, payload = segment[1:2], segment[4:]
    for start, clean in _CLEAN.items():
        if (marker + payload).startswith(start):
            payload = start[1:] + clean(payload[len(start) - 1 :])
            return b"\xff" + marker + (len(payload) + 2).to_bytes(2, "big") + payload
    return segment
