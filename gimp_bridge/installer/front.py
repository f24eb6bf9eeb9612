"""What ``install.py`` and the installed command offer: the options, and what is said to people.

Every failure is a sentence and exit code 1; wrong options are argparse's exit code 2.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from gimp_bridge import __version__
from gimp_bridge.errors import InstallError
from gimp_bridge.installer import records, try_run, uninstall
from gimp_bridge.installer.doctor import examine
from gimp_bridge.installer.findings import BROKEN, as_text
from gimp_bridge.installer.folders import data_folder
from gimp_bridge.installer.install import Installed, install_into
from gimp_bridge.installer.processes import Say
from gimp_bridge.installer.profiles import Gimp
from gimp_bridge.installer.repair import repair
from gimp_bridge.installer.targets import gimps_here, no_gimp, targets

MENU_ENTRY = "Filters > Object Removal"
NO_PHOTO = Path()
A_WEEK_S = 7 * 24 * 3600.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        return _do(options, _plain if options.inner else _with_clock())
    except InstallError as error:
        print(f"\n{error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. What was installed before is untouched.", file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - the outermost edge: people get a sentence
        _tell_of_own_fault(error)
    return 1


def _plain(line: str) -> None:
    print(line, flush=True)


def _with_clock() -> Say:
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:4.0f} s] {line}", flush=True)

    return say


def _tell_of_own_fault(error: Exception) -> None:
    if isinstance(error, OSError):
        print(f"\nThe system refused: {error}", file=sys.stderr)
        return
    place = traceback.extract_tb(error.__traceback__)[-1]
    print(
        f"\nSet-up has a fault of its own: {type(error).__name__}: {error}"
        f" ({Path(place.filename).name}, line {place.lineno}). Please report this line.",
        file=sys.stderr,
    )


def parser() -> argparse.ArgumentParser:
    """The options of ``install.py``."""
    options = argparse.ArgumentParser(
        prog="install.py", description="Install Object Removal into every GIMP 3 of this user."
    )
    options.add_argument("--version", action="version", version=__version__)
    what = options.add_argument_group(
        "what to do (default: install)"
    ).add_mutually_exclusive_group()
    what.add_argument("--uninstall", action="store_true", help="take every trace away again")
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
    what.add_argument("--doctor", action="store_true", help="check an installation, say the cures")
    what.add_argument("--repair", action="store_true", help="mend what --doctor finds broken")
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


def _do(options: argparse.Namespace, say: Say) -> int:
    if options.photo is not None:
        return _try(options, say)
    named = options.profile or []
    if options.uninstall or options.purge:
        profiles = [gimp.profile for gimp in gimps_here()] + records.profiles(options.data)
        everywhere = list(dict.fromkeys(named or profiles))
        uninstall.uninstall(options.data, everywhere, purge=options.purge, say=say)
        return 0
    if options.doctor:
        findings = examine(options.data, named, online=not options.offline)
        print(as_text(findings))
        return int(any(finding.verdict == BROKEN for finding in findings))
    if options.repair:
        repair(options.data, named, say=say)
    if options.dry_run:
        return _dry_run(options, say)
    done = [
        install_into(
            target.profile,
            python=options.python,
            data=options.data,
            wheels=options.wheels,
            older_too=options.downgrade or options.repair,
            # Private roots are shared by checkouts whose locked packages differ.
            keep_unused_s=A_WEEK_S if options.inner else 0.0,
            say=say,
        )
        for target in targets(named, options.gimp, say=say)
    ]
    if not options.inner:
        report(done)
    return 0


def _dry_run(options: argparse.Namespace, say: Say) -> int:
    named = [Gimp("", "", profile, profile.is_dir()) for profile in options.profile or []]
    gimps = named or gimps_here()
    if not gimps:
        raise InstallError(no_gimp())
    for gimp in gimps:
        where = f"{gimp.profile} (GIMP {gimp.version}, {gimp.kind})" if gimp.kind else gimp.profile
        say(f"Would install version {__version__} into {where}")
    say(f"Would keep the helper's environment (about 500 MB) in {options.data}")
    return 0


def _try(options: argparse.Namespace, say: Say) -> int:
    pictures = try_run.try_it(
        None if options.photo == NO_PHOTO else options.photo,
        try_run.parse_box(options.select) if options.select else None,
        options.out,
        gimp=options.gimp,
        say=say,
    )
    say("Done")
    print()
    for picture in pictures:
        print(f"    {picture}")
    return 0


def report(done: Sequence[Installed]) -> None:
    """Say what was installed and where it is found in GIMP."""
    print()
    for installed in done:
        was = f" (was {installed.replaced})" if installed.replaced else ""
        print(f"Installed Object Removal {__version__}{was} in {installed.folder}")
    print(f"In GIMP (start it anew) it is in the menu {MENU_ENTRY}.")
