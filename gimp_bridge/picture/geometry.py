"""Rectangles of whole pixels: the one value type in which windows are planned.

Pure arithmetic without arrays.  Coordinates are x to the right, y down; whether they count
from the image's or the layer's corner is said where a box is made.
"""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels; empty when ``width`` or ``height`` is 0."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def from_corners(cls, left: int, top: int, right: int, bottom: int) -> Box:
        """The box from (left, top) up to, not including, (right, bottom); never negative."""
        return cls(left, top, max(0, right - left), max(0, bottom - top))

    @property
    def right(self) -> int:
        """The first column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.y + self.height

    @property
    def area(self) -> int:
        """Pixels in the box."""
        return self.width * self.height

    def pad(self, pixels: int) -> Box:
        """The box grown by ``pixels`` on each side."""
        return Box(
            self.x - pixels, self.y - pixels, self.width + 2 * pixels, self.height + 2 * pixels
        )

    def moved(self, x: int, y: int) -> Box:
        """The box so many pixels further to the right and down."""
        return self._replace(x=self.x + x, y=self.y + y)

    def clamp(self, bounds: Box) -> Box:
        """What of this box lies inside ``bounds``; empty where they do not meet."""
        left, top = max(self.x, bounds.x), max(self.y, bounds.y)
        right, bottom = min(self.right, bounds.right), min(self.bottom, bounds.bottom)
        return Box.from_corners(left, top, right, bottom)

    def relative_to(self, origin: Box) -> Box:
        """The same box counted from the corner of ``origin``."""
        return Box(self.x - origin.x, self.y - origin.y, self.width, self.height)

    def slices(self) -> tuple[slice, slice]:
        """(rows, columns) to index an array whose [0, 0] is at (0, 0)."""
        return slice(self.y, self.bottom), slice(self.x, self.right)
