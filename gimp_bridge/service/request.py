"""What is asked of the service: one picture, one way to say what goes, and how to answer.

Checks only what can be checked without arrays; sizes in pixels and the 50 % rule are checked
where the picture is known.  The multipart body carries no file name of the user.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from gimp_bridge.errors import InputError, WindowTooLarge
from gimp_bridge.language import _
from gimp_bridge.service import limits
from gimp_bridge.service.answers import sniff

_KEPT_IN_PATH = "/%:@!$&'()*+,;=~"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?"
"""What RFC 3986 allows there besides letters and digits, and the sign of what is encoded."""

_Field = tuple[str, str] | tuple[str, tuple[str, bytes, str]]


class ReturnType(IntEnum):
    """How the result comes [doc]; the service may still answer BASE64 with an address [seen]."""

    URL = 1
    BASE64 = 2


class Rectangle(NamedTuple):
    """A part to remove, in pixels of the image sent, x to the right, y down."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class RemovalRequest:
    """One create request: exactly one image and exactly one mask, as a file or an address.

    image_file, image_url : a picture file of at most 20 MB and 4096 x 4096 px, or its address
    mask_file, mask_url : the mask, the image's size, white = remove, black = keep
    rectangles : instead of a mask, 1 to 50 rectangles
    return_type : an address (the default) or base64
    sync : let the service hold the answer back until the result is there.  The task id is then
        known only at the end, so an answer lost on the way cannot be recovered.
    size_px : (width, height) of the image, to bound the result; None when not known
    """

    image_file: bytes | None = None
    image_url: str | None = None
    mask_file: bytes | None = None
    mask_url: str | None = None
    rectangles: tuple[Rectangle, ...] | None = None
    return_type: ReturnType = ReturnType.URL
    sync: bool = False
    size_px: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if (self.image_file is None) == (self.image_url is None):
            raise InputError(_("Give the picture either as a file or as an address."))
        if sum(part is not None for part in (self.mask_file, self.mask_url, self.rectangles)) != 1:
            raise InputError(
                _("Say what to remove by a mask, its address or rectangles: just one.")
            )
        for url in (self.image_url, self.mask_url):
            _check_url(url)
        for file in (self.image_file, self.mask_file):
            _check_file(file)
        if self.rectangles is not None:
            _check_rectangles(self.rectangles)

    @property
    def max_result_bytes(self) -> int:
        """The largest a result can be: the picture uncompressed with alpha, and 1 MiB of header."""
        width, height = self.size_px or (limits.MAX_SIDE_PX, limits.MAX_SIDE_PX)
        return width * height * 4 + (1 << 20)

    def fingerprint(self, service: str) -> str:
        """SHA-256 of what is asked and of whom: equal for requests that would be paid twice."""
        digest = hashlib.sha256()
        parts = (self.image_file, as_sent(self.image_url), self.mask_file, as_sent(self.mask_url))
        for part in (service, *parts, _as_json(self.rectangles)):
            raw = part.encode() if isinstance(part, str) else part or b""
            digest.update(f"{type(part).__name__} {len(raw)} ".encode() + raw)
        return digest.hexdigest()

    def encode(self) -> tuple[bytes, str]:
        """The multipart/form-data body and its content type; the picture comes last.

        A body that was cut off therefore never holds a whole request.
        """
        from urllib3.filepost import encode_multipart_formdata  # late: see ``progress``

        fields: list[_Field] = [
            ("return_type", str(int(self.return_type))),
            ("sync", str(int(self.sync))),
        ]
        if self.rectangles is not None:
            fields.append(("rectangles", _as_json(self.rectangles)))
        fields += _file_or_url("mask", self.mask_file, self.mask_url)
        fields += _file_or_url("image", self.image_file, self.image_url)
        return encode_multipart_formdata(fields)


def _file_or_url(name: str, file: bytes | None, url: str | None) -> list[_Field]:
    if url is not None:
        return [(f"{name}_url", as_sent(url) or "")]
    if file is None:
        return []
    kind = sniff(file) or "png"
    return [(f"{name}_file", (f"{name}.{kind}", file, f"image/{kind}"))]


def _as_json(rectangles: tuple[Rectangle, ...] | None) -> str:
    return json.dumps([r._asdict() for r in rectangles or ()], separators=(",", ":"))


def as_sent(url: str | None) -> str | None:
    """A web address in ASCII: the host by IDNA, all else percent-encoded unless it is already."""
    if url is None:
        return None
    parts = urlsplit(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", url.strip()))
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
    path, query = quote(parts.path, safe=_KEPT_IN_PATH), quote(parts.query, safe=_KEPT_IN_QUERY)
    return urlunsplit((parts.scheme, host, path, query, ""))


def _check_url(url: str | None) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url.strip())
        letters = len(as_sent(url) or "")
    except ValueError as error:  # of which UnicodeError is one
        raise InputError(_("The picture's address is not a web address.")) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(_("The picture's address must begin with http:// or https://."))
    if parts.username is not None or parts.password is not None:
        raise InputError(_("The picture's address holds a password, so it is not sent."))
    if letters > limits.MAX_URL_LETTERS:
        raise InputError(
            _(
                "The picture's address has {letters} letters as it is sent, and the service takes "
                "{most}: use a shorter one, or the file."
            ).format(letters=letters, most=limits.MAX_URL_LETTERS)
        )


def _check_file(file: bytes | None) -> None:
    if file is None:
        return
    if len(file) > limits.MAX_UPLOAD_BYTES:
        raise WindowTooLarge(
            _(
                "The picture is {size:.1f} MB and the service takes {most:.0f} MB: "
                "send a smaller part of it."
            ).format(size=len(file) / 1e6, most=limits.MAX_UPLOAD_BYTES / 1e6)
        )
    if not file:
        raise InputError(_("The picture file is empty."))


def _check_rectangles(rectangles: tuple[Rectangle, ...]) -> None:
    if not 1 <= len(rectangles) <= limits.MAX_RECTANGLES:
        raise InputError(
            _(
                "{count} rectangles were given; the service takes 1 to {most}: use a mask instead."
            ).format(count=len(rectangles), most=limits.MAX_RECTANGLES)
        )
    if any(r.width <= 0 or r.height <= 0 or r.x < 0 or r.y < 0 for r in rectangles):
        raise InputError(_("Each rectangle must lie in the picture and have a width and a height."))
    if any(max(r.x + r.width, r.y + r.height) > limits.MAX_SIDE_PX for r in rectangles):
        raise InputError(
            _(
                "A rectangle reaches beyond {most} px, which is as far as a picture for the "
                "service can."
            ).format(most=limits.MAX_SIDE_PX)
        )
