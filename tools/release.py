"""The plug-in's folder as a zip, for those who copy it into GIMP's folder by hand.

The same files give the same bytes.  What the zip lacks, the helper's environment, is made by
``in_place`` once the folder lies where it is to stay.
"""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

from gimp_bridge.errors import InstallError
from gimp_bridge.installer.plugin_folder import NAME, WORKER_FILE, contents, find_source, mode

UNIX = 3
"""The system named in a zip's entries whose permissions are to be kept (APPNOTE 4.4.2)."""
DATE = (2026, 1, 1, 0, 0, 0)


def write_archive(path: Path) -> int:
    """Write the plug-in's files to the zip ``path``; returns how many.  Raises InstallError."""
    files = [file for file in contents(find_source(), {}) if file[0] != WORKER_FILE]
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files:
                archive.writestr(_entry(name), content, compresslevel=9)
    except OSError as error:
        raise InstallError(f"{path} cannot be written ({error}).") from error
    return len(files)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{NAME}/{name}", DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = UNIX
    entry.external_attr = (stat.S_IFREG | mode(name)) << 16
    return entry
