"""``--repair``: takes away what is broken, so that the installation that follows makes it anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gimp_bridge.installer.doctor import examine
from gimp_bridge.installer.environment import forget_environment, works
from gimp_bridge.installer.findings import BROKEN
from gimp_bridge.installer.processes import Say

BEHIND_THE_FILES = {"pipe", "packages", "engine"}
"""Links that break with the environment, but also with the plug-in's files."""


def repair(data: Path, profiles: Sequence[Path], *, say: Say) -> None:
    """Let the environments under ``data`` be made anew if what is broken is in them.

    The plug-in's files, its registration and its permissions are put right by installing.
    """
    findings = examine(data, profiles, online=False)
    broken = {finding.link: finding for finding in findings if finding.verdict == BROKEN}
    for finding in broken.values():
        say(f"To mend: {finding.text.splitlines()[0]}")
    if "environment" in broken or (BEHIND_THE_FILES.intersection(broken) and "files" not in broken):
        for folder in sorted(data.glob("env-*")):
            if not works(folder):
                forget_environment(folder)
