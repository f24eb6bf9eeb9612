"""``recover``: fetch what was paid for within the last hour and did not arrive."""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_bridge.cli.commands import Commands, add_command, interruptible, load_settings, show
from gimp_bridge.language import _

if TYPE_CHECKING:
    from gimp_bridge.service.recovery import Recovered


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands, "recover", run, help="Fetch results paid for in the last hour that got lost."
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(), metavar="DIR", help="where to write them (.)"
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave them in the journal, for GIMP to recover too"
    )


def run(options: argparse.Namespace) -> int:
    """Write every result with its mask; status 1 when one could not be fetched."""
    from gimp_bridge.folders import journal_folder
    from gimp_bridge.service.answers import sniff
    from gimp_bridge.service.connect import connect as make_client
    from gimp_bridge.service.journal import Journal
    from gimp_bridge.service.recovery import recover

    options.output.mkdir(parents=True, exist_ok=True)
    found = problems = 0
    with interruptible() as cancel:
        settings, journal = load_settings(), Journal(journal_folder())
        connect = functools.cache(lambda: make_client(settings))
        for recovered in recover(connect, journal, progress=show, cancel=cancel):
            if recovered.data is None:
                problems += 1
                print(recovered.problem, file=sys.stderr)
                continue
            found += 1
            path = options.output / f"removal-{recovered.entry.task_id}.{sniff(recovered.data)}"
            _write(path, recovered)
            print(path)
            if not options.keep:
                recovered.claim()
    if not found and not problems:
        print(_("There is nothing to recover."))
    return 1 if problems else 0


def _write(path: Path, recovered: Recovered) -> None:
    path.write_bytes(recovered.data or b"")
    with contextlib.suppress(OSError):  # only tasks from GIMP have a mask of their own
        path.with_name(f"{path.stem}-mask.png").write_bytes(recovered.entry.blob("removal"))
