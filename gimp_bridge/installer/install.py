"""Installing into one GIMP profile, or completing a folder that was copied there by hand.

Every step before the exchange happens aside: an installation that fails or is killed leaves the
old one working.  Which profiles there are is found out in ``profiles``.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from gimp_bridge import __version__
from gimp_bridge.errors import InstallError
from gimp_bridge.folders import data_folder
from gimp_bridge.installer import pluginrc, records
from gimp_bridge.installer.environment import ensure_environment, remove_environment, wanted_within
from gimp_bridge.installer.locks import only_one
from gimp_bridge.installer.moving import take_along
from gimp_bridge.installer.plugin_folder import (
    NAME,
    STAGING_PREFIX,
    Source,
    better_starter,
    find_source,
    installed_folder,
    is_as_put_together,
    put_in_place,
    put_together,
)
from gimp_bridge.installer.processes import Say
from gimp_bridge.installer.profiles import gimps_here
from gimp_bridge.installer.records import (
    WORKER_FILE,
    as_json,
    is_newer,
    note_for,
    read_note,
    replace_file,
    version_in,
)
from gimp_bridge.installer.self_test import greet_worker, warm_up

Agree = Callable[[str], bool]
"""Asks a person a question that yes or no answers; whether they said yes."""


class Installed(NamedTuple):
    """What an installation did: the ``folder`` GIMP loads and what it replaced."""

    folder: Path
    replaced: str | None
    """The version that was there before, if any."""


def nobody(_question: str) -> bool:
    """Agree to nothing: for where there is no person to be asked."""
    return False


def install_into(
    profile: Path,
    *,
    python: Path | None = None,
    data: Path | None = None,
    wheels: Path | None = None,
    agree: Agree = nobody,
    keep_unused_s: float = 0.0,
    say: Say,
) -> Installed:
    """Install the plug-in into the GIMP profile folder ``profile`` (made when missing).

    ``python`` is the Python to make the worker's environment with, ``data`` where to keep it
    (default: the user's data folder), ``wheels`` a folder of packages to use instead of the
    network.  ``agree`` is asked whether to replace a newer version in the profile.  Environments
    that no installation uses are removed once nothing wanted them for ``keep_unused_s``.  Raises
    InstallError or OSError, and then what was installed before still works, or the new one does.
    """
    data = data_folder() if data is None else data
    place = installed_folder(profile)
    with only_one(data / "install.lock", waiting_for="installation", say=say):
        before = version_in(place)
        if before is not None:
            settle_downgrade(before, place, agree)
        interpreter = ensure_environment(data, python=python, wheels=wheels, say=say)
        source = find_source()._replace(starter=better_starter())
        note = note_for(place, interpreter)
        if is_as_put_together(place, source, note):
            say(f"The files are there already: {place}")
            _clear_up(lambda: clear_staging(profile), say=say)
            greet_worker(place, interpreter)
        else:
            say(f"Installing into {place}")
            exchange_into(profile, source, note, interpreter)
        say("  The helper answers")
        records.add(data, profile)
        pluginrc.forget(profile)
        take_along(profile, say=say)
        warm_up(place, interpreter, say=say)
        _drop_unused_environments(data, keep_unused_s, say=say)
    return Installed(place, before)


def settle_downgrade(installed: str, place: Path, agree: Agree) -> bool:
    """Whether this version is older than the ``installed`` one, and that is agreed to.

    Raises InstallError when it is older and nobody agrees.
    """
    if not is_newer(installed, __version__):
        return False
    fact = f"{place} holds version {installed}, which is newer than this one ({__version__})."
    if not agree(f"{fact} Replace it by the older one?"):
        raise InstallError(f"{fact} To go back to the older one all the same, add --downgrade.")
    return True


def exchange_into(
    profile: Path, source: Source, note: Mapping[str, str], interpreter: Path
) -> None:
    """Put the plug-in folder together aside, test it, and exchange it with the one in use."""
    try:
        profile.mkdir(parents=True, exist_ok=True)
        clear_staging(profile)
        staging = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=profile))
    except OSError as error:
        raise InstallError(f"The folder {profile} cannot be written to ({error}).") from error
    try:
        staged = staging / NAME
        put_together(staged, source, note)
        greet_worker(staged, interpreter)
        put_in_place(staged, installed_folder(profile))
    except OSError as error:
        raise InstallError(f"The plug-in could not be copied into {profile} ({error}).") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def complete(*, python: Path | None, data: Path, wheels: Path | None, say: Say) -> Installed:
    """Complete the plug-in folder that this code lies in; raises InstallError.

    ``python``, ``data`` and ``wheels`` are as for ``install_into``.
    """
    source = find_source()
    folder = source.plugin
    if source.package.parent != folder:
        raise InstallError(f"{source.package} is not in GIMP's plug-ins folder: install instead.")
    with only_one(data / "install.lock", waiting_for="installation", say=say):
        before = version_in(folder)
        interpreter = ensure_environment(data, python=python, wheels=wheels, say=say)
        greet_worker(folder, interpreter)
        say("  The helper answers")
        _write_note(folder, note_for(folder, interpreter))
        profile = folder.parent.parent
        # In a folder of plug-ins of the user's own there is no profile around it.
        if installed_folder(profile) == folder:
            records.add(data, profile)
        warm_up(folder, interpreter, say=say)
    return Installed(folder, before)


def _write_note(folder: Path, note: Mapping[str, str]) -> None:
    try:
        replace_file(folder / WORKER_FILE, as_json(note))
    except OSError as error:
        raise InstallError(f"{folder} cannot be written to ({error}).") from error


def clear_staging(profile: Path) -> None:
    """Remove what installations that were killed have left in a profile."""
    # Under the lock nobody else stages: what is staged now is left over.
    for left in profile.glob(f"{STAGING_PREFIX}*"):
        shutil.rmtree(left)


def _drop_unused_environments(data: Path, keep_s: float, *, say: Say) -> None:
    # A new GIMP takes its predecessor's plug-ins over: profiles that we never installed into.
    found = [gimp.profile for gimp in gimps_here()]
    notes = {profile: read_note(installed_folder(profile)) for profile in found}
    notes |= {profile: read_note(installed_folder(profile)) for profile in records.profiles(data)}
    if any(notes[profile] is None for profile in records.profiles(data)):
        return  # a profile that is not to be seen now may still use one
    used = {note.python.parent.parent for note in notes.values() if note is not None}
    for folder in sorted(data.glob("env-*")):
        if folder not in used and not wanted_within(folder, keep_s):
            _clear_up(functools.partial(remove_environment, folder), say=say)
            if not folder.exists():
                say(f"Removed an environment that is no longer used: {folder}")


def _clear_up(step: Callable[[], None], *, say: Say) -> None:
    """Take a ``step`` on which nothing hangs: what fails is said and left to the next set-up."""
    try:
        step()
    except (OSError, InstallError) as error:  # on Windows, what a running helper has open
        say(f"  Could not be removed now: {error}")
