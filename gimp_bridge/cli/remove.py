"""``remove``: one picture, by this computer or through the service with all its parameters.

A task goes through the journal like GIMP's, so that ``recover`` finds it.  With a picture file
only the removed pixels are taken from the answer; with an address the answer itself is kept.
What would keep the result from being written is found before anything is sent.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gimp_bridge.cli.commands import (
    KEPT,
    Commands,
    add_command,
    add_service_option,
    interruptible,
    load_settings,
    progress_line,
    show,
)
from gimp_bridge.errors import InputError, SettingsError
from gimp_bridge.language import _

if TYPE_CHECKING:
    from gimp_bridge.service.request import Rectangle, RemovalRequest
    from gimp_bridge.settings import Settings

SERVICES_ALONE = ("image_url", "mask_url", "return_type", "sync", "raw")
"""The options that mean something to the service only."""


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "remove", run, help="Remove an object from a picture.")
    add_service_option(parser)
    image = parser.add_mutually_exclusive_group(required=True)
    image.add_argument("image", nargs="?", type=Path, metavar="IMAGE", help="a picture file")
    image.add_argument("--image-url", metavar="URL", help="an address the service fetches")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--mask", type=Path, metavar="FILE", help="white is removed, black is kept")
    what.add_argument("--mask-url", metavar="URL", help="the mask's address")
    what.add_argument(
        "--rectangles",
        nargs="+",
        type=_rectangle,
        metavar="X,Y,WIDTH,HEIGHT",
        help="up to 50 rectangles, in pixels",
    )
    parser.add_argument(
        "--return-type",
        choices=("url", "base64"),
        help="how the service hands the result over (url)",
    )
    parser.add_argument(
        "--sync",
        action="store_true",
        help="let the service answer only when it is done; a lost answer is then lost for good",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--raw", action="store_true", help="keep the service's answer as it is, all of it"
    )


def run(options: argparse.Namespace) -> int:
    """Remove it by whom the options and the user's consent allow."""
    from gimp_bridge.cli.consent import agreed_service

    settings = load_settings()
    by_service = agreed_service(options.service, settings) == "picwish"
    alone = [name for name in SERVICES_ALONE if getattr(options, name)]
    if alone and not by_service:
        text = _("--{option} is for the service alone: use it with --service picwish.")
        raise InputError(text.format(option=alone[0].replace("_", "-")))
    order = _Order(options, grain=settings.grain)
    with interruptible() as cancel, progress_line():
        if by_service:
            _send(order, settings, cancel)
        else:
            order.remove_here(cancel)
    return 0


def _send(order: _Order, settings: Settings, cancel: Callable[[], bool]) -> None:
    """Send, wait, write the output, and only then forget the task."""
    from gimp_bridge.folders import journal_folder
    from gimp_bridge.service.answers import shown_id
    from gimp_bridge.service.connect import connect
    from gimp_bridge.service.journal import Journal
    from gimp_bridge.service.task import run_task

    paid = run_task(
        connect(settings),
        Journal(journal_folder()),
        order.request(),
        metadata={"output": str(order.output.absolute())},
        check=order.check_answer,
        progress=show,
        cancel=cancel,
    )
    try:
        order.write(paid.data)
    except SettingsError as error:
        paid.release()
        raise SettingsError(f"{error} {_(KEPT)}", task_id=paid.task_id) from error
    paid.claim()
    told = _("task {task}, paid for earlier") if paid.again else _("task {task}")
    print(f"{order.output}  ({told.format(task=shown_id(paid.task_id or ''))})")


class _Order:
    """What the options ask for, with the pixels where they are known."""

    def __init__(self, options: argparse.Namespace, *, grain: bool) -> None:
        from gimp_bridge.cli import picture_file, pictures

        self._options = options
        self._grain = grain
        self.output: Path = options.output
        picture_file.check_place(self.output)
        self._picture = picture_file.PictureFile.read(options.image) if options.image else None
        if self._picture is not None and not (options.raw or options.mask_url):
            picture_file.check_format(self.output, self._picture.size)
        self._removal = self._known_removal()
        if self._picture is not None and self._removal is not None:
            pictures.check_mask(self._removal, self._picture.size)

    def remove_here(self, cancel: Callable[[], bool]) -> None:
        """Let the embedded engine do it, and write the output."""
        from gimp_bridge.cli.file_host import FileHost, file_job
        from gimp_bridge.picture.geometry import Box
        from gimp_bridge.picture.mask import Mask
        from gimp_bridge.worker.engine_remover import EngineRemover
        from gimp_bridge.worker.removal import remove_selected

        height, width = self._removal.shape
        canvas = Box(0, 0, width, height)
        host = FileHost(self._options.image, self.output)
        job = file_job(self.output.name, canvas, service="this-computer", grain=self._grain)
        remove_selected(host, job, EngineRemover(cancel), Mask(canvas, self._removal))
        told = _("by this computer")
        print(f"{self.output}  ({told})")

    def request(self) -> RemovalRequest:
        """What is sent; raises InputError where the service would refuse it."""
        from gimp_bridge.cli import pictures
        from gimp_bridge.picture import codec, upload
        from gimp_bridge.service import limits
        from gimp_bridge.service.request import RemovalRequest, ReturnType

        options = self._options
        parts: dict[str, Any] = {"image_url": options.image_url, "mask_url": options.mask_url}
        if self._picture is not None:
            pictures.check_limits(self._picture.size, self._removal)
            rgb = upload.to_srgb8(self._picture.pixels)
            parts["image_file"] = codec.encode_image(rgb, max_bytes=limits.MAX_UPLOAD_BYTES).data
            parts["size_px"] = (rgb.shape[1], rgb.shape[0])
        if options.rectangles:
            parts["rectangles"] = tuple(options.rectangles)
        elif options.mask:
            parts["mask_file"] = codec.encode_mask(self._removal)
        kind = ReturnType.BASE64 if options.return_type == "base64" else ReturnType.URL
        return RemovalRequest(**parts, return_type=kind, sync=options.sync)

    def check_answer(self, data: bytes) -> None:
        """Raise BadAnswer unless it is a picture of the size that was sent."""
        from gimp_bridge.picture import codec

        if self._picture is not None:
            width, height = self._picture.size
            codec.decode_answer(data, width=width, height=height)

    def write(self, answer: bytes) -> None:
        """Write the output; SettingsError when it cannot be."""
        from gimp_bridge.cli import picture_file, pictures

        if self._options.raw or self._picture is None or self._removal is None:
            picture_file.write_whole(self.output, lambda half: half.write_bytes(answer))
        else:
            merged = pictures.merge(self._picture.pixels, answer, self._removal, grain=self._grain)
            replace(self._picture, pixels=merged).write(self.output)

    def _known_removal(self) -> Any:
        from gimp_bridge.cli import pictures

        if self._options.mask:
            return pictures.read_mask(self._options.mask)
        if self._options.rectangles and self._picture is not None:
            return pictures.paint(tuple(self._options.rectangles), self._picture.size)
        return None


def _rectangle(text: str) -> Rectangle:
    from gimp_bridge.service.request import Rectangle

    if not re.fullmatch(r"\d+,\d+,\d+,\d+", text):
        raise argparse.ArgumentTypeError(_("{text} is not X,Y,WIDTH,HEIGHT").format(text=text))
    return Rectangle(*map(int, text.split(",")))
