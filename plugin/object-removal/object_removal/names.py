"""The plug-in's names: of its procedures, their arguments and the folders beside the package.

Runs in GIMP.  Standard library only: the worker is launched with it before gi is imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

REMOVE = "plug-in-object-removal"
QUICK = "plug-in-object-removal-quick"
BATCH = "plug-in-object-removal-batch"
ANOTHER = "plug-in-object-removal-another"
RECOVER = "plug-in-object-removal-recover"
SETTINGS = "plug-in-object-removal-settings"
HELP = "plug-in-object-removal-help"

OPTIONS = ("service", "sample", "extent", "grow", "feather", "palette", "variant")
"""The arguments of every removal, as the worker reads them."""

DOMAIN = "object-removal"
"""Of the translations and of the help."""

FOLDER = Path(__file__).resolve().parent.parent
"""The folder that GIMP loads."""
ICONS = FOLDER / "icons"
PAGES = FOLDER / "help"
CATALOGUES = FOLDER / "locale"


def chosen_options(config: Any) -> dict[str, Any]:
    """The options of one removal in a procedure's ``config``, as the worker reads them."""
    return {name: config.get_property(name) for name in OPTIONS}
