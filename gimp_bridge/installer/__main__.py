"""``python -m gimp_bridge.installer``: what ``install.py`` runs, also from an installed wheel."""

import sys

from gimp_bridge.installer.front import main

sys.exit(main())
