"""The options of ``install.py`` and of the installed command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from gimp_bridge import __version__
from gimp_bridge.folders import data_folder

NO_PHOTO = Path()
"""What ``--try`` without a photo stands for."""


def parser() -> argparse.ArgumentParser:
    """The options of ``install.py``."""
    options = argparse.ArgumentParser(
        prog="install.py", description="Install Object Removal into every GIMP 3 of this user."
    )
    options.add_argument("--version", action="version", version=__version__)
    what = options.add_argument_group(
        "what to do (default: install)"
    ).add_mutually_exclusive_group()
    what.add_argument(
        "--uninstall",
        action="store_true",
        help="remove plug-in and environment; key and settings stay",
    )
    what.add_argument(
        "--purge", action="store_true", help="uninstall; forget key, settings, paid tasks, cache"
    )
    what.add_argument(
        "--try",
        dest="photo",
        nargs="?",
        type=Path,
        const=NO_PHOTO,
        metavar="PHOTO",
        help="remove something from a photo in a real GIMP, without installing for the user",
    )
    what.add_argument(
        "--doctor", action="store_true", help="check an installation and say what repairs it"
    )
    what.add_argument("--repair", action="store_true", help="repair what --doctor finds broken")
    what.add_argument(
        "--here", action="store_true", help="complete the copy of the plug-in that this lies in"
    )
    what.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")
    trying = options.add_argument_group("with --try")
    trying.add_argument("--select", metavar="X,Y,W,H", help="what to remove, in pixels")
    trying.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="(./out)")
    where = options.add_argument_group("where, and with what")
    where.add_argument("--gimp", type=Path, metavar="PATH", help="the GIMP program to install for")
    where.add_argument(
        "--profile", type=Path, action="append", metavar="DIR", help="a GIMP profile folder"
    )
    where.add_argument("--python", type=Path, metavar="PATH", help="the Python for the helper")
    where.add_argument("--wheels", type=Path, metavar="DIR", help="use these packages, no network")
    where.add_argument("--downgrade", action="store_true", help="replace a newer version too")
    where.add_argument("--offline", action="store_true", help="--doctor leaves the service alone")
    # Inside a private root the one outside tells the time and the outcome.
    where.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    # For private roots and tests, where the environment outlives the home folder.
    where.add_argument("--data", type=Path, default=data_folder(), help=argparse.SUPPRESS)
    return options


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read a command line; wrong ones end the program with argparse's exit code 2."""
    reader = parser()
    options = reader.parse_args(arguments)
    if options.select is not None and options.photo is None:
        reader.error("--select goes with --try")
    return options


def for_the_inside(options: argparse.Namespace) -> list[str]:
    """Of these options, what an ``install.py`` run inside a sandbox has to be told as well."""
    told = [f"--{name}" for name in ("downgrade", "repair") if getattr(options, name)]
    if options.wheels is not None:
        told += ["--wheels", str(options.wheels.absolute())]
    return told
