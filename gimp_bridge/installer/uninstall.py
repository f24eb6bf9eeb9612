"""Taking an installation away: plug-in folders, environments, logs, and with ``--purge`` the rest.

The settings, the key and the journal of paid tasks are the user's: only ``--purge`` takes them, and
then looks whether anything is left.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gimp_bridge.errors import InstallError
from gimp_bridge.folders import cache_folder, config_folder, data_folder, log_folder
from gimp_bridge.installer import pluginrc, records
from gimp_bridge.installer.environment import interpreter_of, out_of_use
from gimp_bridge.installer.in_use import move_aside, patiently
from gimp_bridge.installer.install import clear_staging
from gimp_bridge.installer.locks import only_one
from gimp_bridge.installer.moving import forget
from gimp_bridge.installer.plugin_folder import STAGING_PREFIX, find_source, installed_folder
from gimp_bridge.installer.processes import Say
from gimp_bridge.installer.profiles import MINORS
from gimp_bridge.installer.records import read_note
from gimp_bridge.installer.self_test import run_worker

LOCKS = ("install.lock", "environment.lock")


class Places(NamedTuple):
    """Where we write, beside the profiles: on this side of a sandbox, or in one."""

    data: Path
    config: Path
    cache: Path
    log: Path

    @classmethod
    def of(cls, env: Mapping[str, str], platform: str = sys.platform) -> Places:
        """Those that programs with this environment use."""
        rules = (data_folder, config_folder, cache_folder, log_folder)
        return cls(*(folder(platform, env) for folder in rules))


def uninstall(
    places: Sequence[Places], profiles: Sequence[Path], *, purge: bool = False, say: Say
) -> bool:
    """Uninstall from ``profiles``; with the last one the rest in its place goes too.

    With ``purge`` also the stored keys, the settings, the journal and the cache.  Returns whether
    the plug-in was in one of the profiles.  Raises InstallError where something in a place is in
    use, of which nothing was removed then, and where a purge has left something.
    """
    left = [] if not purge or forget_keys(places[0].data, profiles, say=say) else [IN_KEY_STORE]
    found = False
    for place in places:
        if place is places[0] or any(folder.exists() for folder in place):
            found |= _uninstall_in(place, profiles, purge=purge, say=say)
            if purge and not records.profiles(place.data):
                left += [str(folder) for folder in place if folder.exists()]
    if purge:
        left += [
            str(installed_folder(each)) for each in profiles if installed_folder(each).exists()
        ]
    if left:
        raise InstallError("\n    ".join(["Not everything could be removed:", *left]))
    return found


IN_KEY_STORE = "a key in the system's key store, which did not respond"


def everywhere(known: Iterable[Path]) -> list[Path]:
    """These profiles, and those of other versions beside them that the plug-in is in.

    A newer GIMP takes its predecessor's plug-ins along, and leaves them there.
    """
    beside = [profile.with_name(minor) for profile in known for minor in MINORS]
    return list(dict.fromkeys([*known, *(each for each in beside if _holds_it(each))]))


def _holds_it(profile: Path) -> bool:
    return installed_folder(profile).is_dir()


def _uninstall_in(places: Places, profiles: Sequence[Path], *, purge: bool, say: Say) -> bool:
    data = places.data
    with only_one(data / LOCKS[0], waiting_for="installation", say=say):
        last = set(records.profiles(data)) <= {profile.absolute() for profile in profiles}
        holding = [profile for profile in profiles if _holds_it(profile)]
        _remove(holding, sorted(data.glob("env-*")) if last else [], say=say)
        found = [profile for profile in profiles if _tidy(profile)]
        for profile in profiles:
            records.drop(data, profile)
        if last:
            (data / records.LIST).unlink(missing_ok=True)
            _remove_tree(places.log, say=say)
    if last:
        _remove_locks(data)
        if purge:
            for folder in (places.config, data, places.cache):
                _remove_tree(folder, say=say)
        elif places.cache.is_dir():
            say(f"Kept what --try and the tests made, in {places.cache}; --purge removes it")
    elif purge:
        say(f"Kept what the installations in {records.profiles(data)} need")
    return bool(holding or found)


def _remove(profiles: Sequence[Path], environments: Sequence[Path], *, say: Say) -> None:
    """Remove the plug-in and environments; none of them where one of them is in use."""
    aside = {folder: out_of_use(folder) for folder in environments}
    # Out of GIMP's sight, to where the next installation would clear it away.
    staging = f"{STAGING_PREFIX}removed-{os.getpid()}"
    aside |= {installed_folder(profile): profile / staging for profile in profiles}
    moved: list[Path] = []
    try:
        for folder in aside:
            move_aside(folder, aside[folder])
            moved.append(folder)
    except (OSError, InstallError):
        for folder in moved:
            aside[folder].rename(folder)
        raise
    for folder in moved:
        shutil.rmtree(aside[folder])
        say(f"Removed {folder}")


def _tidy(profile: Path) -> bool:
    """Remove what else is of ours in a profile; False when there was nothing."""
    if profile.is_dir():
        clear_staging(profile)
    registered, remembered = pluginrc.forget(profile), forget(profile)
    return registered or remembered


def _remove_locks(data: Path) -> None:
    for name in LOCKS:
        (data / name).unlink(missing_ok=True)
    _remove_while_empty(data)


def _remove_tree(folder: Path, *, say: Say) -> None:
    if folder.is_dir():
        patiently(lambda: shutil.rmtree(folder))
        say(f"Removed {folder}")
        _remove_while_empty(folder.parent)


def _remove_while_empty(folder: Path) -> None:
    """Remove a folder, and its parents below the home folder, as long as nothing is in them."""
    try:
        folder.rmdir()
        while Path.home() in folder.parent.parents:
            folder = folder.parent
            folder.rmdir()
    except OSError:
        return  # something is in it, or it is gone


def forget_keys(data: Path, profiles: Sequence[Path], *, say: Say) -> bool:
    """Take the keys out of the system's key store; False where it did not respond.

    Only a worker's Python can reach it.
    """
    notes = [read_note(installed_folder(profile)) for profile in profiles]
    pythons = [note.python for note in notes if note is not None]
    pythons += [interpreter_of(folder) for folder in sorted(data.glob("env-*"))]
    python = next((each for each in pythons if each.exists()), None)
    if python is None:
        say("The system's key store was not looked into: no installation was there to do it.")
        return True
    forgotten = run_worker(find_source().package.parent, python, "forget-keys")
    if forgotten.returncode == 0:
        say("Removed the keys from the system's key store")
    return forgotten.returncode == 0
