"""Scenes with something to remove, and the honest and the bad answers a service may give to them.

Everything is drawn by seeded generators.  Photographs come from ``photographs``; line art, a
screenshot, plain skies and noise are drawn here, so that the unit tests can use them too.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from gimp_bridge import engine
from gimp_bridge.picture.spread import spread

Random = np.random.Generator


class Scene(NamedTuple):
    """What is sent: ``truth`` with an object in it, uint8 (h, w, 3), and the hole, bool (h, w).

    ``plain``: the hole's truth is one colour or a gradient.
    """

    truth: np.ndarray
    sent: np.ndarray
    hole: np.ndarray
    plain: bool = False


# --- pictures ------------------------------------------------------------------------------


def sky(size: tuple[int, int], random: Random) -> np.ndarray:
    """A graded plain with the noise of a camera, or none."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    colour = random.uniform(20, 235, 3)
    slope = random.normal(0, 25, 2) / max(size)
    noise = random.choice([0, 0, 1, 3, 6]) * random.standard_normal((*size, 3))
    return levels(colour + (rows * slope[0] + columns * slope[1])[..., None] + noise)


def texture(size: tuple[int, int], random: Random) -> np.ndarray:
    """Coloured noise: fine or coarse, strong or weak, sometimes nearly black or grey."""
    white = random.standard_normal((*size, 3))
    if random.random() < 0.3:
        white[...] = white[..., :1]
    sigma = random.choice([0.4, 0.8, 1.5, 4])
    grain = ndimage.gaussian_filter(white, (sigma, sigma, 0))
    level = random.choice([4, 10, 20, 35])
    return levels(random.choice([15, 60, 128, 200]) + grain / grain.std() * level)


def screenshot(size: tuple[int, int], random: Random) -> np.ndarray:
    """Lines of text, boxes and rules on white or dark."""
    dark = random.random() < 0.4
    paper, ink = ((30, 32, 36), (220, 220, 220)) if dark else ((255, 255, 255), (20, 20, 30))
    picture = Image.new("RGB", size[::-1], paper)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(int(random.integers(9, 16)))
    for y in range(4, size[0], 18):
        words = "".join(random.choice(list("abcdefgh ijklmno pqrst uvw xyz "), size[1] // 9))
        draw.text((6, y), words, ink, font)
    for _ in range(4):
        x, y = int(random.integers(0, size[1] - 30)), int(random.integers(0, size[0] - 30))
        fill = tuple(int(v) for v in random.integers(40, 240, 3))
        draw.rectangle((x, y, x + int(random.integers(20, 90)), y + 24), fill, ink)
    return np.asarray(picture)


def line_art(size: tuple[int, int], random: Random) -> np.ndarray:
    """Black strokes and flat colours on white."""
    picture = Image.new("RGB", size[::-1], (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        ends = [(float(random.uniform(0, size[1])), float(random.uniform(0, size[0])))] * 2
        ends[1] = (float(random.uniform(0, size[1])), float(random.uniform(0, size[0])))
        draw.line(ends, (0, 0, 0), int(random.integers(1, 6)))
    for _ in range(3):
        x, y = random.uniform(0, 0.8, 2) * size[::-1]
        fill = tuple(int(v) for v in random.integers(0, 255, 3))
        draw.ellipse((x, y, x + size[1] / 6, y + size[0] / 6), fill)
    return np.asarray(picture)


DRAWN: list[Callable[[tuple[int, int], Random], np.ndarray]] = [sky, texture, screenshot, line_art]


# --- holes and objects ---------------------------------------------------------------------


def hole_in(size: tuple[int, int], random: Random) -> np.ndarray:
    """A blob, a box, a stroke, several spots, or a speck of some pixels."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    kind = random.choice(["blob", "box", "stroke", "spots", "speck"])
    middle = random.uniform(0.2, 0.8, 2) * size
    reach = float(np.exp(random.uniform(np.log(0.06), np.log(0.33)))) * min(size)
    if kind == "speck":
        return np.hypot(rows - middle[0], columns - middle[1]) < random.uniform(1.2, 5)
    if kind == "blob":
        angle = np.arctan2(rows - middle[0], columns - middle[1])
        outline = 1 + 0.2 * np.cos(3 * angle + random.uniform(0, 6)) + 0.15 * np.cos(5 * angle)
        return np.hypot(rows - middle[0], columns - middle[1]) < reach * outline
    if kind == "box":
        stretch = np.exp(random.uniform(-0.7, 0.7))
        down, right = abs(rows - middle[0]), abs(columns - middle[1])
        return (down < reach * stretch) & (right < reach / stretch)
    plane = Image.new("L", size[::-1])
    draw = ImageDraw.Draw(plane)
    if kind == "stroke":
        ends = [tuple(float(v) for v in random.uniform(0.05, 0.95, 2) * size[::-1]) for _ in "123"]
        draw.line(ends, 255, int(max(4, reach / 4)), joint="curve")
    else:
        for _ in range(int(random.integers(2, 9))):
            x, y = random.uniform(0.05, 0.9, 2) * size[::-1]
            far = random.uniform(2, max(3, reach / 2))
            draw.ellipse((x - far, y - far, x + far, y + far), 255)
    return np.asarray(plane) > 0


def with_object(
    truth: np.ndarray, other: np.ndarray, hole: np.ndarray, random: Random, *, faint: bool
) -> np.ndarray:
    """``truth`` with something in the hole, up to its edge or some pixels inside of it.

    ``other`` shows through it where it is a thing.  A faint one is a stain, a shadow or a thing
    that is nearly transparent.
    """
    margin = int(random.choice([0, 1, 2, 4]))
    inner = ndimage.binary_erosion(hole, iterations=margin, border_value=1) if margin else hole
    inner = inner if inner.any() else hole
    if random.random() < 0.15:  # a thing much smaller than what is selected
        depth = ndimage.distance_transform_edt(hole)
        inner = depth > random.uniform(0.5, 0.8) * depth.max()
    edge = ndimage.gaussian_filter(inner.astype(float), random.choice([0.1, 0.7])) * hole
    base = truth.astype(float)
    if random.random() < 0.2:  # a shadow that lies beyond what is selected
        base *= 1 - 0.4 * ndimage.gaussian_filter(np.roll(hole, 5, 1) * 1.0, 6)[..., None]
    look = random.choice(["thing", "flat", "dark", "thing"])
    colour = random.uniform(0, 255, 3)
    if look == "flat" and abs(colour - base[hole].mean(0)).max() < 50:
        colour = 255 - base[hole].mean(0)
    thing = {"thing": other.astype(float), "flat": colour + 0 * base, "dark": base * 0.25}[look]
    weight = float(random.uniform(0.12, 0.35)) if faint else 1.0
    if faint and look == "dark":
        edge = ndimage.gaussian_filter(inner.astype(float), 3) * hole
    return levels(base + weight * edge[..., None] * (thing - base))


# --- honest answers ------------------------------------------------------------------------


def honest_fill(scene: Scene, kind: str, random: Random) -> np.ndarray:
    """The hole repaired: as it truly was, by the engine, smoothly, or by a flat colour."""
    if kind == "truth":
        return scene.truth
    if kind == "engine":
        return engine.fill(scene.sent, np.where(scene.hole, 255, 0).astype(np.uint8))
    known: np.ndarray = spread(scene.sent.astype(np.float32), (~scene.hole).astype(np.float32))
    if kind == "flat":
        near = ndimage.binary_dilation(scene.hole, iterations=6) & ~scene.hole
        known = np.median(scene.sent[near], axis=0) + np.zeros_like(known)
    if kind == "grain":
        known = known + random.normal(0, 4, known.shape)
    return levels(np.where(scene.hole[..., None], known, scene.sent))


def in_service(answer: np.ndarray, hole: np.ndarray, random: Random) -> np.ndarray:
    """What an honest service's model, colours and format do to an answer."""
    picture = answer.astype(float)
    if random.random() < 0.25:
        rim = ndimage.binary_dilation(hole, iterations=int(random.integers(2, 8)))
        soft = ndimage.gaussian_filter(picture, (2, 2, 0))
        picture = np.where(rim[..., None], soft, picture)
    if random.random() < 0.25:
        width, height = (max(8, int(side * random.uniform(0.5, 1))) for side in hole.shape[::-1])
        small = resized(levels(picture), (width, height))
        picture = resized(small, (hole.shape[1], hole.shape[0])).astype(float)
    if random.random() < 0.35:
        right, down = random.uniform(-1, 1, 2) * random.choice([1, 1, 1, 2.5])
        picture = ndimage.shift(picture, (down, right, 0), order=3, mode="nearest")
    return encoded(levels(toned(picture, random)), random)


def resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``picture`` in that (width, height), as models that work in a size of their own do it."""
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def toned(picture: np.ndarray, random: Random) -> np.ndarray:
    """As it is, or by another gamma, white balance, offset or with a gradient."""
    kind = random.choice(["none", "none", "gamma", "balance", "offset", "gradient"])
    if kind == "gamma":
        return 255 * np.clip(picture / 255, 0, 1) ** random.uniform(0.85, 1.18)
    if kind == "balance":
        return picture * random.uniform(0.92, 1.08, 3)
    if kind == "offset":
        return picture + random.uniform(-9, 9, 3)
    if kind == "gradient":
        columns = np.linspace(-1, 1, picture.shape[1])[None, :, None]
        return picture + columns * random.uniform(-4, 4, 3)
    return picture


def encoded(picture: np.ndarray, random: Random, low: int = 60, high: int = 95) -> np.ndarray:
    """As a JPEG of both kinds of sampling, a WebP or a PNG gives it back."""
    kind = random.choice(["JPEG 4:2:0", "JPEG 4:2:0", "JPEG 4:4:4", "WEBP", "PNG"])
    quality = int(random.integers(low, high + 1))
    if kind == "PNG":
        return picture
    if kind == "WEBP":
        return as_file(picture, "WEBP", quality=quality)
    return as_file(picture, "JPEG", quality=quality, subsampling=2 if "0" in kind[-1] else 0)


# --- bad answers ---------------------------------------------------------------------------


def bad(scene: Scene, other: np.ndarray, random: Random) -> Iterator[tuple[str, np.ndarray]]:
    """What is no repair, by kind; ``other`` is another picture of the same size."""
    sent, hole, size = scene.sent, scene.hole, scene.hole.shape
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    repaired = scene.truth
    yield "the same", sent
    yield "the same, encoded anew", encoded(sent, random)
    yield "the same, at a low quality", as_file(sent, "JPEG", quality=int(random.integers(20, 60)))
    yield "the same, changed in tone", encoded(levels(toned(sent.astype(float), random)), random)
    moved = ndimage.shift(sent.astype(float), (0.6, -0.4, 0), order=3, mode="nearest")
    yield "the same, moved by half a pixel", encoded(levels(moved), random)
    shifted = np.where(hole[..., None], levels(sent + random.choice([-14.0, 14.0])), sent)
    yield "the hole shifted in tone alone", encoded(shifted, random)
    ghost = sent + 0.3 * (repaired.astype(float) - sent)
    yield "a ghost", encoded(levels(ghost), random)
    yield "another picture", encoded(other, random)
    yield "mirrored", encoded(np.ascontiguousarray(repaired[:, ::-1]), random)
    yield "upside down", encoded(np.ascontiguousarray(repaired[::-1]), random)
    yield "moved far", encoded(np.roll(repaired, (9, 14), (0, 1)), random)
    small = Image.fromarray(repaired).resize((max(1, size[1] // 2), max(1, size[0] // 2)))
    corner = np.full_like(sent, random.choice([0, 255]))
    corner[: small.height, : small.width] = np.asarray(small)
    yield "a smaller size in a corner", encoded(corner, random)
    yield "black", np.zeros_like(sent)
    yield "a flat colour", encoded(np.full_like(sent, random.integers(0, 255, 3)), random)
    half = repaired.copy()
    half[int(size[0] * random.uniform(0.3, 0.8)) :] = random.choice([0, 128])
    yield "unfinished rows", encoded(half, random)
    box = (abs(rows / size[0] - 0.25) < 0.2) & (abs(columns / size[1] - 0.75) < 0.2)
    invented = np.where(box[..., None] & ~hole[..., None], other, repaired)
    yield "invented outside", encoded(invented, random)
    yield "inverted", encoded(255 - repaired, random)


def levels(values: np.ndarray) -> np.ndarray:
    """Rounded to uint8."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def as_file(picture: np.ndarray, kind: str, **options: int) -> np.ndarray:
    """``picture`` as a file of that kind gives it back."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, kind, **options)
    return np.asarray(Image.open(out).convert("RGB"))
