"""Taking an installation away: plug-in folders, environments, logs, and with ``--purge`` the rest.

The settings, the key and the journal of paid tasks are the user's: only ``--purge`` takes them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from gimp_bridge.folders import cache_folder, config_folder, log_folder
from gimp_bridge.installer import pluginrc, records
from gimp_bridge.installer.environment import remove_environment
from gimp_bridge.installer.install import clear_staging
from gimp_bridge.installer.locks import only_one
from gimp_bridge.installer.moving import forget
from gimp_bridge.installer.plugin_folder import installed_folder, remove
from gimp_bridge.installer.processes import Say
from gimp_bridge.installer.records import read_note
from gimp_bridge.installer.self_test import run_worker

LOCKS = ("install.lock", "environment.lock")


def uninstall(data: Path, profiles: Sequence[Path], *, purge: bool = False, say: Say) -> bool:
    """Uninstall from ``profiles``; with the last one everything else under ``data`` goes too.

    With ``purge`` also the stored keys, the settings, the journal and the cache.  Returns whether
    the plug-in was in one of the profiles.
    """
    if purge:
        _forget_keys(profiles, say=say)
    with only_one(data / LOCKS[0], waiting_for="installation", say=say):
        found = [profile for profile in profiles if uninstall_from(profile, say=say)]
        for profile in profiles:
            records.drop(data, profile)
        last = not records.profiles(data)
        if last:
            _remove_environments(data, say=say)
            _remove_tree(log_folder(), say=say)
    if last:
        _remove_locks(data)
        if purge:
            for folder in (config_folder(), data, cache_folder()):
                _remove_tree(folder, say=say)
        elif cache_folder().is_dir():
            say(f"Kept what --try and the tests made, in {cache_folder()}; --purge removes it")
    return bool(found)


def uninstall_from(profile: Path, *, say: Say) -> bool:
    """Take every trace of the plug-in out of one profile; False when there was none."""
    place = installed_folder(profile)
    if profile.is_dir():
        clear_staging(profile)
    found = place.is_dir()
    if found:
        remove(place)
        say(f"Removed {place}")
    if pluginrc.forget(profile):
        found = True
    return forget(profile) or found


def _remove_environments(data: Path, *, say: Say) -> None:
    for folder in sorted(data.glob("env-*")):
        remove_environment(folder)
        say(f"Removed {folder}")
    (data / records.LIST).unlink(missing_ok=True)


def _remove_locks(data: Path) -> None:
    for name in LOCKS:
        (data / name).unlink(missing_ok=True)
    _remove_while_empty(data)


def _remove_tree(folder: Path, *, say: Say) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
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


def _forget_keys(profiles: Sequence[Path], *, say: Say) -> None:
    """Take the keys out of the system's key store, which only the worker's Python can reach."""
    for profile in profiles:
        folder = installed_folder(profile)
        note = read_note(folder)
        if note is None or not note.python.exists():
            continue
        forgotten = run_worker(folder, note.python, "forget-keys")
        if forgotten.returncode == 0:
            say("Removed the keys from the system's key store")
        else:
            say("The system's key store did not respond: a key may still be in it.")
        return
    say("The system's key store was not looked into: no installation was there to do it.")
