"""``--repair``: takes away what is broken, so that the installation that follows makes it anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gimp_bridge.installer.doctor import examine
from gimp_bridge.installer.environment import forget_environment
from gimp_bridge.installer.findings import BROKEN
from gimp_bridge.installer.processes import Say

IN_THE_ENVIRONMENT = {"environment", "pipe", "packages", "engine"}


def repair(data: Path, profiles: Sequence[Path], *, say: Say) -> None:
    """Let the environments under ``data`` be made anew if anything in them is broken.

    The plug-in's files, its registration and its permissions are put right by installing.
    """
    broken = [
        finding for finding in examine(data, profiles, online=False) if finding.verdict == BROKEN
    ]
    for finding in broken:
        say(f"To mend: {finding.text.splitlines()[0]}")
    if IN_THE_ENVIRONMENT.intersection(finding.link for finding in broken):
        for folder in sorted(data.glob("env-*")):
            forget_environment(folder)
