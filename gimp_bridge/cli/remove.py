"""``remove``: one picture through the service, with every parameter of its interface.

The task goes through the journal like GIMP's, so that ``recover`` finds it.  With a picture file
only the removed pixels are taken from the answer; with an address the answer itself is kept.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gimp_bridge.cli.commands import (
    Commands,
    add_command,
    interruptible,
    load_settings,
    progress_line,
    show,
)
from gimp_bridge.language import _

if TYPE_CHECKING:
    from gimp_bridge.service.request import Rectangle, RemovalRequest


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands, "remove", run, help="Remove an object from a picture with the service."
    )
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
        default="url",
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
    """Send, wait, write the output, and only then forget the task."""
    from gimp_bridge.service.journal import Journal
    from gimp_bridge.service.task import run_task
    from gimp_bridge.settings import journal_folder

    order = _Order(options)
    with interruptible() as cancel, progress_line():
        paid = run_task(
            load_settings().client(),
            Journal(journal_folder()),
            order.request(),
            metadata={"output": str(options.output.absolute())},
            check=order.check_answer,
            progress=show,
            cancel=cancel,
        )
    order.write(paid.data)
    paid.claim()
    told = _("task {task}, paid for earlier") if paid.again else _("task {task}")
    print(f"{options.output}  ({told.format(task=paid.task_id)})")
    return 0


class _Order:
    """What the options ask for, with the pixels where they are known."""

    def __init__(self, options: argparse.Namespace) -> None:
        from gimp_bridge.cli import pictures

        self._options = options
        self._picture = pictures.read_picture(options.image) if options.image else None
        self._removal = self._known_removal()
        if self._picture is not None and self._removal is not None:
            pictures.check(self._picture, self._removal)

    def request(self) -> RemovalRequest:
        from gimp_bridge.picture import codec, upload
        from gimp_bridge.service import limits
        from gimp_bridge.service.request import RemovalRequest, ReturnType

        options = self._options
        parts: dict[str, Any] = {"image_url": options.image_url, "mask_url": options.mask_url}
        if self._picture is not None:
            rgb = upload.to_srgb8(self._picture)
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
            height, width = self._picture.shape[:2]
            codec.decode_answer(data, width=width, height=height)

    def write(self, answer: bytes) -> None:
        from gimp_bridge.cli import pictures

        output: Path = self._options.output
        if self._options.raw or self._picture is None or self._removal is None:
            output.write_bytes(answer)
        else:
            merged = pictures.merge(self._picture, answer, self._removal)
            pictures.write_picture(output, merged)

    def _known_removal(self) -> Any:
        from gimp_bridge.cli import pictures

        if self._options.mask:
            return pictures.read_mask(self._options.mask)
        if self._options.rectangles and self._picture is not None:
            size = (self._picture.shape[1], self._picture.shape[0])
            return pictures.paint(tuple(self._options.rectangles), size)
        return None


def _rectangle(text: str) -> Rectangle:
    from gimp_bridge.service.request import Rectangle

    if not re.fullmatch(r"\d+,\d+,\d+,\d+", text):
        raise argparse.ArgumentTypeError(_("{text} is not X,Y,WIDTH,HEIGHT").format(text=text))
    return Rectangle(*map(int, text.split(",")))
