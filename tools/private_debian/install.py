"""Installing into the GIMP of a private Debian the way a user does: ``install.py`` run inside it.

The environment of the worker is made by the Python in there and kept beside the root, so that a
second run finds it; programs inside see it at ``DATA_INSIDE``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gimp_bridge.errors import InstallError
from gimp_bridge.folders import cache_folder
from gimp_bridge.installer.plugin_folder import find_source
from gimp_bridge.installer.processes import Say, started
from gimp_bridge.installer.processes import failure as describe_failure
from tools.private_debian.package_access import package_access
from tools.private_debian.root import DebianRoot

DATA_INSIDE = "/opt/object-removal"
SOURCE_INSIDE = "/mnt/object-removal"


def data_binds(root: DebianRoot) -> dict[Path, str]:
    """What to bind so that programs in ``root`` find the worker's environment."""
    data = cache_folder() / "data" / root.suite
    data.mkdir(parents=True, exist_ok=True)
    return {data: DATA_INSIDE}


def install_in_root(
    root: DebianRoot,
    profile: str,
    *,
    binds: Mapping[Path, str],
    options: Sequence[str] = (),
    say: Say,
) -> None:
    """Run what ``install.py`` runs inside ``root``, from the files beside this code.

    ``profile`` is the GIMP profile's path inside, made visible by ``binds``.
    Its progress is said line by line.
    Raises InstallError.
    """
    source = find_source()
    access = package_access()
    package = f"{SOURCE_INSIDE}/{source.package.name}"
    argv = ["python3", "-B", f"{package}/installer/__main__.py", "--inner", "--profile", profile]
    command = root.command(
        [*argv, "--data", DATA_INSIDE, *options],
        binds={**data_binds(root), **binds},
        read_only_binds={
            source.package: package,
            source.plugin: f"{SOURCE_INSIDE}/plugin/{source.plugin.name}",
            **access.read_only_binds,
        },
        env={**access.env, "PYTHONUNBUFFERED": "1"},
    )
    doing = f"install into the GIMP of the private Debian ({root.suite})"
    printed = []
    with started(command, doing=doing) as process:
        for line in process.stdout or ():
            printed.append(line)
            say(f"  {line.rstrip()}")
    if process.returncode != 0:
        raise InstallError(
            describe_failure(["install.py"], process.returncode, printed, doing=doing)
        )
