"""``--doctor``: checks each link of an installation, and says what is wrong and what repairs it.

An installation makes again what is broken, so nothing is repaired here.  The links behind the pipe
(packages, engine, service, key) are looked at by the worker's own Python.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gimp_bridge import __version__
from gimp_bridge.errors import InstallError
from gimp_bridge.installer import pluginrc, records
from gimp_bridge.installer.environment import packages_digest
from gimp_bridge.installer.plugin_folder import (
    ENTRY,
    STAGING_PREFIX,
    damaged_files,
    entry_python,
    has_gimp_modules,
    installed_folder,
)
from gimp_bridge.installer.profiles import Gimp, gimps_here, named
from gimp_bridge.installer.records import Noted, is_newer, read_note, version_in
from gimp_bridge.installer.self_test import greet_worker, last_words, run_worker
from gimp_bridge.installer.targets import no_gimp
from gimp_bridge.packages import STATEMENT, read_statement

CHECKS_TIMEOUT_S = 180.0
OK, WARNING, BROKEN = "ok", "warning", "broken"
MARKS = {OK: "ok    ", WARNING: "note  ", BROKEN: "BROKEN"}

INSTALL = "python3 install.py"
REPAIR = f"{INSTALL} --repair"


class Finding(NamedTuple):
    """One link: which, how it is, what was seen, and what repairs it."""

    link: str
    """A stable name, such as ``files`` or ``key``."""
    verdict: str
    text: str
    cure: str | None = None


def examine(data: Path, profiles: Sequence[Path] = (), *, online: bool = True) -> list[Finding]:
    """Check ``profiles``, or every GIMP of this user and every profile installed into.

    A Flatpak can only be examined from inside its sandbox, by naming its profile there.
    ``online`` allows the check whether the service can be reached (nothing is sent).
    """
    here = [] if profiles else gimps_here()
    gimps = [gimp for gimp in here if gimp.kind not in ("flatpak", "snap")]
    known = {gimp.profile for gimp in here}
    more = profiles or [profile for profile in records.profiles(data) if profile not in known]
    gimps += [named(profile) for profile in more]
    if not gimps and not here:
        return [Finding("gimp", BROKEN, *no_gimp().split("\n", 1))]
    return [finding for gimp in gimps for finding in examine_profile(gimp, online=online)]


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
        findings += [_environment(note), _pipe(folder, note)]
        if findings[-1].verdict == OK:
            findings += behind_the_pipe(folder, note, online=online)
    return [finding for finding in findings if finding.text]


def _ok(link: str, text: str = "") -> Finding:
    return Finding(link, OK, text)


def _broken(link: str, text: str, cure: str = REPAIR) -> Finding:
    return Finding(link, BROKEN, text, cure)


def _profile(gimp: Gimp) -> Finding:
    name = f"GIMP {gimp.version}" if gimp.version else "GIMP"
    folder = installed_folder(gimp.profile)
    if not gimp.started:
        text = f"{name} has no folder {gimp.profile}: it was never started, or the folder is gone."
        return _broken("profile", text, f"Start {name} once, then: {INSTALL}")
    if not folder.is_dir():
        return _broken("profile", f"{name}: Object Removal is not in {folder.parent}", INSTALL)
    return _ok("profile", f"{name}: installed in {folder}")


def _files(folder: Path) -> Finding:
    damaged = damaged_files(folder)
    if damaged is None:
        return _broken("files", f"{folder} does not say which files belong to it.")
    if damaged:
        some = ", ".join(damaged[:3]) + (" ..." if len(damaged) > 3 else "")
        count = "1 file is" if len(damaged) == 1 else f"{len(damaged)} files are"
        return _broken("files", f"{count} missing or changed: {some}")
    return _ok("files", "All files are there and unchanged")


def _entry(folder: Path) -> Finding:
    entry = folder / ENTRY
    if sys.platform == "win32" or not entry.exists() or os.access(entry, os.X_OK):
        return _ok("executable", "GIMP may start the plug-in's file")
    text = f"{entry} is not executable, so GIMP passes over it."
    return _broken("executable", text, f"chmod +x '{entry}'")


def _leftovers(profile: Path) -> Finding:
    left = [path.name for path in profile.glob(f"{STAGING_PREFIX}*")]
    if not left:
        return _ok("leftovers")
    text = f"An installation was interrupted and left {', '.join(left)} in {profile}"
    return Finding("leftovers", WARNING, text, REPAIR)


def _registration(profile: Path) -> Finding:
    registered = pluginrc.registered(profile)
    if registered is None:
        text = "GIMP has not looked at the plug-in yet"
        return Finding("pluginrc", WARNING, text, "Restart GIMP.")
    if not registered:
        text = "GIMP asked the plug-in what it can do and got no answer, so it is not in the menu."
        return _broken("pluginrc", text, f"{REPAIR}, then restart GIMP")
    return _ok("pluginrc", "GIMP has the plug-in in its menu")


def _gi(folder: Path) -> Finding:
    """Whether the Python that GIMP starts the plug-in with has GIMP's own modules."""
    if sys.platform in ("win32", "darwin"):
        return _ok("gi")  # it is inside GIMP, with all it needs
    python = entry_python(folder / ENTRY)
    if python is None:
        text = "There is no python3 for GIMP to start the plug-in with."
        return _broken("gi", text, "Install your distribution's python3 and python3-gi.")
    if has_gimp_modules(python):
        return _ok("gi", f"{python} has what GIMP's plug-ins need")
    text = f"{python}, with which GIMP starts the plug-in, lacks GIMP's modules (gi)."
    return _broken("gi", text, "Install your distribution's python3-gi and gir1.2-gimp-3.0.")


def _note(folder: Path, note: Noted | None) -> Finding:
    if note is None and version_in(folder) is not None:
        text = f"In {folder} the helper is set up for another GIMP only, in or outside a Flatpak"
        return Finding("worker.json", WARNING, text, INSTALL)
    if note is None:
        text = f"{folder} does not say which Python the helper runs on (worker.json)."
        return _broken("worker.json", text)
    if is_newer(__version__, note.version):
        text = f"Version {note.version} is installed; this is {__version__}"
        return Finding("version", WARNING, text, INSTALL)
    return _ok("version", f"Version {note.version}")


def _environment(note: Noted) -> Finding:
    folder = note.python.parent.parent
    if not note.python.exists():
        gone = "is gone" if not note.python.is_symlink() else "leads to a Python that is gone"
        return _broken("environment", f"The helper's Python {note.python} {gone}.")
    statement = read_statement(folder)
    if statement is None:
        text = f"The helper's environment {folder} was not finished ({STATEMENT} is missing)."
        return _broken("environment", text)
    if statement.get("packages") != packages_digest():
        text = "The helper's packages are of another version of Object Removal"
        return Finding("environment", WARNING, text, INSTALL)
    try:
        return _ok("environment", f"The helper's environment, made {_age(folder)}: {folder}")
    except OSError as error:
        return _broken("environment", f"The helper's environment {folder} is damaged ({error}).")


def _age(environment: Path) -> str:
    """When an environment was made, in words."""
    # Written once, when it is made; its statement is touched by every installation.
    made_at = (environment / "pyvenv.cfg").stat().st_mtime
    days = max(0, int((time.time() - made_at) / 86400))
    when = time.strftime("%Y-%m-%d", time.localtime(made_at))
    return f"on {when}, {days} day{'s' * (days != 1)} ago" if days else f"on {when}"


def _pipe(folder: Path, note: Noted) -> Finding:
    try:
        greet_worker(folder, note.python)
    except InstallError as error:
        return _broken("pipe", str(error))
    return _ok("pipe", "The helper starts and answers")


def behind_the_pipe(folder: Path, note: Noted, *, online: bool) -> list[Finding]:
    """What the worker's own Python says of packages, engine, service and key."""
    try:
        words = ("check", "--online" if online else "--offline")
        asked = run_worker(folder, note.python, *words, timeout_s=CHECKS_TIMEOUT_S)
        return [Finding(*finding) for finding in json.loads(asked.stdout)]
    except (InstallError, ValueError) as error:
        told = last_words(asked) if isinstance(error, ValueError) else []
        return [_broken("packages", f"The helper cannot be examined: {[str(error), *told][-1]}")]


def as_text(findings: Sequence[Finding], setup: str = INSTALL) -> str:
    """The report for people; ``setup`` is the command by which they have ``install.py``."""
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.verdict]} {finding.text}")
        if finding.cure is not None and finding.verdict != OK:
            lines.append(f"       -> {finding.cure.replace(INSTALL, setup)}")
    broken = sum(finding.verdict == BROKEN for finding in findings)
    lines += ["", f"{broken} thing{'s' * (broken != 1)} to repair." if broken else "All is well."]
    return "\n".join(lines)
