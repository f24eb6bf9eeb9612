"""Completing a plug-in folder that was copied into GIMP's folder by hand.

Makes the helper's environment and notes its interpreter in ``worker.json``; the plug-in's files
are left as they are.  Run from the folder itself: by the plug-in, which offers it, or by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from gimp_bridge.errors import InstallError
from gimp_bridge.installer import records
from gimp_bridge.installer.environment import ensure_environment
from gimp_bridge.installer.install import Installed
from gimp_bridge.installer.locks import only_one
from gimp_bridge.installer.plugin_folder import (
    WORKER_FILE,
    find_source,
    installed_folder,
    note_for,
    read_note,
)
from gimp_bridge.installer.processes import Say
from gimp_bridge.installer.self_test import greet_worker, warm_up


def complete(*, python: Path | None, data: Path, wheels: Path | None, say: Say) -> Installed:
    """Complete the plug-in folder that this code lies in; raises InstallError.

    ``python``, ``data`` and ``wheels`` are as for ``install_into``.
    """
    source = find_source()
    folder = source.plugin
    if source.package.parent != folder:
        raise InstallError(f"{source.package} is not in GIMP's plug-ins folder: install instead.")
    with only_one(data / "install.lock", waiting_for="installation", say=say):
        before = read_note(folder)
        interpreter = ensure_environment(data, python=python, wheels=wheels, say=say)
        _note_tested(folder, note_for(folder, interpreter))
        say("  The helper answers")
        profile = folder.parent.parent
        # In a folder of plug-ins of the user's own there is no profile around it.
        if installed_folder(profile) == folder:
            records.add(data, profile)
        warm_up(folder, say=say)
    return Installed(folder, before.version if before else None)


def _note_tested(folder: Path, note: Mapping[str, str]) -> None:
    """Write ``worker.json``, and take it back unless the worker it names answers."""
    path = folder / WORKER_FILE
    before = path.read_bytes() if path.exists() else None
    try:
        _write(path, (json.dumps(note, indent=1) + "\n").encode())
    except OSError as error:
        raise InstallError(f"{folder} cannot be written to ({error}).") from error
    try:
        greet_worker(folder)
    except InstallError:
        if before is None:
            path.unlink()
        else:
            _write(path, before)
        raise


def _write(path: Path, content: bytes) -> None:
    written = path.with_name(f"{path.name}.new")
    written.write_bytes(content)
    written.replace(path)
