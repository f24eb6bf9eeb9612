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
from gimp_bridge.service.address import is_loopback
from gimp_bridge.service.progress import Progress, in_words

if TYPE_CHECKING:
    from gimp_bridge.settings import Settings
    from gimp_bridge.worker.job import Service

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""The commands of a parser; argparse has no public name for them."""

KEPT = N_("Its result is paid for and kept: run the same again within the hour, at no new cost.")

Run = Callable[[argparse.Namespace], int]


def add_command(commands: Commands, name: str, run: Run, *, help: str) -> argparse.ArgumentParser:
    """Add a command to the parser; its own options are added to what is returned."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(run=run)
    return parser


def add_removal_options(parser: argparse.ArgumentParser) -> None:
    """Add what one picture and many have in common."""
    parser.add_argument(
        "--align",
        choices=("top-left", "top-right", "bottom-left", "bottom-right", "scaled"),
        help="how a mask is carried over to a picture of another size (they must be equal)",
    )
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


def agreed_service(service: Service, settings: Settings) -> Service:
    """Who does it, where nobody can be asked before a picture is sent away; see `consent`.

    Naming the service is agreeing to it; that ``auto`` was not enough is said on stderr.
    """
    from gimp_bridge.worker import consent

    def say(*_question: object) -> None:
        if service == "auto" and not is_loopback(settings.base_url):
            text = _(
                "Nobody has agreed yet to send pictures to {host}, so this computer does it. To "
                "send them, add --service picwish."
            )
            print(text.format(host=settings.host), file=sys.stderr)

    return consent.agreed_service(service, settings, say)


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
    """The progress of a task on that line."""
    tell(*in_words(progress))


def tell(text: str, fraction: float | None = None) -> None:
    """One line on stderr, rewritten; nothing where stderr is not a terminal."""
    if sys.stderr.isatty():
        share = "" if fraction is None else f" {fraction:.0%}"
        print(f"\r\033[K{text}{share}", end="", file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress_line() -> Iterator[None]:
    """Within it ``tell`` and ``show`` may be used; afterwards their line is gone."""
    try:
        yield
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
