"""Part 2: from the moment the service has finished to the layer shown, at 2 requests a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import scenes
from tests.bench.bench_gimp import bench_gimp
from tests.bench.echo_service import echo_service

TASKS_S = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0)
"""The service says that most tasks take 1 - 2 s."""


def measure(suite: str, home: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds from a task's end to the layer, for each of ``TASKS_S``; 12 megapixels, 2 %."""
    size = scenes.size_of(12)
    scenes.save_ppm(scenes.photograph(size), home / "picture.ppm")
    delays, polls = [], []
    with echo_service(1.0) as service, bench_gimp(suite, home, service.address, say) as gimp:
        gimp.open(home / "picture.ppm")
        gimp.select(scenes.ellipse(size, 0.02 * size[0] * size[1]))
        gimp.ours()
        for service.task_s in TASKS_S:
            service.forget()
            run = gimp.ours()
            (done_at,) = service.done_at.values()
            delays.append(run.ended_at - done_at)
            polls.append(sum(each.kind == "query" for each in service.exchanges))
            say(f"task {service.task_s} s: {delays[-1]:.2f} s later, {polls[-1]} polls")
    return {"part": "async", "task_s": TASKS_S, "delay_s": delays, "polls": polls}
