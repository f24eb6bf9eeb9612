#!/usr/bin/env python3
"""Installs Object Removal into every GIMP 3 of this user; see ``python3 install.py --help``.

Needs nothing but Python 3.10 or newer, as any Python on this machine: the plug-in's helper gets
an environment of its own.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - the reader of this may have an older one
    sys.exit(f"Object Removal needs Python 3.10 or newer; this is {sys.version.split()[0]}.")

from gimp_bridge.installer.front import main

if __name__ == "__main__":
    sys.exit(main())
