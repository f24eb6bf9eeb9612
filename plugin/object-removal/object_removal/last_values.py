"""The options of the last run, read from where GIMP keeps them for the main procedure.

Runs in GIMP.  GIMP itself hands last values only to the procedure that they belong to, and running
that one from another costs a second process; and in GIMP 3.0 that outer process takes GIMP down
when the image is closed meanwhile (it asks for a layer that GIMP has freed but still lists).
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from gi.repository import Gimp

# One option a line, as GIMP's own configuration files have them: (grow 4), (service "auto").
LINE = re.compile(r'^\(([a-z-]+) "?([\w.+-]+)"?\)$', re.MULTILINE)


def recall(config: Gimp.ProcedureConfig, procedure: str) -> None:
    """Set what ``config`` has and the last run of ``procedure`` used; the rest stays as it is."""
    for name, value in LINE.findall(_kept(procedure)):
        declared = config.find_property(name)
        if declared is not None:
            kind = type(config.get_property(name))
            with contextlib.suppress(ValueError):  # a damaged line
                config.set_property(name, value == "yes" if kind is bool else kind(value))


def begin(config: Gimp.ProcedureConfig, procedure: str) -> None:
    """Let a person who has not used ``procedure`` yet begin with the automatic source.

    The procedure's own default is the layer alone: what scripts have always got.
    """
    if not _kept(procedure):
        config.set_property("sample", "auto")


def last_values(procedure: str) -> Path:
    """The file that GIMP keeps the last values of ``procedure`` in; there once it has run."""
    name = f"GimpProcedureConfigRun-{procedure}.last"
    return Path(Gimp.directory()) / "plug-in-settings" / name


def _kept(procedure: str) -> str:
    try:
        return last_values(procedure).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # never run, GIMP was told to keep nothing, or the file is damaged
