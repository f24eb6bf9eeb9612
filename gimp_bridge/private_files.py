"""Files that only their owner can read, written at once or not at all, and surely on the disk."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write_private(path: Path, data: bytes, *, at_once: bool = True) -> None:
    """Replace ``path`` by ``data`` with mode 0600; when this returns it survives a power cut.

    Unless ``at_once``, a power cut may bring back what was there before; never half of it.
    """
    make_private_folder(path.parent)
    # mkstemp makes the file 0600 from the start: there is no moment when others could read it.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        _fill(handle, data)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    if at_once:
        sync_folder(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Make a file that is not there yet, mode 0600; `sync_folder` makes it survive a power cut."""
    _fill(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), data)


def _fill(handle: int, data: bytes) -> None:
    """Write ``data`` to a file just opened, bring it to the disk and close it."""
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def make_private_folder(path: Path) -> None:
    """Make the folder and its parents with mode 0700; those that exist stay as they are."""
    try:
        path.mkdir(mode=0o700)
    except FileNotFoundError:
        make_private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError:  # it exists, or what is above it may not be written to
        if not path.is_dir():
            raise


def sync_folder(path: Path) -> None:
    """Bring the folder's list of names to the disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
