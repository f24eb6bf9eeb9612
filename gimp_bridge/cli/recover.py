"""``recover``: fetch what was paid for within the last hour and did not arrive."""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gimp_bridge.cli.commands import Commands, add_command, interruptible, load_settings, show
from gimp_bridge.errors import RemovalError
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
    """Write every result with its mask; status 1 when one could not be fetched or written."""
    from gimp_bridge.folders import journal_folder
    from gimp_bridge.service.connect import connect as make_client
    from gimp_bridge.service.journal import Journal
    from gimp_bridge.service.recovery import recover

    options.output.mkdir(parents=True, exist_ok=True)
    found = problems = 0
    with interruptible() as cancel:
        settings, journal = load_settings(), Journal(journal_folder())
        connect = functools.cache(lambda: make_client(settings))
        for recovered in recover(connect, journal, progress=show, cancel=cancel):
            try:
                path = _written(recovered, options.output)
            except RemovalError as problem:
                problems += 1
                print(problem, file=sys.stderr)
                continue
            found += 1
            print(path)
            if not options.keep:
                recovered.claim()
    if not found and not problems:
        print(_("There is nothing to recover."))
    return 1 if problems else 0


def _written(recovered: Recovered, folder: Path) -> Path:
    """Write a result, and its mask where it has one, and return where; raises RemovalError."""
    from gimp_bridge.cli.picture_file import write_whole
    from gimp_bridge.service.answers import sniff

    data, entry = recovered.data, recovered.entry
    if data is None:
        raise recovered.problem or RemovalError(_("There is no result."))
    path = folder / f"removal-{_as_name(entry.task_id or '')}.{sniff(data)}"
    with contextlib.suppress(OSError):  # only tasks from GIMP have a mask of their own
        mask = entry.blob("removal")
        write_whole(path.with_name(f"{path.stem}-mask.png"), lambda half: half.write_bytes(mask))
    write_whole(path, lambda half: half.write_bytes(data))
    return path


def _as_name(task_id: str) -> str:
    """The id where it can be a part of a file's name everywhere, else like it and unlike others."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", task_id)[:60]
    if plain == task_id:
        return plain
    digest = hashlib.sha256(task_id.encode(errors="surrogatepass")).hexdigest()
    return f"{plain}-{digest[:8]}"
