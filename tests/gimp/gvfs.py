"""GIO's way to files over HTTP, which the private Debians lack: unpacked aside, not installed.

With it *File ▸ Open Location…* works as on a desktop.  6 MB from the Debian's own archive.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.private_debian.build import CERTIFICATES_INSIDE, HOST_CERTIFICATES
from tools.private_debian.root import DebianRoot

INSIDE = "/mnt/gvfs"
PACKAGES = (
    *("gvfs", "gvfs-daemons", "gvfs-libs", "gvfs-backends"),
    *("libsoup-3.0-0", "libgcr-4-4", "libgck-2-2", "libsecret-1-0"),
)
FETCH = f"""
set -e
mkdir /tmp/packages && cd /tmp/packages
apt-get -qq -o Dir::Cache=/tmp -o Debug::NoLocking=1 download {" ".join(PACKAGES)}
for package in *.deb; do dpkg-deb -x $package {INSIDE}; done
"""


def unpack_gvfs(root: DebianRoot, folder: Path) -> dict[str, str]:
    """Unpack it into ``folder``, to be bound at INSIDE; returns the variables that GIMP needs.

    Raises OSError when the packages cannot be had.
    """
    certificates = {HOST_CERTIFICATES: CERTIFICATES_INSIDE} if HOST_CERTIFICATES.exists() else {}
    command = root.command(
        ["/bin/sh", "-c", FETCH], binds={folder: INSIDE}, read_only_binds=certificates
    )
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"gvfs cannot be had: {done.stderr.strip()[-300:]}")
    services = folder / "own" / "dbus-1" / "services"
    services.mkdir(parents=True)
    (services / "daemon.service").write_text(
        f"[D-BUS Service]\nName=org.gtk.vfs.Daemon\nExec={INSIDE}/usr/libexec/gvfsd\n"
    )
    (folder / "own" / "http.mount").write_text(
        f"[Mount]\nType=http\nExec={INSIDE}/usr/libexec/gvfsd-http\nAutoMount=true\n"
    )
    (libraries,) = (folder / "usr" / "lib").glob("*-linux-gnu")
    path = f"{INSIDE}/usr/lib/{libraries.name}"
    return {
        "GIO_EXTRA_MODULES": f"{path}/gio/modules",
        "LD_LIBRARY_PATH": f"{path}:{path}/gvfs",
        "XDG_DATA_DIRS": f"{INSIDE}/own:/usr/local/share:/usr/share",
        "GVFS_MOUNTABLE_DIR": f"{INSIDE}/own",
    }
