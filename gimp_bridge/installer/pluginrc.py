"""GIMP's cache of plug-in registrations, from which our entry is taken so that GIMP asks again.

GIMP keeps what a plug-in registered until its file's time changes.  A plug-in that once failed to
register (no gi, half-copied) would stay out of the menu; without an entry it is asked again.
"""

from __future__ import annotations

import re
from pathlib import Path

from gimp_bridge.installer.plugin_folder import ENTRY, NAME
from gimp_bridge.installer.records import replace_file

ENTRY_START = re.compile(r'\(plug-in-def\s+"((?:[^"\\]|\\.)*)"')
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()]', re.DOTALL)


def registered(profile: Path) -> bool | None:
    """Whether GIMP has a procedure of ours; None when it has not looked at the plug-in yet."""
    text = _read(profile / "pluginrc")
    span = _span(text)
    if span is None:
        return None
    return "(proc-def " in text[slice(*span)]


def forget(profile: Path) -> bool:
    """Take our entry out of the profile's pluginrc; True when there was one."""
    path = profile / "pluginrc"
    before = _read(path)
    after = without_entry(before)
    if after == before:
        return False
    replace_file(path, after.encode("utf-8", "surrogateescape"))
    return True


def without_entry(text: str) -> str:
    """``text`` without the ``(plug-in-def ".../object-removal.py" ...)``."""
    span = _span(text)
    if span is None:
        return text
    return text[: span[0]] + text[span[1] :].lstrip("\r\n")


def _read(path: Path) -> str:
    try:
        # Icons stand in it as raw bytes: not text in any encoding, but all of it comes back.
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _span(text: str) -> tuple[int, int] | None:
    """Where our entry begins and ends; up to the end of the text when it never does."""
    for found in ENTRY_START.finditer(text):
        if re.split(r"[/\\]+", found.group(1))[-2:] == [NAME, ENTRY]:
            return found.start(), _end_of_list(text, found.start())
    return None


def _end_of_list(text: str, start: int) -> int:
    depth = 0
    for token in TOKEN.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if depth == 0:
            return token.end()
    return len(text)
