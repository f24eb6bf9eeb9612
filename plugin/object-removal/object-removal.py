#!/usr/bin/env python3
"""Object Removal for GIMP 3: the entry that GIMP starts; registers the procedures, nothing else.

Runs in GIMP's own Python: standard library and gi only, Python 3.10 - 3.14.  What a procedure
does is in ``object_removal``; the work itself is the worker's, behind the pipe.
"""

from __future__ import annotations

import contextlib
import os
import sys

# Before its first conversion babl would measure whether look-up tables of 16 million colours pay,
# which takes 0.4 s and 270 MB; for one window they never do.
os.environ.setdefault("BABL_LUT", "0")
# GEGL would load all its operations, 40 ms: the plug-in only moves pixels, GIMP itself does the
# rest.  There are none in a folder that does not exist.
os.environ["GEGL_PATH"] = os.path.join(os.path.dirname(__file__), "no-operations")  # noqa: PTH118, PTH120

if "-run" in sys.argv:  # not when GIMP only asks what there is
    from object_removal.worker import launch

    launch.launch_ahead()

import gi

for namespace, version in (("Babl", "0.1"), ("Gegl", "0.4"), ("Gimp", "3.0")):
    gi.require_version(namespace, version)
with contextlib.suppress(ValueError):  # a GIMP without windows may have neither
    gi.require_version("Gtk", "3.0")
    gi.require_version("GimpUi", "3.0")
from gi.repository import Gimp, Gio  # noqa: E402

from object_removal.names import DOMAIN, PAGES  # noqa: E402
from object_removal.procedures.declare import CREATORS  # noqa: E402


class ObjectRemoval(Gimp.PlugIn):
    """The plug-in as GIMP sees it: the list of procedures and how each is made."""

    def do_set_i18n(self, name: str) -> tuple[bool, str, str]:
        """Say where the translations are: ``locale`` in this folder."""
        return True, DOMAIN, "locale"

    def do_query_procedures(self) -> list[str]:
        """Name every procedure; called once per installed version, then cached by GIMP."""
        # What a dialog's Help button opens, in the person's language.
        self.set_help_domain(DOMAIN, Gio.File.new_for_path(str(PAGES)))
        return list(CREATORS)

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        """Make the procedure called ``name``."""
        return CREATORS[name](self, name)


Gimp.main(ObjectRemoval.__gtype__, sys.argv)
