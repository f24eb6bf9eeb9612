"""What a command leaves behind: pictures, and the journal of paid tasks."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from gimp_bridge.folders import journal_folder
from gimp_bridge.service.journal import Journal
from tests.service_peer import hole

EXACT = ["--grow", "0", "--feather", "0"]
"""With these nothing but the mask itself changes."""
OUTSIDE = hole() == 0
"""Of the picture that ``here`` has: where nothing may change."""


def pixels(name: str) -> np.ndarray:
    """As they are shown."""
    return np.asarray(ImageOps.exif_transpose(Image.open(name)))


def left_in_journal() -> list[str | None]:
    return [entry.task_id for entry in Journal(journal_folder()).unclaimed()]
