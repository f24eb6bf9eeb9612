"""What the commands share: their place in the parser, the settings and the progress line."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from gimp_bridge.language import N_, _

if TYPE_CHECKING:
    from gimp_bridge.service.progress import Progress
    from gimp_bridge.settings import Settings

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""The commands of a parser; argparse has no public name for them."""

KEPT = N_("Its result is paid for and kept: run the same again within the hour, at no new cost.")

Run = Callable[[argparse.Namespace], int]

WORDS = {
    "waiting": N_("Waiting to send"),
    "uploading": N_("Uploading"),
    "queued": N_("Waiting in the queue"),
    "processing": N_("Processing"),
    "downloading": N_("Downloading"),
}


def add_command(commands: Commands, name: str, run: Run, *, help: str) -> argparse.ArgumentParser:
    """Add a command to the parser; its own options are added to what is returned."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(run=run)
    return parser


def add_service_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--service``, to be understood by ``consent.agreed_service``."""
    parser.add_argument(
        "--service",
        choices=("auto", "picwish", "this-computer"),
        default="auto",
        help="who removes it (auto: PicWish where a key is stored and you agreed in GIMP to send "
        "pictures there, else this computer; naming picwish is agreeing)",
    )


def load_settings() -> Settings:
    """The user's settings; what is wrong in them is said on stderr."""
    from gimp_bridge.settings import Settings

    settings = Settings.load()
    for problem in settings.problems:
        print(problem, file=sys.stderr)
    return settings


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Within it the first Ctrl+C is a cancel, which loses nothing; the second one is Ctrl+C."""
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def ask(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        asked.set()

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def show(progress: Progress) -> None:
    """One line on stderr, rewritten; nothing where stderr is not a terminal."""
    if not sys.stderr.isatty():
        return
    share = "" if progress.fraction is None else f" {progress.fraction:.0%}"
    print(f"\r\033[K{_(WORDS[progress.stage])}{share}", end="", file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress_line() -> Iterator[None]:
    """Within it ``show`` may be used; afterwards its line is gone."""
    try:
        yield
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
