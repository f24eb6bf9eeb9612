"""The command line: one module for each command, each with ``add_to`` and ``run``.

An error of ours becomes one sentence on stderr and exit status 1, wrong usage is 2, Ctrl+C is
130 and SIGTERM 143.  Modules import what is slow only in ``run``.
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
from collections.abc import Sequence

from gimp_bridge import __version__
from gimp_bridge.cli import batch, installation, recover, remove, serve
from gimp_bridge.cli.commands import called
from gimp_bridge.errors import Cancelled, RemovalError
from gimp_bridge.language import _, use_language
from gimp_bridge.service.answers import shown_id

COMMANDS = (remove, batch, recover, serve, installation)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    use_language()
    _print_all_letters()
    logging.basicConfig(level=logging.ERROR)  # else warnings are printed, too
    if arguments[:1] and arguments[0] in installation.HELP:
        return installation.run(arguments)
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except Cancelled as cancelled:
        print(_cancelled(cancelled), file=sys.stderr)
        return cancelled.exit_status
    except RemovalError as error:
        print(f"{error}", file=sys.stderr)
        if error.task_id and error.task_id not in str(error):
            text = _("Task id for the service's support: {task}")
            print(text.format(task=shown_id(error.task_id)), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or _('A file')}: {error.strerror or error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before or after anything was sent, see ``interruptible``
        print(_cancelled(Cancelled("")), file=sys.stderr)
        return 130
    return status


def _print_all_letters() -> None:
    """Print the number of a letter that the terminal or a file lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _cancelled(cancelled: Cancelled) -> str:
    if cancelled.task_id is None:
        return _("Cancelled; nothing was billed.")
    return _(
        "Cancelled, but task {task} was already under way and may be billed: "
        "`{command} recover` fetches it within the hour."
    ).format(task=shown_id(cancelled.task_id), command=called())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=called(), description="Object Removal without GIMP.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    return parser
