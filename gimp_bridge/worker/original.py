"""The picture at the address that an image was opened from, if it is still the very same.

GIMP does not tell whether an image has been changed (selecting something counts as a change
already), so the file is fetched once more, without the key, and compared with what would be
repaired.  Where every pixel is the same, so are size, orientation and colours.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.errors import AddressRefused, BadAnswer, NotReached
from gimp_bridge.language import N_, _
from gimp_bridge.picture import codec, upload
from gimp_bridge.picture.geometry import Box
from gimp_bridge.service import limits
from gimp_bridge.service.progress import Cancel
from gimp_bridge.worker.host import Host
from gimp_bridge.worker.job import Job
from gimp_bridge.worker.piece import Report
from gimp_bridge.worker.removal import read_pixels

if TYPE_CHECKING:
    from gimp_bridge.service.client import PicWish

log = logging.getLogger(__name__)

TOLERANCE = 2
"""Decoders of JPEG may differ by so many of 255 levels, as the standard allows them."""

COMPARING = N_("Comparing the picture with the one at its address")
CHANGED = N_(
    "The picture is not the same as at its address, so the surroundings of the selection were "
    "sent instead."
)
UNREACHABLE = N_(
    "The picture could not be had from its address, so the surroundings of the selection were "
    "sent instead."
)


class Original(NamedTuple):
    """A picture file that anybody can fetch: its address, and the box it fills in the image."""

    url: str
    box: Box


class NotUsable(Exception):
    """The address cannot stand for the pixels; the text tells people why, and what was done."""


def find_original(
    host: Host, job: Job, connect: Callable[[], PicWish], report: Report
) -> Original | None:
    """The original that the job names; None where it names none.

    Raises NotUsable unless every pixel that would be repaired is as it is there.
    """
    if job.address is None:
        return None
    if not may_be_sent(job):
        raise NotUsable(_(CHANGED))
    report(_(COMPARING), None)
    data = _fetch(job.address, connect(), host.cancelled)
    source = read_pixels(host, job, job.source)
    try:
        stored = codec.decode_stored(data, width=job.source.width, height=job.source.height)
    except BadAnswer as error:
        log.info("the picture at the address: %s", error)
        raise NotUsable(_(CHANGED)) from None
    if (upload.as_uint8(source[..., 3:]) < 255).any() or _farthest(source, stored) > TOLERANCE:
        raise NotUsable(_(CHANGED))
    return Original(job.address, job.source)


def may_be_sent(job: Job) -> bool:
    """Whether the job names an address and what is at it can be the same, before it is fetched."""
    fits = max(job.source.width, job.source.height) <= limits.MAX_SIDE_PX
    return job.address is not None and fits and not job.own_colours and job.source == job.canvas


def _fetch(url: str, client: PicWish, cancel: Cancel) -> bytes:
    try:
        answer = client.fetch_original(url, max_bytes=limits.MAX_UPLOAD_BYTES, cancel=cancel)
    except (AddressRefused, BadAnswer, NotReached) as error:
        log.info("the address is not used: %s", error)
        raise NotUsable(_(UNREACHABLE)) from None
    if answer.status != 200:
        log.info("the address answers with %d", answer.status)
        raise NotUsable(_(UNREACHABLE))
    return answer.body


def _farthest(source: NDArray[Any], stored: NDArray[np.uint8]) -> int:
    """The largest difference of ``source`` (h, w, 3 or 4) from ``stored`` (h, w, 3) in a colour."""
    seen = upload.as_uint8(source[..., :3]).astype(np.int16)
    return int(np.abs(seen - stored).max())
