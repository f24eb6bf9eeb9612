"""``--doctor``: checks each link of an installation and says what is wrong and what mends it.

Looks only; ``--repair`` mends.  The links behind the pipe (packages, engine, service, key) are
looked at by the worker's own Python.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gimp_bridge import __version__
from gimp_bridge.errors import InstallError
from gimp_bridge.installer import pluginrc, records
from gimp_bridge.installer.environment import STATEMENT, packages_digest, read_statement
from gimp_bridge.installer.findings import BROKEN, INSTALL, OK, REPAIR, WARNING, Finding
from gimp_bridge.installer.plugin_folder import (
    ENTRY,
    STAGING_PREFIX,
    Noted,
    damaged_files,
    installed_folder,
    read_note,
)
from gimp_bridge.installer.profiles import Gimp
from gimp_bridge.installer.self_test import greet_worker, last_words, run_worker
from gimp_bridge.installer.starter import has_gimp_modules
from gimp_bridge.installer.targets import gimps_here, no_gimp
from gimp_bridge.installer.versions import is_newer

CHECKS_TIMEOUT_S = 180.0


def examine(data: Path, profiles: Sequence[Path] = (), *, online: bool = True) -> list[Finding]:
    """Check ``profiles``, or every GIMP of this user and every profile installed into.

    A Flatpak can only be examined from inside its sandbox, by naming its profile there.
    ``online`` allows the check whether the service can be reached (nothing is sent).
    """
    named = [Gimp("", "", profile, profile.is_dir()) for profile in profiles]
    here = [] if named else gimps_here()
    known = {gimp.profile for gimp in here}
    gimps = named or [gimp for gimp in here if gimp.kind not in ("flatpak", "snap")]
    if not profiles:
        gimps += [
            Gimp("", "", profile, profile.is_dir())
            for profile in records.profiles(data)
            if profile not in known
        ]
    if not gimps and not here:
        return [Finding("gimp", BROKEN, *no_gimp().split("\n", 1))]
    findings: list[Finding] = []
    for gimp in gimps:
        findings += examine_profile(gimp, online=online)
    return findings


def examine_profile(gimp: Gimp, *, online: bool) -> list[Finding]:
    """Check the links of one profile, in the order GIMP and a removal go through them."""
    folder = installed_folder(gimp.profile)
    findings = [_profile(gimp)]
    if findings[0].verdict != OK:
        return findings
    findings += [_files(folder), _entry(folder), _leftovers(gimp.profile)]
    findings += [_registration(gimp.profile), _gi(folder)]
    note = read_note(folder)
    findings.append(_note(folder, note))
    if note is not None:
        findings.append(_environment(note))
        findings.append(_pipe(folder))
        if findings[-1].verdict == OK:
            findings += behind_the_pipe(folder, online=online)
    return [finding for finding in findings if finding.text]


def _profile(gimp: Gimp) -> Finding:
    name = f"GIMP {gimp.version}" if gimp.version else "GIMP"
    if not gimp.profile.is_dir():
        text = f"{name} has no folder {gimp.profile}: it was never started, or the folder is gone."
        return Finding("profile", BROKEN, text, f"Start {name} once, then: {INSTALL}")
    folder = installed_folder(gimp.profile)
    if not folder.is_dir():
        text = f"{name}: Object Removal is not in {folder.parent}"
        return Finding("profile", BROKEN, text, INSTALL)
    return Finding("profile", OK, f"{name}: installed in {folder}")


def _files(folder: Path) -> Finding:
    damaged = damaged_files(folder)
    if damaged is None:
        return Finding("files", BROKEN, f"{folder} does not say which files belong to it.", REPAIR)
    if damaged:
        some = ", ".join(damaged[:3]) + (" ..." if len(damaged) > 3 else "")
        count = "1 file is" if len(damaged) == 1 else f"{len(damaged)} files are"
        return Finding("files", BROKEN, f"{count} missing or changed: {some}", REPAIR)
    return Finding("files", OK, "All files are there and unchanged")


def _entry(folder: Path) -> Finding:
    entry = folder / ENTRY
    if sys.platform == "win32" or not entry.exists() or os.access(entry, os.X_OK):
        return Finding("executable", OK, "GIMP may start the plug-in's file")
    text = f"{entry} is not executable, so GIMP passes over it."
    return Finding("executable", BROKEN, text, f"chmod +x '{entry}'")


def _leftovers(profile: Path) -> Finding:
    left = [path.name for path in profile.glob(f"{STAGING_PREFIX}*")]
    if left:
        text = f"An installation was interrupted and left {', '.join(left)} in {profile}"
        return Finding("leftovers", WARNING, text, REPAIR)
    return Finding("leftovers", OK, "")


def _registration(profile: Path) -> Finding:
    registered = pluginrc.registered(profile)
    if registered is None:
        text = "GIMP has not looked at the plug-in yet"
        return Finding("pluginrc", WARNING, text, "Close GIMP and start it anew.")
    if not registered:
        text = "GIMP asked the plug-in what it can do and got no answer, so it is not in the menu."
        return Finding("pluginrc", BROKEN, text, f"{REPAIR}, then start GIMP anew")
    return Finding("pluginrc", OK, "GIMP has the plug-in in its menu")


def _gi(folder: Path) -> Finding:
    """Whether the Python that GIMP starts the plug-in with has GIMP's own modules."""
    if sys.platform in ("win32", "darwin"):
        return Finding("gi", OK, "")  # it is inside GIMP, with all it needs
    python = entry_python(folder / ENTRY)
    if python is None:
        text = "There is no python3 for GIMP to start the plug-in with."
        return Finding("gi", BROKEN, text, "Install your distribution's python3 and python3-gi.")
    if has_gimp_modules(Path(python)):
        return Finding("gi", OK, f"{python} has what GIMP's plug-ins need")
    text = f"{python}, with which GIMP starts the plug-in, lacks GIMP's modules (gi)."
    return Finding(
        "gi", BROKEN, text, "Install your distribution's python3-gi and gir1.2-gimp-3.0."
    )


def entry_python(entry: Path) -> str | None:
    """The interpreter that the entry file's first line names; None when there is none such."""
    try:
        with entry.open("rb") as file:
            words = file.readline().decode("utf-8", "replace").removeprefix("#!").split()
    except OSError:
        return None
    return shutil.which(words[-1]) if words else None


def _note(folder: Path, note: Noted | None) -> Finding:
    if note is None:
        text = f"{folder} does not say which Python the helper runs on (worker.json)."
        return Finding("worker.json", BROKEN, text, REPAIR)
    if is_newer(__version__, note.version):
        text = f"Version {note.version} is installed; this is {__version__}"
        return Finding("version", WARNING, text, INSTALL)
    return Finding("version", OK, f"Version {note.version}")


def _environment(note: Noted) -> Finding:
    folder = note.python.parent.parent
    if not note.python.exists():
        gone = "is gone" if not note.python.is_symlink() else "leads to a Python that is gone"
        return Finding("environment", BROKEN, f"The helper's Python {note.python} {gone}.", REPAIR)
    statement = read_statement(folder)
    if statement is None:
        text = f"The helper's environment {folder} was not finished ({STATEMENT} is missing)."
        return Finding("environment", BROKEN, text, REPAIR)
    if statement.get("packages") != packages_digest():
        text = "The helper's packages are of another version of Object Removal"
        return Finding("environment", WARNING, text, INSTALL)
    try:
        text = f"The helper's environment, made {_age(folder)}: {folder}"
    except OSError as error:
        text = f"The helper's environment {folder} is damaged ({error})."
        return Finding("environment", BROKEN, text, REPAIR)
    return Finding("environment", OK, text)


def _age(environment: Path) -> str:
    """When an environment was made, in words."""
    # Written once, when it is made; its statement is touched by every installation.
    made_at = (environment / "pyvenv.cfg").stat().st_mtime
    days = max(0, int((time.time() - made_at) / 86400))
    when = time.strftime("%Y-%m-%d", time.localtime(made_at))
    return f"on {when}, {days} day{'s' * (days != 1)} ago" if days else f"on {when}"


def _pipe(folder: Path) -> Finding:
    try:
        greet_worker(folder)
    except InstallError as error:
        return Finding("pipe", BROKEN, str(error), REPAIR)
    return Finding("pipe", OK, "The helper starts and answers")


def behind_the_pipe(folder: Path, *, online: bool) -> list[Finding]:
    """What the worker's own Python says of packages, engine, service and key."""
    try:
        asked = run_worker(
            folder, "check", "--online" if online else "--offline", timeout_s=CHECKS_TIMEOUT_S
        )
        return [Finding(*finding) for finding in json.loads(asked.stdout)]
    except (InstallError, ValueError) as error:
        words = last_words(asked) if isinstance(error, ValueError) else []
        last = words[-1] if words else str(error)
        return [Finding("packages", BROKEN, f"The helper cannot be examined: {last}", REPAIR)]
