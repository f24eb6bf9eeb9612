"""The engine's benchmark: quality and time beside the peers, in one run.

    python tests/bench/engine.py tuning|aside|time|growth|removals [--only NAME ...]

``tuning`` may be looked at freely; ``aside`` is kept for judging, look at it seldom.  Results,
side-by-side sheets and the figures as JSON go into the folder; results of peers found there are
not computed again.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import holes
import peers
import removals
import timing
from measures import Measured, measure
from photographs import PACKAGES, halves

SIZE_PX = 512
PER_PHOTOGRAPH = 2
GLANCE_PX = (176, 132)
"""(width, height) of a picture on the sheet of all removals."""
SEED = {"tuning": 1, "aside": 2}


class Case(NamedTuple):
    """One hole in one crop of one photograph."""

    name: str
    image: np.ndarray
    mask: np.ndarray


def cases(which: str) -> list[Case]:
    """Make the set's holes: two crops a photograph, each with its own hole."""
    found, missing = [], []
    for index, photograph in enumerate(halves()[which]):
        if not photograph.path.exists():
            missing.append(photograph.name)
            continue
        picture = photograph.read(SIZE_PX * 5 // 4)
        for turn in range(PER_PHOTOGRAPH):
            number = index * PER_PHOTOGRAPH + turn
            random = np.random.default_rng((SEED[which], number, 7))
            size = min(SIZE_PX, *picture.shape[:2])
            y, x = (int(random.integers(0, side - size + 1)) for side in picture.shape[:2])
            image = np.ascontiguousarray(picture[y : y + size, x : x + size])
            mask = holes.draw(size, number, SEED[which])
            found.append(Case(f"{photograph.name}-{turn}", image, mask))
    if missing:
        print(f"missing photographs: {', '.join(missing)}\n  {PACKAGES}")
    return found


def solve(name: str, engine: peers.Engine, case: Case, folder: Path) -> tuple[np.ndarray, float]:
    """Compute the engine's result or, for a peer, read it back from the folder."""
    path = folder / f"{case.name}-{name}.png"
    note = path.with_suffix(".json")
    if name != "ours" and note.exists():
        with Image.open(path) as file:
            return np.asarray(file), json.loads(note.read_text())
    result, seconds = engine(case.image, case.mask)
    result = np.where(case.mask[..., None] > 0, result, case.image)
    Image.fromarray(result).save(path)
    note.write_text(json.dumps(seconds))
    return result, seconds


def sheet(case: Case, results: dict[str, np.ndarray], path: Path) -> None:
    """Write the truth, the hole and every result side by side."""
    holed = case.image.copy()
    holed[case.mask > 0] = (255, 0, 255)
    pictures = {"truth": case.image, "hole": holed, **results}
    height, width = case.mask.shape
    canvas = Image.new("RGB", (width * len(pictures), height + 14))
    draw = ImageDraw.Draw(canvas)
    for column, (name, picture) in enumerate(pictures.items()):
        draw.text((column * width + 4, 1), name, "white")
        canvas.paste(Image.fromarray(picture), (column * width, 14))
    canvas.save(path, quality=92)


def summary(rows: list[Measured], seconds: list[float]) -> dict[str, float]:
    """Means; sharpness and seam, being ratios, as geometric means; the median of the seconds."""
    table = np.array(rows)
    return {
        "psnr_db": float(table[:, 0].mean()),
        "ssim": float(table[:, 1].mean()),
        "swd": float(table[:, 2].mean()),
        "sharpness": float(np.exp(np.log(table[:, 3]).mean())),
        "seam": float(np.exp(np.log(table[:, 4]).mean())),
        "seconds": float(np.median(seconds)),
    }


def show(figures: dict[str, dict[str, float]], count: int) -> None:
    """Print the table."""
    print(f"{count} holes       PSNR dB    SSIM     SWD  sharpness   seam   s (median)")
    for name, row in figures.items():
        print(
            f"{name:14} {row['psnr_db']:9.2f} {row['ssim']:8.3f} {row['swd']:7.3f} "
            f"{row['sharpness']:9.2f} {row['seam']:7.2f} {row['seconds']:9.2f}"
        )


def quality(which: str, engines: dict[str, peers.Engine], folder: Path) -> None:
    """Fill every hole of the set with every engine; print the table, write JSON and sheets."""
    folder.mkdir(parents=True, exist_ok=True)
    measured: dict[str, list[Measured]] = {name: [] for name in engines}
    times: dict[str, list[float]] = {name: [] for name in engines}
    every = cases(which)
    for case in every:
        results = {}
        for name, engine in engines.items():
            results[name], seconds = solve(name, engine, case, folder)
            measured[name].append(measure(results[name], case.image, case.mask))
            times[name].append(seconds)
        sheet(case, results, folder / f"sheet-{case.name}.jpg")
    figures = {name: summary(measured[name], times[name]) for name in engines}
    show(figures, len(every))
    detail = {
        name: {case.name: row._asdict() for case, row in zip(every, rows, strict=True)}
        for name, rows in measured.items()
    }
    (folder / "figures.json").write_text(json.dumps({"mean": figures, "each": detail}, indent=1))


def glance(case: Case, results: dict[str, np.ndarray]) -> Image.Image:
    """One row of the sheet of all removals: the hole's surroundings, reduced, engine by engine."""
    holed = case.image.copy()
    holed[case.mask > 0] = (255, 0, 255)
    rows, columns = (np.flatnonzero((case.mask > 0).any(axis)) for axis in (1, 0))
    width, height = GLANCE_PX
    scale = max(np.ptp(columns) / width, np.ptp(rows) / height) * 1.8
    middle = (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2
    part = []
    for place, side, most in zip(middle, GLANCE_PX, case.mask.shape[::-1], strict=True):
        reach = min(side * scale, most) / 2
        place = min(max(place, reach), most - reach)
        part += [place - reach, place + reach]
    box = (part[0], part[2], part[1], part[3])
    row = Image.new("RGB", (width * (2 + len(results)), height))
    for column, picture in enumerate([case.image, holed, *results.values()]):
        piece = Image.fromarray(picture).crop(tuple(map(round, box)))
        piece.thumbnail((width - 2, height - 2), Image.Resampling.LANCZOS)
        row.paste(piece, (column * width, 0))
    return row


def look(engines: dict[str, peers.Engine], folder: Path) -> None:
    """Write a sheet of every real removal, for the eye, and one of them all."""
    together = []
    folder.mkdir(parents=True, exist_ok=True)
    known = {photograph.name: photograph for half in halves().values() for photograph in half}
    for removal in removals.REMOVALS:
        if not known[removal.photograph].path.exists():
            continue
        image = known[removal.photograph].read(removals.SHORTER_PX)
        mask = removals.draw(removal, *image.shape[:2])
        case = Case(f"{removal.what}-{removal.photograph}", image, mask)
        results = {name: solve(name, engine, case, folder)[0] for name, engine in engines.items()}
        sheet(case, results, folder / f"sheet-{case.name}.jpg")
        together.append(np.asarray(glance(case, results)))
    Image.fromarray(np.concatenate(together)).save(folder / "removals.jpg", quality=80)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["tuning", "aside", "time", "growth", "removals"])
    parser.add_argument("--only", nargs="*", help="engines to run; default all installed")
    parser.add_argument("--sizes", nargs="*", type=int, default=timing.SIZES_PX, help="px")
    parser.add_argument("--folder", type=Path, default=Path("out/engine"))
    given = parser.parse_args()
    engines = peers.available()
    for name, command in peers.INSTALL.items():
        if name not in engines:
            print(f"not compared with {name}: not installed ({command})")
    if given.only:
        engines = {name: engines[name] for name in given.only}
    if given.what == "time":
        timing.beside_peers(engines, given.sizes)
    elif given.what == "growth":
        timing.growth(given.sizes)
    elif given.what == "removals":
        look(engines, given.folder / "removals")
    else:
        quality(given.what, engines, given.folder / given.what)


if __name__ == "__main__":
    main()
