"""``remove``: one picture, as ``batch`` does many.

Only what lies around the removed pixels is sent, and only those change.  The options that are
for the service alone go to its interface as they are, see ``direct``.  What would keep the result
from being written is found before anything is sent.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_bridge.cli.commands import (
    KEPT,
    Commands,
    add_command,
    add_removal_options,
    agreed_service,
    interruptible,
    load_settings,
    progress_line,
    tell,
)
from gimp_bridge.errors import InputError, SettingsError
from gimp_bridge.language import _

if TYPE_CHECKING:
    from gimp_bridge.picture.geometry import Box
    from gimp_bridge.picture.mask import Mask
    from gimp_bridge.settings import Settings
    from gimp_bridge.worker.job import Service

DIRECT = ("image_url", "mask_url", "return_type", "sync", "raw")
"""The options that mean something to the service only."""


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(commands, "remove", run, help="Remove an object from a picture.")
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
    add_removal_options(parser)
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
    settings = load_settings()
    service = agreed_service(options.service, settings)
    direct = [name for name in DIRECT if getattr(options, name)]
    if direct and service != "picwish":
        text = _("--{option} is for the service alone: use it with --service picwish.")
        raise InputError(text.format(option=direct[0].replace("_", "-")))
    if direct:
        from gimp_bridge.cli.direct import send

        send(options, settings)
    else:
        _remove(options, settings, service)
    return 0


def _remove(options: argparse.Namespace, settings: Settings, service: Service) -> None:
    from gimp_bridge.cli import file_document, picture_file
    from gimp_bridge.picture.geometry import Box
    from gimp_bridge.worker.choice import connecting, remover_for
    from gimp_bridge.worker.removal import remove_selected

    picture, output = options.image, options.output
    header = picture_file.read_header(picture)
    picture_file.check_place(output, picture.stat().st_size)
    picture_file.check_format(output, header.size)
    mask = _mask(options, Box(0, 0, *header.size))
    job = file_document.file_job(
        picture.name,
        header,
        service=service,
        grain=settings.grain,
        grow_px=options.grow,
        feather_px=options.feather,
    )
    with interruptible() as cancelled, progress_line():
        document = file_document.FileDocument(
            picture, output, lambda: mask, tell=tell, cancelled=cancelled
        )
        with remover_for(job, connecting(settings), document) as remover:
            try:
                note = remove_selected(document, job, remover)
            except SettingsError as error:
                if not remover.unclaimed:
                    raise
                kept = f"{error} {_(KEPT)}"
                raise SettingsError(kept, task_id=remover.unclaimed[0]) from error
    by = settings.host if service == "picwish" else _("this computer")
    print(f"{output}  ({_('by {whom}').format(whom=by)})")
    if note:
        print(note)


def _mask(options: argparse.Namespace, canvas: Box) -> Mask:
    from gimp_bridge.cli.masks import fitted_mask, painted_mask, whole_mask

    if options.rectangles:
        return painted_mask(options.rectangles, canvas)
    whole = whole_mask(options.mask, invert=options.invert_mask)
    return fitted_mask(whole, canvas, options.align)


def _rectangle(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d+,\d+,\d+,\d+", text):
        raise argparse.ArgumentTypeError(_("{text} is not X,Y,WIDTH,HEIGHT").format(text=text))
    return tuple(map(int, text.split(",")))
