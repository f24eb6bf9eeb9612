"""What the commands share: their place in the parser, the settings and the progress line."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from gimp_bridge.errors import Cancelled
from gimp_bridge.language import N_, _
from gimp_bridge.service.address import is_loopback
from gimp_bridge.service.progress import Progress, in_words

if TYPE_CHECKING:
    from gimp_bridge.settings import Settings
    from gimp_bridge.worker.job import Service

COMMAND = "gimp-object-removal"

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
        "--invert-mask", action="store_true", help="remove what is black in the mask, not white"
    )
    parser.add_argument("--grow", type=_at_least_0, metavar="PX", help="grow the mask (automatic)")
    parser.add_argument(
        "--feather", type=_at_least_0, metavar="PX", help="fade the edge out (automatic)"
    )
    parser.add_argument(
        "--service",
        choices=("auto", "picwish", "this-computer"),
        default="auto",
        help="who removes it (auto: PicWish where a key is stored and you agreed in GIMP to send "
        "pictures there, else this computer; naming picwish is agreeing)",
    )


def _at_least_0(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(_("{text} is not a number of pixels").format(text=text))
    return int(text)


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


SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""What asks a command to end: Ctrl+C, the system, a closed terminal; not every system has all."""


class Interruption:
    """Whether the command was asked to end; called like any ``cancel``."""

    number = 0

    def __call__(self) -> bool:
        """Whether a signal came."""
        return bool(self.number)

    @property
    def exit_status(self) -> int:
        """The command's, as shells tell a signal: 130 for Ctrl+C, 143 for SIGTERM."""
        return 128 + (self.number or signal.SIGINT)


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Within it the first Ctrl+C or SIGTERM is a cancel, which loses nothing.

    The second one ends the process at once and says what was under way: that is in the journal.
    """
    asked = Interruption()

    def ask(number: int, _frame: object) -> None:
        if asked():
            print(_stopped_at_once(), file=sys.stderr, flush=True)
            os._exit(asked.exit_status)  # no exception: threads of a batch would be waited for
        asked.number = number

    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield asked
    except Cancelled as cancelled:
        cancelled.exit_status = asked.exit_status
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stopped_at_once() -> str:
    """What a person reads who did not wait for the end of a cancelled run."""
    from gimp_bridge.folders import journal_folder
    from gimp_bridge.service.answers import shown_id
    from gimp_bridge.service.journal import Journal

    records = Journal(journal_folder()).records()
    tasks = [shown_id(record.task_id) for record in records if record.task_id]
    if not records:
        return _("Stopped at once; nothing was under way.")
    if not tasks:
        return _(
            "Stopped at once, while a picture was being sent: it may be billed. "
            "`{command} recover` tells more."
        ).format(command=called())
    return _(
        "Stopped at once. Under way, and perhaps billed: {tasks}. `{command} recover` fetches "
        "them within the hour."
    ).format(tasks=", ".join(tasks), command=called())


def called() -> str:
    """How the person has called this: the wheel's command, or the package as a module."""
    if Path(sys.argv[0]).stem == COMMAND:
        return COMMAND
    return f"{Path(sys.executable).name} -m gimp_bridge"


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
