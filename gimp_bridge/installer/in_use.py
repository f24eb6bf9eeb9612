"""Moving and deleting what may be in use: on Windows, what a running program has open stays.

A virus scanner's or an indexer's moment is waited for; then the person is asked to close GIMP.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gimp_bridge.errors import InstallError

WAITS_S = (0.1, 0.3, 0.6, 1.0)
T = TypeVar("T")


def patiently(step: Callable[[], T]) -> T:
    """Take a ``step``, on Windows again where a file is in use; raises OSError or InstallError."""
    for wait_s in WAITS_S if sys.platform == "win32" else ():
        try:
            return step()
        except PermissionError:
            time.sleep(wait_s)
    try:
        return step()
    except PermissionError as error:
        if sys.platform != "win32":
            raise
        text = f"{error.filename} is in use. Please close GIMP, and then try again."
        raise InstallError(text) from error


def move_aside(folder: Path, aside: Path) -> None:
    """Take a folder out of the way in one step, which fails where anything in it is in use."""
    patiently(lambda: folder.rename(aside))
