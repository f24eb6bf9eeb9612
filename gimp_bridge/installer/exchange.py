"""Putting a new folder in an old one's place so that at every moment one of the two is there."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

RENAME_EXCHANGE = 2  # linux/fs.h
RENAME_SWAP = 2  # sys/stdio.h of macOS
AT_FDCWD = -100


def put_in_place(new: Path, place: Path) -> None:
    """Move the folder ``new`` to ``place``; what was there ends where ``new`` was.

    One step of the file system on Linux and macOS.  Elsewhere (Windows, some network shares) two
    renames: if the second fails, the first is taken back.  Both must be on one file system.
    """
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        new.rename(place)
    elif not _exchange(new, place):
        _exchange_by_renames(new, place)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system cannot."""
    first, second = os.fsencode(one), os.fsencode(other)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            result = library.renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE)
        elif sys.platform == "darwin":
            result = library.renamex_np(first, second, RENAME_SWAP)
        else:
            return False
    except (OSError, AttributeError, TypeError):
        return False  # an old system library without the call
    return bool(result == 0)


def _exchange_by_renames(new: Path, place: Path) -> None:
    aside = new.with_name(f"{new.name}-replaced")
    place.rename(aside)
    try:
        new.rename(place)
    except OSError:
        aside.rename(place)
        raise
    aside.rename(new)
