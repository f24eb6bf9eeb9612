"""Fonts for Japanese and Chinese, which the private roots lack: from the machine's own apt."""

from __future__ import annotations

import tempfile
from pathlib import Path

from gimp_bridge.installer.processes import run

PACKAGES = ("fonts-vlgothic", "fonts-wqy-microhei")


def unpack_fonts(home: Path) -> None:
    """Put the fonts where programs of the user with this home find them; raises InstallError."""
    fonts = home / ".local/share/fonts"
    fonts.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        # As root apt would rather download as the user _apt, who may not write there.
        download = ["apt-get", "-o", "APT::Sandbox::User=root", "download", *PACKAGES]
        run(download, doing="download fonts", cwd=Path(folder))
        for package in Path(folder).glob("*.deb"):
            run(["dpkg", "-x", package, folder], doing="unpack fonts")
        for font in Path(folder).rglob("*.tt[fc]"):
            font.rename(fonts / font.name)
