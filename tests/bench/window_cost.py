"""What a removal costs by picture and selection: bytes, time, peak memory, in a real GIMP.

    python -m tests.bench.window_cost [--suite trixie] [--megapixels 1 12 100] [--runs 3]

Prints the table of docs/picture.md.  The service answers at once, with what it was sent, so the
seconds are all our own; they are taken from the call to the layer shown, worker's start included.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.overhead import Plan, measure

SHARES = (0.02, 0.10, 0.25)
HEADER = (
    "| photograph | selection | layer | upload | time | worker, peak | plug-in, peak |\n"
    "|---|---|---|---|---|---|---|"
)


def row(figures: dict[str, Any]) -> str:
    """One line of the table."""
    peaks = {role: f"{size / 1e6:.0f} MB" for role, size in figures["peak_bytes"].items()}
    width, height = figures["layer"][-2:]
    seconds = statistics.median(figures["seconds"])
    return (
        f"| {figures['megapixels']:g} MP | {figures['share']:.0%} | {width} × {height} "
        f"| {figures['uploaded_bytes'] / 1e6:.1f} MB | {seconds:.1f} s "
        f"| {peaks.get('worker', '?')} | {peaks.get('plug-in', '?')} |"
    )


def main() -> None:
    """Measure and print, row by row; the load of the machine comes with each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="trixie", help="the private Debian: trixie or forky")
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 12, 100])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    plan = Plan(tuple(options.megapixels), SHARES, options.runs, baseline=False)
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory(prefix="object-removal-bench-") as home:
        for figures in measure(plan, options.suite, Path(home), say=lambda _line: None):
            if "share" in figures:
                print(f"{row(figures)} <!-- load {os.getloadavg()[0]:.1f} -->", flush=True)


if __name__ == "__main__":
    main()
