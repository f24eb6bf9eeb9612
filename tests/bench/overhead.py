"""Part 1: everything but the service's own time, ours beside the way other plug-ins do it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import scenes
from tests.bench.bench_gimp import BenchGimp, Run, bench_gimp
from tests.bench.echo_service import EchoService, echo_service

MEGAPIXELS = (1, 12, 24, 64, 100)
SHARES = (0.001, 0.02, 0.10, 0.25)
SAME_AREA_PX = 240_000  # 2 % of 12 megapixels, in pictures of every size
RUNS = 5
BASELINE_RUNS = {1: 5, 12: 5, 24: 3}
"""Above, one run: it takes minutes."""

Say = Callable[[str], None]
Figures = dict[str, Any]


@dataclass
class Plan:
    """What of the grid is measured."""

    megapixels: tuple[float, ...] = MEGAPIXELS
    shares: tuple[float, ...] = SHARES
    runs: int = RUNS
    baseline: bool = True
    ours: bool = True
    done: list[Figures] = field(default_factory=list)


def measure(plan: Plan, suite: str, home: Path, say: Say) -> Iterator[Figures]:
    """One dict of figures after another, as they are measured; a warm-up run comes first."""
    with echo_service() as service, bench_gimp(suite, home, service.address, say) as gimp:
        for megapixels in plan.megapixels:
            size = scenes.size_of(megapixels)
            say(f"making a picture of {size[0]} × {size[1]}")
            path = home / "picture.ppm"
            scenes.save_ppm(scenes.photograph(size), path)
            gimp.open(path)
            for figures in _one_size(plan, gimp, service, megapixels, size):
                say(in_one_line(figures))
                yield figures
            gimp.close_image()


def _one_size(
    plan: Plan, gimp: BenchGimp, service: EchoService, megapixels: float, size: tuple[int, int]
) -> Iterator[Figures]:
    selections = [("share", share, share * size[0] * size[1]) for share in plan.shares]
    selections.append(("area", SAME_AREA_PX, SAME_AREA_PX))
    if plan.ours:
        gimp.select(scenes.ellipse(size, SAME_AREA_PX))
        gimp.ours()
        for kind, value, area_px in selections:
            gimp.select(scenes.ellipse(size, area_px))
            yield _repeated("ours", gimp.ours, plan.runs, service, megapixels, kind, value)
    if plan.baseline:
        gimp.select(scenes.ellipse(size, 0.02 * size[0] * size[1]))
        runs = BASELINE_RUNS.get(int(megapixels), 1)
        yield _repeated(
            "baseline",
            lambda: gimp.baseline(service.address),
            min(runs, plan.runs),
            service,
            megapixels,
            "share",
            0.02,
        )


def _repeated(
    way: str,
    run: Callable[[], Run],
    times: int,
    service: EchoService,
    megapixels: float,
    kind: str,
    value: float,
) -> Figures:
    runs, uploaded = [], 0
    for _ in range(times):
        service.forget()
        runs.append(run())
        uploaded = service.uploaded_bytes()
    seconds = [each.seconds for each in runs]
    return {
        "part": "overhead",
        "way": way,
        "megapixels": megapixels,
        kind: value,
        "seconds": seconds,
        "waiting_s": [each.waiting_s for each in runs],
        "uploaded_bytes": uploaded,
        "peak_bytes": merged(max, [each.peaks for each in runs]),
        "stages_s": merged(statistics.median, [each.stages for each in runs]),
        "layer": runs[-1].layer,
    }


def merged(how: Callable[[list[float]], float], dicts: list[dict[str, Any]]) -> dict[str, float]:
    """One value of each key of the dicts."""
    keys = dict.fromkeys(key for each in dicts for key in each)
    return {key: how([each[key] for each in dicts if key in each]) for key in keys}


def in_one_line(figures: Figures) -> str:
    """The figures for somebody who watches."""
    what = figures.get("share", figures.get("area"))
    seconds = " ".join(f"{each:.2f}" for each in figures["seconds"])
    stages = " ".join(f"{name} {each:.2f}" for name, each in figures["stages_s"].items())
    return (
        f"{figures['way']:8} {figures['megapixels']:>4} MP {what}: {seconds} s; {stages}; "
        f"{figures['uploaded_bytes'] / 1e6:.1f} MB up; layer {figures['layer']}"
    )
