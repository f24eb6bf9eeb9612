"""``install.py --try`` in a checkout on a Debian without a GIMP 3: in a private Debian's.

The plug-in is installed into it exactly as for a user.
"""

from __future__ import annotations

from pathlib import Path

from gimp_bridge.errors import InstallError
from gimp_bridge.folders import cache_folder
from gimp_bridge.installer.plugin_folder import find_source
from gimp_bridge.installer.processes import Say
from gimp_bridge.installer.try_run import SCRIPT, Box, Start, gimp_command, job
from tools.private_debian.install import data_binds, install_in_root
from tools.private_debian.root import SUITES, DebianRoot, ensure_root

INSIDE_OUT = "/mnt/out"
INSIDE_HOME = "/home/person"


def prepare(photo: Path | None, box: Box | None, out: Path, *, say: Say) -> Start:
    """Make or find a private Debian, install into its GIMP, and say how to start it.

    Raises InstallError that says why there can be none.
    """
    root = _a_root(say)
    say(f"Using GIMP {root.gimp_version} of the private Debian in {root.folder}")
    home = cache_folder() / "try" / root.suite
    home.mkdir(parents=True, exist_ok=True)
    profile = f"{INSIDE_HOME}/.config/GIMP/{root.gimp_version}"
    install_in_root(root, profile, binds={home: INSIDE_HOME}, say=say)
    say(f"Starting GIMP {root.gimp_version}; for the first time it takes about 15 s")
    inside = f"/mnt/photo/{photo.name}" if photo else None
    command = root.command(
        gimp_command(root.gimp_console, f"/mnt/demonstration/{SCRIPT}"),
        binds={home: INSIDE_HOME, out: INSIDE_OUT, **data_binds(root)},
        read_only_binds={
            find_source().plugin.parent / "demonstration": "/mnt/demonstration",
            **({photo: inside} if photo and inside else {}),
        },
        env={"HOME": INSIDE_HOME, **job(inside, box, INSIDE_OUT)},
    )
    return Start(command, None)


def _a_root(say: Say) -> DebianRoot:
    reasons = []
    for suite in SUITES:
        try:
            return ensure_root(suite, say=say)
        except InstallError as error:
            reasons.append(str(error))
    raise InstallError("\n".join(dict.fromkeys(reasons)))
