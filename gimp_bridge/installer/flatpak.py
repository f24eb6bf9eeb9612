"""Installing for the Flatpak of GIMP: by its own Python, inside its sandbox.

The sandbox sees the user's folders but not the machine's programs, so the helper needs an
environment made in there; it lies in the Flatpak's own data folder, visible at the same path on
both sides.  Everything else is what ``install.py`` does anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gimp_bridge.errors import InstallError
from gimp_bridge.folders import APP_NAME
from gimp_bridge.installer.install import Installed
from gimp_bridge.installer.interpreters import python_environment
from gimp_bridge.installer.plugin_folder import find_source, installed_folder
from gimp_bridge.installer.processes import Say, failure, need, started
from gimp_bridge.installer.records import version_in

APP = "org.gimp.GIMP"


def flatpak_data(home: Path | None = None) -> Path:
    """Where the environments for the sandbox are kept."""
    return (home or Path.home()) / ".var" / "app" / APP / "data" / APP_NAME


def run_inside(options: Sequence[str], *, doing: str, say: Say) -> int:
    """Run ``install.py`` with ``options`` inside the sandbox; returns its exit code.

    Its output is said line by line.  Raises InstallError when there is no flatpak.
    """
    source = find_source()
    flatpak = need("flatpak", because="the Flatpak of GIMP is started through it")
    # /tmp and folders of other users are not seen in there unless asked for.
    visible = {source.package.parent, source.plugin}
    argv: list[str | Path] = [
        *(flatpak, "run", "--command=python3"),
        *(f"--filesystem={folder}:ro" for folder in sorted(visible)),
        APP,
        source.package / "installer" / "__main__.py",
        "--inner",
        *options,
    ]
    with started(argv, doing=doing, env=python_environment()) as process:
        for line in process.stdout or ():
            say(f"  {line.rstrip()}")
    return process.returncode


def install_inside(profile: Path, *, options: Sequence[str], say: Say) -> Installed:
    """Install into ``profile`` for the Flatpak of GIMP; raises InstallError."""
    say(f"Installing for the Flatpak of GIMP, inside its sandbox: {profile}")
    before = version_in(installed_folder(profile))
    where = ["--profile", str(profile), "--data", str(flatpak_data())]
    doing = "install for the Flatpak of GIMP"
    code = run_inside([*where, *options], doing=doing, say=say)
    if code != 0:
        raise InstallError(failure(["install.py"], code, [], doing=doing))
    return Installed(installed_folder(profile), before)
