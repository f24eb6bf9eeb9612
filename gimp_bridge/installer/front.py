"""What ``install.py`` and the installed command offer: the options, and what is said to people.

Every failure is a sentence and exit code 1; wrong options are argparse's exit code 2.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from gimp_bridge import __version__
from gimp_bridge.errors import InstallError
from gimp_bridge.installer import records, try_run, uninstall
from gimp_bridge.installer.doctor import BROKEN, as_text, examine
from gimp_bridge.installer.environment import ABOUT
from gimp_bridge.installer.flatpak import flatpak_data, install_inside, run_inside
from gimp_bridge.installer.install import Agree, Installed, complete, install_into, settle_downgrade
from gimp_bridge.installer.interpreters import comes_from_store
from gimp_bridge.installer.options import NO_PHOTO, for_the_inside, parse
from gimp_bridge.installer.plugin_folder import installed_folder, setup_command
from gimp_bridge.installer.processes import Say
from gimp_bridge.installer.profiles import gimps_here, named, sandboxes
from gimp_bridge.installer.records import IN_FLATPAK, version_in
from gimp_bridge.installer.targets import no_gimp, obstacle, targets

MENU_ENTRY = "Filters > Object Removal"
STORES_PYTHON = (
    "This is the Microsoft Store's Python, and what it writes GIMP does not see. Please install one"
    " from python.org, or with: winget install Python.Python.3.13; then run this with it."
)
A_WEEK_S = 7 * 24 * 3600.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    _never_fail_to_print()
    options = parse(arguments)
    try:
        return _do(options, _plain if options.inner else _with_clock())
    except InstallError as error:
        print(f"\n{error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. What was installed before is untouched.", file=sys.stderr)
    except Exception as error:  # noqa: BLE001 - the outermost edge: people get a sentence
        _tell_of_own_fault(error)
    return 1


def _never_fail_to_print() -> None:
    """Print what the terminal's or the log file's encoding lacks as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


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
        f"\nSet-up had an internal error: {type(error).__name__}: {error}"
        f" ({Path(place.filename).name}, line {place.lineno}). Please report this line.",
        file=sys.stderr,
    )


def _do(options: argparse.Namespace, say: Say) -> int:
    if comes_from_store(sys.base_prefix):
        raise InstallError(STORES_PYTHON)
    if options.photo is not None:
        return _try(options, say)
    if options.uninstall or options.purge:
        return _uninstall(options, say)
    if options.doctor:
        return _doctor(options, say)
    if options.here:
        return _complete(options, say)
    if options.dry_run:
        return _dry_run(options, say)
    if options.repair:
        for finding in examine(options.data, options.profile or [], online=False):
            if finding.verdict == BROKEN:
                say(f"To repair: {finding.text.splitlines()[0]}")
    return _install(options, say)


def _install(options: argparse.Namespace, say: Say) -> int:
    """Install everywhere; what fails in one place does not keep it from the others."""
    done, failed = [], []
    for target in targets(options.profile or [], options.gimp, say=say):
        try:
            if target.flatpak:
                done.append(_install_inside(target.profile, options, say))
            else:
                done.append(_install_here(target.profile, options, say))
        except InstallError as error:
            failed.append(str(error))
        except OSError as error:
            failed.append(f"Could not install into {target.profile}: {error}")
    if done and not options.inner:
        report(done)
    if failed:
        raise InstallError("\n\n".join(failed))
    return 0


def _complete(options: argparse.Namespace, say: Say) -> int:
    done = complete(python=options.python, data=options.data, wheels=options.wheels, say=say)
    if not options.inner:
        report([done])
    return 0


def _install_here(profile: Path, options: argparse.Namespace, say: Say) -> Installed:
    return install_into(
        profile,
        python=options.python,
        data=options.data,
        wheels=options.wheels,
        agree=_agreement(options),
        # Private roots are shared by checkouts whose locked packages differ.
        keep_unused_s=A_WEEK_S if options.inner and IN_FLATPAK not in os.environ else 0.0,
        say=say,
    )


def _install_inside(profile: Path, options: argparse.Namespace, say: Say) -> Installed:
    # Nobody can be asked inside the sandbox: a yes is handed on, for this profile alone.
    told, place = for_the_inside(options), installed_folder(profile)
    before = version_in(place)
    if before is not None and settle_downgrade(before, place, _agreement(options)):
        told.append("--downgrade")
    return install_inside(profile, options=told, say=say)


def _agreement(options: argparse.Namespace) -> Agree:
    return (lambda _question: True) if options.downgrade else ask


def ask(question: str) -> bool:
    """Ask the person at the terminal; without one, or without a clear yes, it is no."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    with contextlib.suppress(EOFError):
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    return False


def _uninstall(options: argparse.Namespace, say: Say) -> int:
    here = uninstall.Places.of(os.environ)._replace(data=options.data)
    inside = sandboxes(sys.platform, os.environ, Path.home())
    places = [here, *map(uninstall.Places.of, inside)]
    profiles = options.profile or uninstall.everywhere(
        [gimp.profile for gimp in gimps_here() if gimp.started]
        + [profile for place in places for profile in records.profiles(place.data)]
    )
    found = uninstall.uninstall(places, profiles, purge=options.purge, say=say)
    if not found:
        say("The plug-in was in none of the GIMP profiles.")
    return 0


def _doctor(options: argparse.Namespace, say: Say) -> int:
    """Print the report; what belongs to a Flatpak is looked at from inside its sandbox."""
    profiles = options.profile or []
    gimps = [] if profiles else [gimp for gimp in gimps_here() if gimp.kind == "flatpak"]
    findings = examine(options.data, profiles, online=not options.offline)
    broken = any(finding.verdict == BROKEN for finding in findings)
    if findings:
        print(as_text(findings, setup_command()))
    for gimp in gimps:
        print(f"\nThe Flatpak of GIMP {gimp.version}:", flush=True)
        where = ["--doctor", "--profile", str(gimp.profile), "--data", str(flatpak_data())]
        where += ["--offline"] if options.offline else []
        broken |= run_inside(where, doing="examine the Flatpak", say=_plain) != 0
    return int(broken)


def _dry_run(options: argparse.Namespace, say: Say) -> int:
    gimps = [named(profile) for profile in options.profile or []] or gimps_here()
    if not gimps:
        raise InstallError(no_gimp())
    environments = set()
    for gimp in gimps:
        in_the_way = obstacle(gimp) if gimp.kind else None
        if in_the_way is not None:
            say(in_the_way)
            continue
        which = f" (GIMP {gimp.version}, {gimp.kind})" if gimp.kind else ""
        first = "" if gimp.started or not gimp.kind else ", after starting it for the first time"
        say(f"Would install version {__version__} into {gimp.profile}{which}{first}")
        environments.add(flatpak_data() if gimp.kind == "flatpak" else options.data)
    for data in sorted(environments):
        say(f"Would keep the helper's environment ({ABOUT}) in {data}")
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
    print(f"Restart GIMP; it is in the menu {MENU_ENTRY}.")
