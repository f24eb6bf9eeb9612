"""Whether a Python is the one that the worker's packages were installed for.

Looked at each time the worker starts, so by the standard library only and without importing one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

MODULES = ("numpy", "PIL", "numba", "requests", "keyring", "tqdm")
"""What must be importable in the worker's environment."""

STATEMENT = "object-removal-environment.json"
"""The file in which a finished environment says what it is."""


def read_statement(environment: Path) -> dict[str, str] | None:
    """What a finished environment says of itself; None when it is not finished."""
    try:
        statement = json.loads((environment / STATEMENT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return statement if isinstance(statement, dict) else None


def unfit(environment: Path | None = None, modules: Sequence[str] = MODULES) -> str | None:
    """Why the worker cannot run on this Python, in words; None where it can.

    An update of the system may put another minor version behind the link in ``environment``
    (default: that of this process), which then finds no packages, or those built for the older one.
    """
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    made_for = (read_statement(environment or Path(sys.prefix)) or {}).get("python", running)
    if made_for != running:
        return f"its packages are for Python {made_for}, and it runs on {running}"
    missing = [module for module in modules if PathFinder.find_spec(module) is None]
    return f"packages are missing: {', '.join(missing)}" if missing else None
