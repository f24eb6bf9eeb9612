"""The photographs of the engine benchmark: freely licensed, from packages, none in this repository.

Debian: lomiri-wallpapers-16.04, lomiri-wallpapers-20.04, mate-backgrounds,
plasma-workspace-wallpapers.  PyPI: scikit-image (pictures in its wheel).  Missing ones are named.
"""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

PACKAGES = (
    "apt-get install lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds "
    "plasma-workspace-wallpapers; pip install scikit-image"
)

_Entry = tuple[str, str, str, str]
_InWheel = tuple[str, str, str]

_LOMIRI = "/usr/share/backgrounds/{}.jpg"
_MATE = "/usr/share/backgrounds/mate/nature/{}.jpg"
_PLASMA = "/usr/share/wallpapers/{}/contents/images/2560x1600.jpg"

# (path, name, author, licence as stated by the package)
_FILES = [
    (_LOMIRI, "Bridge_by_Sander_Klootwijk", "Sander Klootwijk", "CC-BY-SA-4.0"),
    (_LOMIRI, "Dragonfly_by_Bolly", "Bolly", "CC-BY-SA-4.0"),
    (_LOMIRI, "Picture_0B_by_freespace", 'Trevor "Freespace"', "CC-BY-4.0"),
    (_LOMIRI, "Picture_1A_by_freespace", 'Trevor "Freespace"', "CC-BY-4.0"),
    (_LOMIRI, "Wine_by_Jakkub_Mede", "Jakub Mede", "CC-BY-4.0"),
    (_LOMIRI, "aitzgorri_by_Aitzol_Berasategi", "Aitzol Berasategi", "CC-BY-4.0"),
    (_LOMIRI, "free_by_Peter_Nerlich", "Peter Nerlich", "CC-BY-SA-4.0"),
    (_LOMIRI, "friends_by_Aitzol_Berasategi", "Aitzol Berasategi", "CC-BY-4.0"),
    (_LOMIRI, "greentock_by_Peter_Nerlich", "Peter Nerlich", "CC-BY-SA-4.0"),
    (_LOMIRI, "life_by_Aitzol_Berasategi", "Aitzol Berasategi", "CC-BY-4.0"),
    (_LOMIRI, "picosdeeuropa_by_Aitzol_Berasategi", "Aitzol Berasategi", "CC-BY-4.0"),
    (_LOMIRI, "seeding_by_Clements_Engelhardt", "Clemens Engelhardt", "CC0-1.0"),
    (_LOMIRI, "sunset_by_Aitzol_Berasategi", "Aitzol Berasategi", "CC-BY-4.0"),
    (_LOMIRI, "Kleiber_by_Lukas_Baubkus", "Lukas Baubkus", "CC-BY-SA-3.0"),
    (_MATE, "Aqua", "Charles Barbin", "GPL-2+"),
    (_MATE, "Blinds", "Lennart Poettering", "GPL-2+"),
    (_MATE, "Dune", "Marco Cogoni", "GPL-2+"),
    (_MATE, "FreshFlower", "Jens Ansorg", "GPL-2+"),
    (_MATE, "Garden", "see the package's AUTHORS", "GPL-2+"),
    (_MATE, "GreenMeadow", "Timothy Schellhase", "GPL-2+"),
    (_MATE, "LadyBird", "see the package's AUTHORS", "GPL-2+"),
    (_MATE, "RainDrops", "blackcombwhistler07", "GPL-2+"),
    (_MATE, "Storm", "Sergey Nazarov", "GPL-2+"),
    (_MATE, "TwoWings", "Charles Barbin", "GPL-2+"),
    (_MATE, "Wood", "Jean-François Fortin Tam", "GPL-2+"),
    (_MATE, "YellowFlower", "see the package's AUTHORS", "GPL-2+"),
    (_PLASMA, "BytheWater", "Maciej Wiklo", "LGPL-3.0"),
    (_PLASMA, "ColdRipple", "Risto Saukonpää", "LGPL-3.0"),
    (_PLASMA, "ColorfulCups", "Dmitri Popov", "LGPL-3.0"),
    (_PLASMA, "DarkestHour", "Risto Saukonpää", "LGPL-3.0"),
    (_PLASMA, "EveningGlow", "Ian Hex", "LGPL-3.0"),
    (_PLASMA, "FallenLeaf", "Martin Klapetek", "LGPL-3.0"),
    (_PLASMA, "Grey", "Sigi Sagi", "LGPL-3.0"),
    (_PLASMA, "Kite", "Risto Saukonpää", "LGPL-3.0"),
    (_PLASMA, "OneStandsOut", "Risto Saukonpää", "LGPL-3.0"),
    (_PLASMA, "Path", "Risto Saukonpää", "LGPL-3.0"),
    (_PLASMA, "summer_1am", "Risto Saukonpää", "LGPL-3.0"),
]

# scikit-image's data folder; licences are given in its skimage/data documentation.
_SKIMAGE = [
    ("astronaut.png", "NASA", "public domain"),
    ("brick.png", "CC0Textures", "CC0-1.0"),
    ("camera.png", "Lav Varshney", "CC0-1.0"),
    ("chelsea.png", "Stefan van der Walt", "CC0-1.0"),
    ("coffee.png", "Rachel Michetti", "CC0-1.0"),
    ("grass.png", "CC0Textures", "CC0-1.0"),
    ("gravel.png", "CC0Textures", "CC0-1.0"),
    ("motorcycle_left.png", "D. Scharstein et al., Middlebury", "CC0-1.0"),
    ("rocket.jpg", "SpaceX", "CC0-1.0"),
]

# Kept out of every tuning, the judge of answers' too, for what is measured with ``unseen``.
_UNSEEN = [
    (_LOMIRI, "Fossa_by_Jasper_Roks", "Jasper Roks", "CC-BY-SA-3.0"),
    (_LOMIRI, "Infinite-Sea_by_Aury88", "Aury88", "CC-BY-SA-3.0"),
    (_LOMIRI, "Painting-Colors_by__herobrine7gamer", "HEROBRINE7GAMER", "CC-BY-SA-3.0"),
    (_LOMIRI, "umang_by_Abhishek_Mudgal", "Abhishek Mudgal", "CC-BY-4.0"),
    (_PLASMA, "Autumn", "see the package's metadata", "LGPL-3.0"),
]
_SKIMAGE_UNSEEN = [
    (file, "see skimage/data", "as stated there")
    for file in (
        "cell.png",
        "clock_motion.png",
        "coins.png",
        "color.png",
        "hubble_deep_field.jpg",
        "ihc.png",
        "moon.png",
        "page.png",
        "retina.jpg",
        "text.png",
    )
]


class Photograph(NamedTuple):
    """A file with its author and licence."""

    name: str
    path: Path
    author: str
    licence: str

    def read(self, shorter_px: int) -> np.ndarray:
        """uint8 (H, W, 3), reduced (never enlarged) so that the shorter side is ``shorter_px``."""
        with Image.open(self.path) as file:
            picture = file.convert("RGB")
        scale = shorter_px / min(picture.size)
        if scale < 1:
            size = (round(picture.width * scale), round(picture.height * scale))
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        return np.asarray(picture)


def _listed(files: list[_Entry], of_skimage: list[_InWheel]) -> list[Photograph]:
    listed = [
        Photograph(name, Path(pattern.format(name)), author, licence)
        for pattern, name, author, licence in files
    ]
    spec = importlib.util.find_spec("skimage")
    folder = Path(spec.origin).parent / "data" if spec and spec.origin else Path("skimage")
    listed += [
        Photograph(Path(file).stem, folder / file, author, licence)
        for file, author, licence in of_skimage
    ]
    return listed


def halves(seed: int = 20261122) -> dict[str, list[Photograph]]:
    """Split all photographs by a fixed draw into ``tuning`` and ``aside``; absent files too."""
    listed = _listed(_FILES, _SKIMAGE)
    random.Random(seed).shuffle(listed)
    middle = len(listed) // 2
    return {"tuning": listed[:middle], "aside": listed[middle:]}


def unseen() -> list[Photograph]:
    """Photographs that nothing was tuned with; absent files too."""
    return _listed(_UNSEEN, _SKIMAGE_UNSEEN)
