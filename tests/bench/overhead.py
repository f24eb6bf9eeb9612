"""Part 1: everything but the service's own time, ours beside the way other plug-ins do it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import scenes
from tests.bench.bench_gimp import BenchGimp, Run, bench_gimp
from tests.bench.echo_service import EchoService, echo_service

MEGAPIXELS = (1, 12, 24, 64, 100)
SHARES = (0.001, 0.02, 0.10, 0.25)
SAME_AREA_PX = 240_000  # 2 % of 12 megapixels, in pictures of every size
COMPARED_SHARE = 0.02
RUNS = 5
BASELINE_RUNS = {1: 5, 12: 5}
"""Above, only the run whose peaks are looked at: it takes minutes."""
LARGE_RUNS = 2
"""Of ours where 10 % or more of 24 megapixels or more are selected: no ratio is made of these."""

Say = Callable[[str], None]
Figures = dict[str, Any]


@dataclass
class Plan:
    """What of the grid is measured."""

    megapixels: tuple[float, ...] = MEGAPIXELS
    shares: tuple[float, ...] = SHARES
    runs: int = RUNS
    baseline: bool = True


def measure(plan: Plan, suite: str, home: Path, say: Say) -> Iterator[Figures]:
    """One dict of figures after another, as they are measured; a warm-up run precedes each."""
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
    for kind, value, area_px in selections:
        gimp.select(scenes.ellipse(size, area_px))
        gimp.ours()
        of = {"megapixels": megapixels, kind: value}
        ours = _Series("ours", of, service, gimp.ours)
        theirs = _Series("baseline", of, service, lambda: gimp.baseline(service.address))
        large = megapixels >= 24 and kind == "share" and value >= 0.1
        times = min(LARGE_RUNS, plan.runs) if large else plan.runs
        compared = plan.baseline and of.get("share") == COMPARED_SHARE
        their_times = min(BASELINE_RUNS.get(int(megapixels), 0), plan.runs) if compared else 0
        # In turns, so that whatever else the machine does weighs on both.
        for turn in range(times):
            ours.run()
            if turn < their_times:
                theirs.run()
        # Looking takes processor time: the peaks are those of a run of its own, but where one
        # takes minutes, of which that is little.
        ours.look(gimp.peaks())
        figures = ours.figures()
        if kind == "area":
            figures["from_dialog_s"] = [gimp.from_dialog() for _ in range(plan.runs)]
            figures["insertion_s"] = [gimp.insertion(figures["layer"]) for _ in range(plan.runs)]
        yield figures
        if compared:
            theirs.look(gimp.peaks())
            yield theirs.figures()


class _Series:
    """The same removal several times."""

    def __init__(
        self, way: str, of: Figures, service: EchoService, remove: Callable[[], Run]
    ) -> None:
        self._way = way
        self._of: Figures = {"part": "overhead", "way": way, **of}
        self._service = service
        self._remove = remove
        self._runs: list[Run] = []
        self._peaks: dict[str, int] = {}

    def run(self) -> None:
        """Once more."""
        self._service.forget()
        self._service.fills = self._way == "ours"  # the others take any answer
        self._runs.append(self._remove())

    def look(self, peaks: AbstractContextManager[dict[str, int]]) -> None:
        """Once more, for the peaks; its time counts only where there is no other."""
        timed = len(self._runs)
        with peaks as self._peaks:
            self.run()
        del self._runs[max(1, timed) :]

    def figures(self) -> Figures:
        """What was measured: all times, the median of the stages, and what the last run sent."""
        return {
            **self._of,
            "seconds": [each.seconds for each in self._runs],
            "uploaded_bytes": self._service.uploaded_bytes(),
            "peak_bytes": self._peaks,
            "stages_s": medians([each.stages for each in self._runs]),
            "layer": self._runs[-1].layer,
        }


def medians(dicts: list[dict[str, float]]) -> dict[str, float]:
    """The median of each key of the dicts."""
    keys = dict.fromkeys(key for each in dicts for key in each)
    return {key: statistics.median(each[key] for each in dicts if key in each) for key in keys}


def in_one_line(figures: Figures) -> str:
    """The figures for somebody who watches."""
    what = figures.get("share", figures.get("area"))
    seconds = " ".join(f"{each:.2f}" for each in figures["seconds"])
    stages = " ".join(f"{name} {each:.2f}" for name, each in figures["stages_s"].items())
    return (
        f"{figures['way']:8} {figures['megapixels']:>4} MP {what}: {seconds} s; {stages}; "
        f"{figures['uploaded_bytes'] / 1e6:.1f} MB up; layer {figures['layer']}"
    )
