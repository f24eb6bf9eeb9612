"""What to tell those who help: versions, paths, the last problems, and the report of ``--doctor``.

No key and no names: the user's own name and home folder are replaced, so that the texts can be
posted in public.  Looks only; what mends an installation is in the installer's report.
"""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from gimp_bridge import __version__, wire
from gimp_bridge.folders import data_folder, journal_folder, settings_file
from gimp_bridge.installer.doctor import BROKEN, as_text, examine
from gimp_bridge.installer.plugin_folder import setup_command
from gimp_bridge.settings import Settings
from gimp_bridge.worker.logs import log_file
from gimp_bridge.worker.pipe import Pipe

PACKAGES = ("requests", "urllib3", "numpy", "Pillow", "numba", "keyring")
LAST_LINES = 15
SHOWN_SETTINGS = ("region", "per_second", "connect_s", "answer_s", "task_s", "download_s", "grain")


def diagnostics(pipe: Pipe, _frame: wire.Frame) -> None:
    """Serve ``diagnostics``: one frame with the text, then ``finished``."""
    pipe.send("diagnostics", {"text": without_names("\n".join(collect()))})
    pipe.finish()


def doctor(pipe: Pipe, frame: wire.Frame) -> None:
    """Serve ``doctor``: examine the GIMP profile the frame names; one frame with the report."""
    findings = examine(data_folder(), [Path(frame.fields["profile"])])
    broken = sum(finding.verdict == BROKEN for finding in findings)
    text = without_names(as_text(findings, _setup_from_home()))
    pipe.send("doctor", {"text": text, "broken": broken})
    pipe.finish()


def collect() -> Iterable[str]:
    """The lines, with names still in them."""
    settings = Settings.load()
    yield f"Object Removal {__version__}, protocol {wire.PROTOCOL}"
    yield f"Python {platform.python_version()} ({sys.executable})"
    yield f"System {platform.platform()}"
    yield "Packages " + ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    yield f"Settings {settings_file()}"
    values = settings.values()
    yield "  " + ", ".join(f"{name} {values[name]}" for name in SHOWN_SETTINGS)
    # A proxy's address may hold a password.
    yield f"  proxy {settings.proxy if settings.proxy in ('system', 'none') else 'by hand'}"
    yield from (f"  {problem}" for problem in settings.problems)
    yield f"Journal {journal_folder()}"
    yield f"Log {log_file()}"
    yield from (f"  {line}" for line in _last_problems(log_file()))


def without_names(text: str) -> str:
    """The text with the home folder as ``~`` and the user's name as ``USER``."""
    text = text.replace(str(Path.home()), "~")
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return text  # a system on which the user has no name
    return re.sub(rf"\b{re.escape(name)}\b", "USER", text)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "is missing"


def _last_problems(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ["there is none yet"]
    told = [line for line in lines if " WARNING " in line or " ERROR " in line or "Error" in line]
    return told[-LAST_LINES:] or ["no problems"]


def _setup_from_home() -> str:
    """The command of set-up without the user's name, as a shell understands it in quotes."""
    home = "%USERPROFILE%" if os.name == "nt" else "$HOME"
    return setup_command().replace(str(Path.home()), home)
