"""With which Python GIMP on Linux will start the plug-in, and a better one where that cannot work.

The plug-in's first line asks for whatever ``python3`` is first on PATH.  Where that is a pyenv's,
conda's or another Python without GIMP's modules, the distribution's own is named instead.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from gimp_bridge.installer.interpreters import python_environment
from gimp_bridge.installer.processes import NO_WINDOW

DISTRIBUTION = Path("/usr/bin/python3")
HAS_GIMP = "import gi; gi.require_version('Gimp', '3.0')"


def has_gimp_modules(python: Path) -> bool:
    """Whether this Python can run a GIMP plug-in."""
    try:
        asked = subprocess.run(
            [str(python), "-c", HAS_GIMP],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=python_environment(),
            check=False,
            creationflags=NO_WINDOW,
        )
    except OSError:
        return False
    return asked.returncode == 0


def better_starter() -> Path | None:
    """The Python to name in the plug-in's first line; None to leave the choice to PATH."""
    if sys.platform in ("win32", "darwin") or not DISTRIBUTION.exists():
        return None
    first = shutil.which("python3")
    if first is not None and (Path(first) == DISTRIBUTION or has_gimp_modules(Path(first))):
        return None
    return DISTRIBUTION if has_gimp_modules(DISTRIBUTION) else None
