"""Real removals: things people would take out of the benchmark's photographs, to be looked at.

No truth exists for these, so there are no figures: ``engine.py removals`` writes sheets.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SHORTER_PX = 512


class Removal(NamedTuple):
    """What is removed from which photograph, in pixels at 512 px on the shorter side."""

    what: str
    photograph: str
    shape: str
    """ellipse, box or line (left, top, right, bottom), polygon (x, y, ...), text at (left, top)."""
    places: list[tuple[float, ...]]


REMOVALS = [
    Removal("kite", "Kite", "ellipse", [(500, 125, 592, 217)]),
    Removal("ladybird", "LadyBird", "ellipse", [(527, 211, 617, 301)]),
    Removal("flower", "OneStandsOut", "ellipse", [(474, 197, 584, 307)]),
    Removal("fruit", "Picture_0B_by_freespace", "ellipse", [(330, 180, 510, 420)]),
    Removal("spoon", "coffee", "ellipse", [(320, 235, 420, 345)]),
    Removal("bird", "free_by_Peter_Nerlich", "ellipse", [(165, 265, 525, 415)]),
    Removal("dogs", "friends_by_Aitzol_Berasategi", "ellipse",
            [(222, 322, 372, 482), (140, 165, 278, 315)]),
    Removal("hands", "greentock_by_Peter_Nerlich", "ellipse", [(310, 126, 550, 366)]),
    Removal("sheep", "picosdeeuropa_by_Aitzol_Berasategi", "ellipse", [(495, 435, 575, 505)]),
    Removal("rocket", "rocket", "box", [(298, 100, 348, 427)]),
    Removal("badge", "astronaut", "ellipse", [(115, 330, 215, 435)]),
    Removal("horizon", "ColdRipple", "box", [(340, 210, 430, 290)]),
    Removal("boat", "EveningGlow", "ellipse", [(0, 270, 180, 400)]),
    Removal("text", "EveningGlow", "text", [(180, 90, 0, 0)]),
    Removal("wire", "Bridge_by_Sander_Klootwijk", "line", [(0, 384, 910, 105)]),
    Removal("person", "camera", "polygon",
            [(0, 226, 54, 119, 143, 95, 164, 57, 244, 54, 286, 101, 336, 134, 342, 247, 315, 259,
             346, 296, 417, 513, 0, 513)]),
    Removal("shadow", "Picture_0B_by_freespace", "polygon",
            [(85, 164, 156, 72, 252, 14, 347, -4, 442, 4, 502, 33, 550, 68, 442, 74, 323, 107,
             230, 185, 176, 256, 180, 292, 114, 226)]),
    Removal("blemishes", "Picture_0B_by_freespace", "ellipse",
            [(104, 20, 148, 117), (75, 23, 97, 45), (690, 100, 715, 128), (352, 33, 378, 57)]),
]  # fmt: skip


def draw(removal: Removal, height: int, width: int) -> np.ndarray:
    """Draw the removal's mask, uint8 (height, width), 255 = remove."""
    plane = Image.new("L", (width, height))
    pen = ImageDraw.Draw(plane)
    for place in removal.places:
        if removal.shape == "ellipse":
            pen.ellipse(place, 255)
        elif removal.shape == "box":
            pen.rectangle(place, 255)
        elif removal.shape == "polygon":
            pen.polygon(place, 255)
        elif removal.shape == "line":
            pen.line(place, 255, 26)
        else:
            pen.text((place[0], place[1]), "Object removal", 255, ImageFont.load_default(64))
    return np.where(np.asarray(plane) > 0, 255, 0).astype(np.uint8)
