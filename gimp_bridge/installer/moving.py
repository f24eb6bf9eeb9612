"""What GIMP remembers of our dialogs, taken along into the profile of a newer GIMP.

GIMP 3.2 takes over a 3.0's profile only where it has none of its own yet; to one that it has,
the plug-in comes by ``install.py``, and then what was last chosen in 3.0 comes along too.  Key,
settings, consent and paid tasks need no moving: they are the user's, not one GIMP's.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from gimp_bridge.installer.plugin_folder import NAME
from gimp_bridge.installer.processes import Say
from gimp_bridge.installer.profiles import MINORS

FOLDER = "plug-in-settings"


def remembered(profile: Path) -> list[Path]:
    """GIMP's files with the last values of our procedures in one profile."""
    # GIMP writes GimpProcedureConfigRun-plug-in-object-removal.last, and presets beside it.
    return sorted((profile / FOLDER).glob(f"*-plug-in-{NAME}*"))


def forget(profile: Path) -> bool:
    """Remove the last values, and their folder when nothing else is in it; False: had none."""
    files = remembered(profile)
    for file in files:
        file.unlink()
    if files:
        with contextlib.suppress(OSError):  # another plug-in's are in it
            (profile / FOLDER).rmdir()
    return bool(files)


def take_along(profile: Path, *, say: Say) -> bool:
    """Copy the last values from the next older GIMP's profile unless this one has some.

    Returns whether there were any; what cannot be copied is left behind, for nothing hangs on it.
    """
    if remembered(profile):
        return False
    for older in _older(profile):
        found = remembered(older)
        if found:
            return _copied(found, profile, say=say)
    return False


def _older(profile: Path) -> list[Path]:
    """The profiles of older GIMPs beside this one, newest first."""
    if profile.name not in MINORS:
        return []  # a folder of the user's own choice is no version
    before = MINORS[: MINORS.index(profile.name)]
    return [profile.with_name(minor) for minor in reversed(before)]


def _copied(files: list[Path], profile: Path, *, say: Say) -> bool:
    try:
        (profile / FOLDER).mkdir(exist_ok=True)
        for file in files:
            shutil.copy(file, profile / FOLDER)
    except OSError as error:
        say(f"  What was last chosen in {files[0].parent.parent} could not be copied ({error})")
        return False
    say(f"  Took along what was last chosen in {files[0].parent.parent}")
    return True
