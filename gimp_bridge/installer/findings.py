"""What ``--doctor`` finds: one finding per link of the chain from GIMP's menu to the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

OK, WARNING, BROKEN = "ok", "warning", "broken"
MARKS = {OK: "ok    ", WARNING: "note  ", BROKEN: "BROKEN"}

INSTALL = "python3 install.py"
REPAIR = f"{INSTALL} --repair"


class Finding(NamedTuple):
    """One link: which, how it is, what was seen, and what mends it."""

    link: str
    """A stable name, such as ``files`` or ``key``."""
    verdict: str
    text: str
    cure: str | None = None


def as_text(findings: Sequence[Finding], setup: str = INSTALL) -> str:
    """The report for people; ``setup`` is the command by which they have ``install.py``."""
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.verdict]} {finding.text}")
        if finding.cure is not None and finding.verdict != OK:
            lines.append(f"       -> {finding.cure.replace(INSTALL, setup)}")
    broken = sum(finding.verdict == BROKEN for finding in findings)
    lines += ["", f"{broken} thing{'s' * (broken != 1)} to mend." if broken else "All is well."]
    return "\n".join(lines)
