"""The report of ``--doctor`` for the settings dialog: what is wrong with this installation.

Looks only, as the command does; what mends it is in the report.  The texts are the installer's.
"""

from __future__ import annotations

import os
from pathlib import Path

from gimp_bridge import wire
from gimp_bridge.folders import data_folder
from gimp_bridge.installer.doctor import examine
from gimp_bridge.installer.findings import BROKEN, as_text
from gimp_bridge.installer.plugin_folder import setup_command
from gimp_bridge.worker.diagnostics import without_names
from gimp_bridge.worker.link import Link


def doctor(link: Link, frame: wire.Frame) -> None:
    """Serve ``doctor``: examine the GIMP profile the frame names; one frame with the report."""
    findings = examine(data_folder(), [Path(frame.fields["profile"])])
    broken = sum(finding.verdict == BROKEN for finding in findings)
    text = without_names(as_text(findings, _setup_from_home()))
    link.send("doctor", {"text": text, "broken": broken})
    link.send("finished", {"message": None})


def _setup_from_home() -> str:
    """The command of set-up without the user's name, as a shell understands it in quotes."""
    home = "%USERPROFILE%" if os.name == "nt" else "$HOME"
    return setup_command().replace(str(Path.home()), home)
