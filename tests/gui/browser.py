"""A browser for a person's home folder: it only notes what it was asked to open."""

from __future__ import annotations

from pathlib import Path

from tests.gimp.session import HOME

OPENED = "opened-by-browser"
SCRIPT = f"""#!/bin/sh
echo "$@" >> {HOME}/{OPENED}
"""
DESKTOP_FILE = f"""[Desktop Entry]
Type=Application
Name=Browser
Exec={HOME}/browser %u
MimeType=text/html;x-scheme-handler/https;
"""
DEFAULTS = """[Default Applications]
text/html=browser.desktop
x-scheme-handler/file=browser.desktop
x-scheme-handler/https=browser.desktop
"""


def install_browser(home: Path) -> None:
    """Make it what this home's programs open pages with."""
    (home / "browser").write_text(SCRIPT)
    (home / "browser").chmod(0o755)
    applications = home / ".local/share/applications"
    applications.mkdir(parents=True, exist_ok=True)
    (applications / "browser.desktop").write_text(DESKTOP_FILE)
    (home / ".config").mkdir(exist_ok=True)
    (home / ".config/mimeapps.list").write_text(DEFAULTS)


def opened(home: Path) -> list[str]:
    """The addresses it was asked for, in order; forgotten once told."""
    noted = home / OPENED
    if not noted.exists():
        return []
    lines = noted.read_text().split()
    noted.unlink()
    return lines
