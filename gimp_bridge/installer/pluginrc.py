"""GIMP's cache of plug-in registrations, from which our entry is taken so that GIMP asks again.

GIMP keeps what a plug-in registered until its file's time changes.  A plug-in that once failed to
register (no gi, half-copied) would stay out of the menu; without an entry it is asked anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from gimp_bridge.installer.plugin_folder import ENTRY, NAME

ENTRY_START = re.compile(r'\(plug-in-def\s+"((?:[^"\\]|\\.)*)"')
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()]', re.DOTALL)


def forget(profile: Path) -> bool:
    """Take our entry out of the profile's pluginrc; True when there was one."""
    path = profile / "pluginrc"
    try:
        # Icons stand in it as raw bytes: not text in any encoding, but all of it comes back.
        before = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    after = without_entry(before)
    if after == before:
        return False
    if after is None:
        path.unlink()  # not as GIMP writes it: GIMP makes a new one at its next start
    else:
        written = path.with_name(f"pluginrc.{NAME}")
        written.write_text(after, encoding="utf-8", errors="surrogateescape")
        written.replace(path)
    return True


def without_entry(text: str) -> str | None:
    """``text`` without the ``(plug-in-def ".../object-removal.py" ...)``; None if it never ends."""
    for found in ENTRY_START.finditer(text):
        if re.split(r"[/\\]+", found.group(1))[-2:] == [NAME, ENTRY]:
            end = _end_of_list(text, found.start())
            if end is None:
                return None
            return text[: found.start()] + text[end:].lstrip("\n")
    return text


def _end_of_list(text: str, start: int) -> int | None:
    depth = 0
    for token in TOKEN.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if depth == 0:
            return token.end()
    return None
