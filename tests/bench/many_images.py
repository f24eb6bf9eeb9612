"""Figures of a batch in a real GIMP: time against the lower bound, and peak memory.

Run as ``python -m tests.bench.many_images time|memory [COUNT ...] [--qps QPS]``; needs the tests'
private roots.  The local server stands for the service: 2 s a task, QPS requests a second (2),
any number of tasks at once.  All counts are measured in one GIMP, each with a plug-in and a
worker of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from tests.gimp import session
from tests.gimp.session import HOME, GimpSession
from tests.service_peer import KEY, local_service
from tools.private_debian.install import data_binds, install_in_root
from tools.private_debian.root import ensure_root

TASK_S = 2.0
LONGEST_RUN_S = 3600
COUNTS = {"time": [20], "memory": [12, 25, 50]}
PICTURES = {"time": (1600, 1200, 120, 90), "memory": (6000, 4000, 900, 800)}

OPEN = """
width, height, wide, high = picture
first = tools.new_image(width, height)
layer = tools.add_layer(first, "photo", 400, 300)
layer.scale(width, height, False)
# Noise, so that nothing is encoded smaller than it may be.
for filter_name in ("gegl:noise-rgb",):
    layer.merge_filter(Gimp.DrawableFilter.new(layer, filter_name, "noise"))
tools.select(first, width // 3, height // 3, wide, high)
images = [first] + [first.duplicate() for _ in range(count - 1)]
for number, image in enumerate(images):  # all different: equal requests would be one task
    tools.select(image, width // 3 + number, height // 3, wide, high)
result = [image.get_id() for image in images]
"""

RUN = """
import time
images = Gimp.get_images()
started = time.time()
status, values, error = tools.call(
    "plug-in-object-removal-batch", run_mode=Gimp.RunMode.NONINTERACTIVE, image=images[0],
    drawables=images[0].get_selected_drawables(), service="picwish",
)
ended = time.time()
layers = [len(image.get_layers()) for image in images]
result = [status, list(values[:3]), error, started, ended, layers]
"""

ONE_BY_ONE = """
import time
images = Gimp.get_images()[:count]
started = time.monotonic()
for image in images:
    status, values, error = tools.remove(image, image.get_selected_drawables(), service="picwish")
    assert status == "success", error
result = time.monotonic() - started
"""


class Peaks:
    """The largest resident memory, MB, of the plug-in and the worker of the GIMP ``above`` them."""

    def __init__(self, above: int) -> None:
        self.mb: dict[str, int] = {}
        self._above = above
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, int]:
        self._stop.set()
        self._thread.join()
        return self.mb

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            for process in _descendants(self._above):
                try:
                    words = (process / "cmdline").read_text(errors="replace").split("\0")
                    status = (process / "status").read_text()
                except OSError:
                    continue
                for name, sign in (("worker", "worker"), ("plug-in", "object-removal.py")):
                    if any(word.endswith(sign) for word in words) and "VmHWM" in status:
                        peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
                        self.mb[name] = max(self.mb.get(name, 0), peak)


def _descendants(above: int) -> list[Path]:
    """The processes below one: others on this machine may run the same program."""
    children: dict[int, list[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(process.name))
    found, waiting = [], [above]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += [Path("/proc", str(number)) for number in below]
        waiting += below
    return found


class Request(NamedTuple):
    """One request as it reached the server: when, and whether it is create, poll or download."""

    at: float
    kind: str


def _request(request) -> Request:
    if request.method == "POST":
        return Request(time.time(), "create")
    return Request(time.time(), "poll" if "/tasks/" in request.path else "download")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=PICTURES)
    parser.add_argument("counts", nargs="*", type=int)
    parser.add_argument("--qps", type=float, default=2.0)
    parser.add_argument("--suite", default="trixie")
    options = parser.parse_args()
    requests: list[Request] = []
    root = ensure_root(options.suite, say=print)
    server = {"qps": options.qps, "task_seconds": TASK_S, "workers": 64}
    with (
        local_service(lambda request: requests.append(_request(request)), **server) as address,
        tempfile.TemporaryDirectory() as folder,
    ):
        home = Path(folder)
        install_in_root(
            root, f"{HOME}/.config/GIMP/{root.gimp_version}", binds={home: HOME}, say=print
        )
        settings = home / ".config" / "gimp-object-removal" / "settings.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps({"per_second": options.qps}))
        environment = {"PICWISH_BASE_URL": address, "PICWISH_API_KEY": KEY}
        session.ANSWER_SECONDS = LONGEST_RUN_S
        gimp = GimpSession(root, home, data_binds(root), environment)
        for count in options.counts or COUNTS[options.what]:
            _measure(gimp, options.what, count, options.qps, requests)
        gimp.close()


def _measure(gimp: GimpSession, what: str, count: int, qps: float, requests: list[Request]) -> None:
    gimp.run(OPEN, picture=PICTURES[what], count=count)
    requests.clear()
    peaks = Peaks(gimp.process.pid)
    status, counts, error, started, ended, layers = gimp.run(RUN)
    peak_mb = peaks.stop()
    print(f"{count} images: {status} {counts} {error}", "layers", sum(layers) - count)
    print(f"  peak MB {peak_mb}; load {os.getloadavg()[0]:.1f}", flush=True)
    _tell_time(started, ended, list(requests), count, qps)
    if what == "time":
        print("  one after the other, 5 images:", round(gimp.run(ONE_BY_ONE, count=5), 1), "s")
    gimp.run("for image in Gimp.get_images():\n    image.delete()")


def _tell_time(
    started: float, ended: float, requests: list[Request], count: int, qps: float
) -> None:
    paced = [each for each in requests if each.kind != "download"]
    creates = sum(each.kind == "create" for each in paced)
    took, bound = ended - started, max(2 * count / qps, TASK_S)
    print(
        f"  {took:.1f} s; lower bound {bound:.1f} s; ratio {took / bound:.3f}; "
        f"{creates} creates, {len(paced) - creates} polls"
    )
    gaps = sorted(b.at - a.at for a, b in itertools.pairwise(paced))
    print(
        f"  {paced[0].at - started:.2f} s to the first request, "
        f"{paced[-1].at - paced[0].at:.2f} s to the last, {ended - paced[-1].at:.2f} s to the end; "
        f"gaps {gaps[0]:.3f} - {gaps[-1]:.3f} s, median {gaps[len(gaps) // 2]:.3f} s"
    )


if __name__ == "__main__":
    main()
