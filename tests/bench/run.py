"""All measurements of this project in one table: ``python3 tests/bench/run.py [PART ...]``.

Parts: overhead, async, batch, engine, startup; without any, all of them.  Needs what the tests in
a real GIMP need (see tests/run.py), and an otherwise quiet machine.  Figures go to
out/performance.json as they are measured, then the table and its plots into docs/.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[0] = str(CHECKOUT)  # in place of this folder

PACKAGES = ("matplotlib>=3.10", "scikit-image>=0.25")  # the group "bench" of pyproject.toml
PARTS = ("startup", "async", "batch", "overhead", "engine")
BATCH = re.compile(r"([\d.]+) s; lower bound ([\d.]+) s")
ENGINE_SIZES_PX = ("512", "1024", "2048")
ENGINE_ROW = re.compile(r"(\d+) px +(\d+)% +([\d.]+) s \(")


def say(line: str) -> None:
    """Tell whoever watches."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


def machine() -> dict[str, Any]:
    """What the figures hold for."""
    commit = subprocess.run(
        ["git", "-C", CHECKOUT, "rev-parse", "--short", "HEAD"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), "?",
    )  # fmt: skip
    return {
        "part": "machine",
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "commit": commit,
        "cores": os.cpu_count(),
        "model": model,
        "memory_bytes": memory,
        "load": os.getloadavg(),
    }


def main() -> int:
    """Measure, then write the report."""
    options = parse()
    try:
        import skimage  # noqa: F401
    except ImportError:
        return in_the_tests_environment()
    from tests.bench import report

    figures = json.loads(options.json.read_text()) if options.json.exists() else []

    def keep(new: dict[str, Any]) -> None:
        figures[:] = [each for each in figures if report.key(each) != report.key(new)] + [new]
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=1))

    if not options.report:
        keep(machine())
        for part in options.parts or PARTS:
            with tempfile.TemporaryDirectory(prefix="object-removal-bench-") as home:
                for new in measure(part, options, Path(home)):
                    keep({**new, "load": os.getloadavg()[0]})
    report.write(figures, CHECKOUT / "docs")
    return 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure the plug-in in a real GIMP.")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--suite", default="trixie", help="the private Debian: trixie or forky")
    parser.add_argument("--megapixels", type=float, nargs="+", help="only these sizes")
    parser.add_argument("--shares", type=float, nargs="+", help="only these selections")
    parser.add_argument("--runs", type=int, default=5, help="of each measurement")
    parser.add_argument("--no-baseline", action="store_true", help="measure ours alone")
    parser.add_argument("--report", action="store_true", help="only write what was measured")
    parser.add_argument("--json", type=Path, default=CHECKOUT / "out" / "performance.json")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no such part: {part}")
    return options


def measure(part: str, options: argparse.Namespace, home: Path) -> Any:
    """The figures of one part, one after another."""
    from tests.bench import asynchronous, overhead, startup

    say(f"== {part}")
    if part == "overhead":
        plan = overhead.Plan(runs=options.runs, baseline=not options.no_baseline)
        if options.megapixels:
            plan.megapixels = tuple(options.megapixels)
        if options.shares:
            plan.shares = tuple(options.shares)
        return overhead.measure(plan, options.suite, home, say)
    if part == "async":
        return [asynchronous.measure(options.suite, home, say)]
    if part == "startup":
        return [startup.measure(options.suite, home, say)]
    return batches(options) if part == "batch" else engine()


def batches(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """20 images at the pace of a small and of a large account, as their benchmark prints them."""
    for per_second in (2, 10):
        counts = ["20"] * options.runs
        how = ["--qps", str(per_second), "--suite", options.suite]
        printed = own_benchmark(["-m", "tests.bench.many_images", "time", *counts, *how])
        found = [[float(number) for number in match.groups()] for match in BATCH.finditer(printed)]
        if found:
            seconds, bounds = zip(*found, strict=True)
            yield {
                "part": "batch",
                "per_second": per_second,
                "seconds": list(seconds),
                "bound_s": bounds[0],
            }


def engine() -> Iterator[dict[str, Any]]:
    """The embedded engine's seconds, as its own benchmark prints them."""
    printed = own_benchmark(["tests/bench/engine.py", "growth", "--sizes", *ENGINE_SIZES_PX])
    rows = [match.groups() for match in ENGINE_ROW.finditer(printed)]
    if rows:
        yield {"part": "engine", "rows": [[int(px), int(share), float(s)] for px, share, s in rows]}


def own_benchmark(arguments: list[str]) -> str:
    """What a benchmark with a command line of its own prints; "" where it fails, which is told."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    print(done.stdout)
    if done.returncode:
        say(f"not measured: {' '.join(done.stderr.strip().splitlines()[-1:])}")
        return ""
    return done.stdout


def in_the_tests_environment() -> int:
    """Run this again with the packages that tests/run.py sets up."""
    from tests import run

    python = run.prepare(["gimp"], None, say=say)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return subprocess.run([python, __file__, *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
