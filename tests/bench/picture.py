"""Measure gimp_bridge/picture on photographs: encodings, the seam, and what a repair costs.

    python -m tests.bench.picture encodings PHOTO...
    python -m tests.bench.picture seam PHOTO...
    python -m tests.bench.picture cost PHOTO...
    python -m tests.bench.picture sheet PHOTO... --out SHEET.jpg

Any photographs will do; Debian's packages mate-backgrounds and lomiri-wallpapers hold some.
Times are those of this process (CPU seconds), so that a busy machine does not count.
"""

from __future__ import annotations

import argparse
import io
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from gimp_bridge.picture import codec, upload
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import default_grow_px, prepare
from gimp_bridge.picture.patch import Fitted, compose, fit, fit_reduced
from gimp_bridge.picture.window import Limits, plan

SIDE = 1000
SHIFT = np.array([6.0, -4.0, 3.0])
UPLOAD_BYTES = 20_000_000


def crop(photo: Path, side: int = SIDE) -> np.ndarray:
    with Image.open(photo) as opened:
        image = opened.convert("RGB")
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)))


def jpeg(rgb: np.ndarray, quality: int = 80) -> np.ndarray:
    out = io.BytesIO()
    Image.fromarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8)).save(
        out, "JPEG", quality=quality
    )
    return np.asarray(Image.open(out))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def ellipse(height: int, width: int, part: float) -> np.ndarray:
    """A round selection of ``part`` of the area, off the centre."""
    rows, columns = np.ogrid[:height, :width]
    reach = np.sqrt(part * 4 / np.pi) / 2
    across = (columns / width - 0.5) / reach
    down = (rows / height - 0.48) / reach
    return np.where(across**2 + down**2 < 1, 255, 0).astype(np.uint8)


def saved_bytes(picture: Image.Image, kind: str, options: dict[str, Any]) -> int:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.tell()


def encodings(photos: list[Path]) -> None:
    """Time and bytes of each lossless encoding, a megapixel."""
    pictures = [Image.fromarray(crop(photo)) for photo in photos]
    kinds: list[tuple[str, dict[str, Any]]] = [
        *(("PNG", {"compress_level": level}) for level in (1, 2, 4, 6, 9)),
        *(("WEBP", {"lossless": True, "method": m, "quality": 20}) for m in (0, 1, 2, 4)),
    ]
    for kind, options in kinds:
        sizes, seconds = timed(lambda k=kind, o=options: [saved_bytes(p, k, o) for p in pictures])
        size = sum(sizes) / len(photos)
        print(
            f"{kind:5s} {options!s:52s} {size / 1e6:5.2f} MB {1e3 * seconds / len(photos):5.0f} ms"
        )


def across(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The steps between neighbouring pixels across the hole's edge, inside less outside."""
    steps = []
    for axis in (0, 1):
        change = np.diff(picture.astype(np.float64), axis=axis)
        edge = np.diff(hole.astype(np.int8), axis=axis)
        steps += [change[edge > 0], -change[edge < 0]]
    return np.concatenate(steps)


def seam_step(picture: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float:
    """The mean step across the edge beyond the truth's own, in levels."""
    return float((np.abs(across(picture, hole)) - np.abs(across(truth, hole))).mean())


def answers(truth: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    columns = np.arange(truth.shape[1])[None, :, None] / truth.shape[1]
    yield "JPEG 80", jpeg(truth)
    yield "shifted", jpeg(truth + SHIFT + 3 * columns - 1.5)


def seam(photos: list[Path]) -> None:
    """A service that answers with the true background, shifted and as a JPEG."""
    hole = ellipse(SIDE, SIDE, 0.10) > 0
    removal = np.where(hole, 255, 0).astype(np.uint8)
    print(f"{'':24s}{'error in the hole':>40s}{'step across the edge':>40s}")
    print(f"{'':24s}" + f"{'JPEG':>10s}{'pasted':>10s}{'fitted':>10s}{'+ grain':>10s}" * 2)
    rows = []
    for photo in photos:
        truth = crop(photo)
        plain, shifted = (answer for _, answer in answers(truth))
        row, source = [], np.dstack([truth, removal])
        (fitted, grained), seconds = timed(
            lambda t=truth, s=shifted, p=source: [
                compose(p, fit(t, s, removal, grain=grain), removal)[0] for grain in (False, True)
            ]
        )
        for inside in (plain, shifted, fitted[..., :3], grained[..., :3]):
            picture = np.where(hole[..., None], inside, truth)
            error = np.abs(picture[hole].astype(np.float64) - truth[hole]).mean()
            row.append((error, seam_step(picture, truth, hole)))
        flat = [*(error for error, _ in row), *(step for _, step in row), seconds]
        rows.append(flat)
        print_row(photo.stem, flat)
    print_row("mean", list(np.mean(rows, axis=0)))


def print_row(name: str, numbers: list[float]) -> None:
    *levels, seconds = numbers
    print(f"{name[:23]:24s}" + "".join(f"{n:10.2f}" for n in levels) + f"{seconds:8.2f} s")


def enlarged(photo: Path, megapixels: float) -> np.ndarray:
    """The photograph cropped, or mirrored on, to a 4 : 3 picture of the size; RGBA."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width = round(height * 4 / 3)
    with Image.open(photo) as opened:
        rgb = np.asarray(opened.convert("RGB"))[:height, :width]
    rgb = np.pad(rgb, [(0, height - rgb.shape[0]), (0, width - rgb.shape[1]), (0, 0)], "reflect")
    return np.dstack([rgb, np.full((height, width), 255, np.uint8)])


def repair(photo: np.ndarray, coverage: np.ndarray) -> Iterator[tuple[str, float, Any]]:
    """One repair, step by step: (step, seconds, what is worth telling)."""
    layer = Box(0, 0, photo.shape[1], photo.shape[0])
    rows, columns = np.flatnonzero(coverage.any(1)), np.flatnonzero(coverage.any(0))
    bounds = Box.from_corners(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    selection = coverage[bounds.slices()].copy()
    grow = default_grow_px(bounds, layer)
    mask, seconds = timed(lambda: prepare(selection, bounds, layer, grow_px=grow, feather_px=4))
    yield "mask", seconds, mask.box
    (window, *_), seconds = timed(lambda: plan(mask, layer, "auto", Limits()))
    yield "plan", seconds, window
    rgba = photo[window.box.slices()].copy()
    cover = mask.within(window.box)
    sent, seconds = timed(lambda: upload.to_srgb8(rgba, cover))
    small, more = timed(lambda: upload.scale_picture(sent, window.size))
    yield "upload", seconds + more, None
    encoded, seconds = timed(lambda: codec.encode_image(small, max_bytes=UPLOAD_BYTES))
    yield "encode", seconds, encoded
    out = io.BytesIO()
    Image.fromarray(small).save(out, "JPEG", quality=90)
    (width, height), data = window.size, out.getvalue()
    answer, seconds = timed(lambda: codec.decode_answer(data, width=width, height=height))
    yield "decode", seconds, None

    def fitting() -> Fitted:
        if window.scale == 1:
            return fit(sent, answer, cover)
        return fit_reduced(sent, cover, small, answer, upload.scale_removal(cover, window.size))

    fitted, seconds = timed(fitting)
    yield "fit", seconds, None
    _, seconds = timed(lambda: compose(rgba, fitted, cover))
    yield "compose", seconds, None


def cost(photos: list[Path]) -> None:
    """Bytes, time and peak memory of the array part, by the picture's and selection's size."""
    for megapixels in (1, 12, 100):
        photo = enlarged(photos[0], megapixels)
        for part in (0.02, 0.10, 0.25):
            coverage = ellipse(photo.shape[0], photo.shape[1], part)
            tracemalloc.start()
            steps = {name: (seconds, fact) for name, seconds, fact in repair(photo, coverage)}
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            window, encoded = steps["plan"][1], steps["encode"][1]
            times = " ".join(f"{name} {seconds:.2f}" for name, (seconds, _) in steps.items())
            print(
                f"{megapixels:4d} MP {part:4.0%}  window {window.box.width} x {window.box.height} "
                f"at {window.scale:.2f}, {len(encoded.data) / 1e6:.1f} MB "
                f"{'' if encoded.lossless else '(lossy) '}up, peak {peak / 1e6:.0f} MB; {times} s"
            )


def sheet(photos: list[Path], out: Path) -> None:
    """Repairs at the seam, 200 %: what was there, the answer pasted, the answer fitted."""
    hole = ellipse(SIDE, SIDE, 0.10) > 0
    removal = np.where(hole, 255, 0).astype(np.uint8)
    rows = []
    for photo in photos:
        truth = crop(photo)
        smooth = ndimage.gaussian_filter(truth.astype(np.float32), (0.7, 0.7, 0))
        *_, (_, answer) = answers(smooth)
        source = np.dstack([truth, removal])
        fitted = compose(source, fit(truth, answer, removal), removal)[0][..., :3]
        views = [truth, np.where(hole[..., None], answer, truth), fitted]
        rows.append(np.hstack([view[340:460, 580:780] for view in views]))
    enlarged = Image.fromarray(np.vstack(rows)).resize(
        (1200, 240 * len(rows)), Image.Resampling.NEAREST
    )
    enlarged.save(out, quality=72)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["encodings", "seam", "cost", "sheet"])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("sheet.jpg"))
    options = parser.parse_args()
    if options.what == "sheet":
        sheet(options.photos, options.out)
    else:
        {"encodings": encodings, "seam": seam, "cost": cost}[options.what](options.photos)


if __name__ == "__main__":
    main()
