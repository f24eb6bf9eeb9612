"""``remove`` with an option of the service's own: the whole picture, or its address, as it is.

A task goes through the journal like GIMP's, so that ``recover`` finds it.  With a picture file
only the removed pixels are taken from the answer, unless ``--raw`` keeps all of it; where the
picture or the mask is only an address, the answer is the output.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.cli.commands import KEPT, interruptible, progress_line, show
from gimp_bridge.cli.file_document import write_repaired
from gimp_bridge.cli.masks import fitted_mask, painted_mask, whole_mask
from gimp_bridge.cli.picture_file import PictureFile, check_format, check_place, write_whole
from gimp_bridge.errors import AreaTooLarge, NotARepair, SettingsError, WindowTooLarge
from gimp_bridge.folders import journal_folder
from gimp_bridge.language import _
from gimp_bridge.picture import codec, mask, patch, upload
from gimp_bridge.picture.answer_check import check_repair, with_advice
from gimp_bridge.picture.geometry import Box
from gimp_bridge.service import limits
from gimp_bridge.service.answers import shown_id
from gimp_bridge.service.connect import connect
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.request import Rectangle, RemovalRequest, ReturnType
from gimp_bridge.service.task import run_task
from gimp_bridge.settings import Settings
from gimp_bridge.worker.document import Repair


def send(options: argparse.Namespace, settings: Settings) -> None:
    """Send, wait, write the output, and only then forget the task."""
    check_place(options.output)
    picture = _Picture(options, grain=settings.grain) if options.image else None
    with interruptible() as cancel, progress_line():
        paid = run_task(
            connect(settings),
            Journal(journal_folder()),
            _request(options, picture),
            metadata={"output": str(options.output.absolute())},
            check=picture.check if picture else None,
            progress=show,
            cancel=cancel,
        )
        try:
            if picture is None or picture.removal is None or options.raw:
                write_whole(options.output, lambda half: half.write_bytes(paid.data))
            else:
                picture.merge(paid.data, picture.removal)
        except SettingsError as error:
            paid.release()
            raise SettingsError(f"{error} {_(KEPT)}", task_id=paid.task_id) from error
        except NotARepair as error:
            error.task_id = paid.task_id
            paid.release()
            raise with_advice(error) if paid.again else error from None
        paid.claim()
    told = _("task {task}, paid for earlier") if paid.again else _("task {task}")
    print(f"{options.output}  ({told.format(task=shown_id(paid.task_id or ''))})")


class _Picture:
    """The picture file, and what of it is to be removed where that is known here."""

    def __init__(self, options: argparse.Namespace, *, grain: bool) -> None:
        self._path: Path = options.image
        self._output: Path = options.output
        self._grain = grain
        self._file = PictureFile.read(self._path)
        self.pixels = self._file.srgb()
        self.canvas = Box(0, 0, self.pixels.shape[1], self.pixels.shape[0])
        self.removal = self._known_removal(options)
        if self.removal is not None and not options.raw:
            check_format(self._output, (self.canvas.width, self.canvas.height))
        _check_limits(self.canvas, self.removal)

    def check(self, answer: bytes) -> None:
        """Raise BadAnswer unless it is a picture of the size of the one sent."""
        self._decode(answer)

    def merge(self, answer: bytes, removal: NDArray[np.uint8]) -> None:
        """Write the picture with only the removed pixels taken from the answer."""
        came = self._decode(answer)
        check_repair(upload.to_srgb8(self.pixels), came, removal)
        source = self._file.pixels
        seen, came = upload.to_srgb8(source, removal), self._file.in_own_colours(came)
        fitted = patch.fit(seen, came, removal, grain=self._grain)
        repair = Repair(self.canvas, *patch.compose(source, fitted, removal))
        if note := write_repaired(self._path, self._output, [repair]):
            print(note)

    def _decode(self, answer: bytes) -> NDArray[np.uint8]:
        return codec.decode_answer(answer, width=self.canvas.width, height=self.canvas.height)

    def _known_removal(self, options: argparse.Namespace) -> NDArray[np.uint8] | None:
        if options.rectangles:
            return painted_mask(options.rectangles, self.canvas).coverage
        if options.mask:
            whole = whole_mask(options.mask, invert=options.invert_mask)
            fitted = fitted_mask(whole, self.canvas, options.align)
            return mask.binarise(fitted.within(self.canvas))
        return None


def _request(options: argparse.Namespace, picture: _Picture | None) -> RemovalRequest:
    image_file = mask_file = size_px = None
    if picture is not None:
        rgb = upload.to_srgb8(picture.pixels)
        image_file = codec.encode_image(rgb, max_bytes=limits.MAX_UPLOAD_BYTES).data
        size_px = (picture.canvas.width, picture.canvas.height)
    if options.mask:
        known = picture.removal if picture else None
        if known is None:
            known = mask.binarise(whole_mask(options.mask, invert=options.invert_mask).coverage)
        mask_file = codec.encode_mask(known)
    rectangles = tuple(Rectangle(*box) for box in options.rectangles or ()) or None
    base64 = options.return_type == "base64"
    return RemovalRequest(
        image_file=image_file,
        image_url=options.image_url,
        mask_file=mask_file,
        mask_url=options.mask_url,
        rectangles=rectangles,
        return_type=ReturnType.BASE64 if base64 else ReturnType.URL,
        sync=options.sync,
        size_px=size_px,
    )


def _check_limits(canvas: Box, removal: NDArray[np.uint8] | None) -> None:
    """Refuse what the service would refuse: the picture's size, the mask's share of it."""
    if max(canvas.width, canvas.height) > limits.MAX_SIDE_PX:
        raise WindowTooLarge(
            _(
                "The picture has {width} × {height} px and the service takes at most "
                "{most} × {most}: crop it, or leave out the options that send all of it."
            ).format(width=canvas.width, height=canvas.height, most=limits.MAX_SIDE_PX)
        )
    share = 0.0 if removal is None else mask.removal_share(removal)
    if share > limits.MAX_AREA_SHARE:
        raise AreaTooLarge(
            _(
                "{share:.0%} of the picture is to be removed and the service allows "
                "{most:.0%}: remove less at a time."
            ).format(share=share, most=limits.MAX_AREA_SHARE)
        )
