"""What ``install.py`` runs, for where only the package is at hand: a wheel, a private root.

``python -m gimp_bridge.installer`` or this file itself.
"""

import sys
from pathlib import Path

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from gimp_bridge.installer.front import main

if __name__ == "__main__":
    sys.exit(main())
