"""Taking every trace of an installation away: plug-in folders, environments, logs, leftovers.

The key and the journal of paid tasks are the user's; they stay unless asked for.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from gimp_bridge.installer import records
from gimp_bridge.installer.environment import remove_environment
from gimp_bridge.installer.install import uninstall_from
from gimp_bridge.installer.locks import only_one
from gimp_bridge.installer.processes import Say

LOCKS = ("install.lock", "environment.lock")


def uninstall(data: Path, profiles: Sequence[Path], *, say: Say) -> None:
    """Uninstall from ``profiles``; with the last one, the environments under ``data`` go too."""
    if not data.is_dir() and not any(profile.is_dir() for profile in profiles):
        say("Nothing was installed.")
        return
    with only_one(data / LOCKS[0], waiting_for="installation", say=say):
        found = [profile for profile in profiles if uninstall_from(profile, say=say)]
        for profile in profiles:
            records.drop(data, profile)
        last = not records.profiles(data)
        if last:
            _remove_environments(data, say=say)
    if last:
        _remove_empty(data)
    if not found:
        say("The plug-in was in none of the GIMP profiles.")


def _remove_environments(data: Path, *, say: Say) -> None:
    for folder in sorted(data.glob("env-*")):
        remove_environment(folder)
        say(f"Removed {folder}")
    (data / records.NAME).unlink(missing_ok=True)


def _remove_empty(data: Path) -> None:
    for name in LOCKS:
        (data / name).unlink(missing_ok=True)
    if data.is_dir() and not any(data.iterdir()):
        shutil.rmtree(data)
