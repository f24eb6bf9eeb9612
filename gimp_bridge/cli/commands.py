"""What the commands share: their place in the parser, the settings and the progress line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from gimp_bridge.service.client import Progress
    from gimp_bridge.settings import Settings

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""The commands of a parser; argparse has no public name for them."""

Run = Callable[[argparse.Namespace], int]

WORDS = {
    "uploading": "Uploading",
    "queued": "Waiting in the queue",
    "processing": "Processing",
    "downloading": "Downloading",
}


def add_command(commands: Commands, name: str, run: Run, *, help: str) -> argparse.ArgumentParser:
    """Add a command to the parser; its own options are added to what is returned."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(run=run)
    return parser


def load_settings() -> Settings:
    """The user's settings; what is wrong in them is said on stderr."""
    from gimp_bridge.settings import Settings

    settings = Settings.load()
    for problem in settings.problems:
        print(problem, file=sys.stderr)
    return settings


def show(progress: Progress) -> None:
    """One line on stderr, rewritten; nothing where stderr is not a terminal."""
    if not sys.stderr.isatty():
        return
    share = "" if progress.fraction is None else f" {progress.fraction:.0%}"
    print(f"\r\033[K{WORDS[progress.stage]}{share}", end="", file=sys.stderr, flush=True)


def end_of_progress() -> None:
    """Clear the progress line."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
