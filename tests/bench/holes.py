"""How the benchmark's holes are drawn: the shapes of what people remove, by a fixed seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def _blob(size: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Draw a lumpy outline: five harmonics around an ellipse."""
    rows, columns = np.mgrid[0:size, 0:size]
    stretch = np.exp(random.uniform(-0.5, 0.5))
    radius = size * np.sqrt(share / np.pi)
    middle = random.uniform(0.25, 0.75, 2) * size
    y, x = (rows - middle[0]) * stretch, columns - middle[1]
    angle = np.arctan2(y, x)
    outline = np.ones_like(angle)
    for k in range(2, 7):
        outline += random.normal(0, 0.35 / k) * np.cos(k * angle + random.uniform(0, 2 * np.pi))
    return np.hypot(y, x) < radius * np.sqrt(stretch) * np.maximum(outline, 0.3)


def _box(size: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Draw a rectangle turned by up to 30 degrees."""
    rows, columns = np.mgrid[0:size, 0:size]
    turn = random.uniform(-0.5, 0.5)
    y, x = rows - random.uniform(0.3, 0.7) * size, columns - random.uniform(0.3, 0.7) * size
    y, x = y * np.cos(turn) - x * np.sin(turn), y * np.sin(turn) + x * np.cos(turn)
    side, aspect = size * np.sqrt(share), np.exp(random.uniform(-0.6, 0.6))
    return (abs(y) < side * aspect / 2) & (abs(x) < side / aspect / 2)


def _walk(size: int, steps: int, random: np.random.Generator) -> list[tuple[float, float]]:
    """Wander through the picture in a gently curving line."""
    place, heading = random.uniform(0.15, 0.85, 2) * size, random.uniform(0, 2 * np.pi)
    points = []
    for _ in range(steps):
        points.append((float(place[0]), float(place[1])))
        heading += random.normal(0, 0.35)
        place = place + size * 0.06 * np.array([np.cos(heading), np.sin(heading)])
        if not (0 < place[0] < size and 0 < place[1] < size):
            heading += np.pi / 2
            place = np.clip(place, 1, size - 2)
    return points


def _brush(size: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Draw a thick stroke of a brush, as over a person or a branch."""
    plane = Image.new("L", (size, size))
    draw = ImageDraw.Draw(plane)
    width = max(6, round(size * np.sqrt(share) * 0.35))
    points = _walk(size, 5 + int(30 * np.sqrt(share)), random)
    draw.line(points, 255, width, joint="curve")
    for x, y in points:
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), 255)
    return np.asarray(plane) > 0


def _wires(size: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Draw two to five wires or scratches, 2 to 5 px wide, across the picture."""
    plane = Image.new("L", (size, size))
    draw = ImageDraw.Draw(plane)
    for _ in range(int(random.integers(2, 6))):
        ends = [(0, random.uniform(0, size)), (size, random.uniform(0, size))]
        if random.random() < 0.3:
            ends = [(y, x) for x, y in ends]
        draw.line(ends, 255, int(random.integers(2, 6)))
    return np.asarray(plane) > 0


def _text(size: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Write two lines, as of a caption or a watermark."""
    plane = Image.new("L", (size, size))
    draw = ImageDraw.Draw(plane)
    height = int(size * random.uniform(0.05, 0.12))
    font = ImageFont.load_default(height)
    corner = (random.uniform(0.02, 0.2) * size, random.uniform(0.05, 0.6) * size)
    draw.multiline_text(corner, "Object removal\n22 November", 255, font, spacing=height // 3)
    return np.asarray(plane) > 0


def _blemishes(size: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Draw a dozen spots of 4 to 20 px."""
    rows, columns = np.mgrid[0:size, 0:size]
    mask = np.zeros((size, size), bool)
    for _ in range(12):
        y, x = random.uniform(0.05, 0.95, 2) * size
        mask |= np.hypot(rows - y, columns - x) < random.uniform(2, 10)
    return mask


_SHAPES: list[Callable[[int, float, np.random.Generator], np.ndarray]] = [
    _blob, _brush, _box, _wires, _blob, _brush, _text, _blob, _blemishes, _brush,
]  # fmt: skip


def draw(size: int, number: int, seed: int) -> np.ndarray:
    """Draw the mask of hole ``number``, uint8 (size, size), 255 = remove.

    Shapes take turns; blobs, boxes and brush strokes aim at 1 to 30 % of the picture, drawn evenly
    on a logarithmic scale.
    """
    random = np.random.default_rng((seed, number))
    share = float(np.exp(random.uniform(np.log(0.01), np.log(0.3))))
    mask = _SHAPES[number % len(_SHAPES)](size, share, random)
    return np.where(mask, 255, 0).astype(np.uint8)


def square(size: int, share: float) -> np.ndarray:
    """One compact hole of ``share`` of the picture off its middle: a disc, for the timings."""
    rows, columns = np.mgrid[0:size, 0:size]
    inside = np.hypot(rows - 0.45 * size, columns - 0.55 * size) < size * np.sqrt(share / np.pi)
    return np.where(inside, 255, 0).astype(np.uint8)
