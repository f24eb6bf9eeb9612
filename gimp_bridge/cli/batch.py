"""``batch``: the same removal in every picture of a folder, without GIMP.

A second run does only what is missing: a picture whose output exists is left alone, and a
result that was paid for and not written is taken from the journal.
"""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

from gimp_bridge.cli.commands import (
    KEPT,
    Commands,
    add_command,
    add_removal_options,
    agreed_service,
    interruptible,
    load_settings,
)
from gimp_bridge.errors import InputError
from gimp_bridge.language import _


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands, "batch", run, help="Remove the same from every picture of a folder."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the pictures")
    parser.add_argument(
        "--mask",
        type=Path,
        required=True,
        metavar="MASK",
        help="white is removed: one file for all, or a folder of masks named like the pictures",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT")
    add_removal_options(parser)
    parser.add_argument(
        "--format", choices=("png", "tiff", "webp", "jpg"), help="write this (as the picture's)"
    )


def run(options: argparse.Namespace) -> int:
    """Run what is missing; status 1 when any picture did not get its result.

    Ctrl+C, or SIGTERM, once sends no more and finishes what is under way.
    """
    # tqdm: a progress bar that knows terminals, pipes and how long it will take.
    from tqdm import tqdm

    from gimp_bridge.cli.batch_files import Files, find_pictures
    from gimp_bridge.cli.file_document import file_job
    from gimp_bridge.worker.batch import batch_client, run_batch
    from gimp_bridge.worker.outcome import Outcome

    settings = load_settings()
    service = agreed_service(options.service, settings)
    make_job = functools.partial(
        file_job,
        service=service,
        grain=settings.grain,
        grow_px=options.grow,
        feather_px=options.feather,
    )
    files = Files(find_pictures(options.folder), options, make_job)
    orders = files.orders()
    client = batch_client(service, settings)
    _make_folder(options.output)
    if files.already:
        print(_("{count} are there already.").format(count=files.already))
    with interruptible() as stopped, tqdm(total=len(orders), unit="picture", disable=None) as bar:

        def tell(_number: int, outcome: Outcome) -> None:
            bar.update()

        result = run_batch(orders, client, tell, stopped, kept=_(KEPT))
    print(result.report, end="")
    if all(outcome.state == "done" for outcome in result.outcomes):
        return 0
    return stopped.exit_status if stopped() else 1


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = _("{folder} cannot be made: {reason}.")
        raise InputError(text.format(folder=folder, reason=error.strerror or error)) from error
