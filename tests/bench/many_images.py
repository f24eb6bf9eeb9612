"""Figures of a batch in a real GIMP: time against the lower bound, and peak memory.

Run as ``python -m tests.bench.many_images time|memory [COUNT]``; needs the tests' private roots.
The local server stands for the service: 2 s a task, 2 requests a second, 8 tasks at once.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

from gimp_bridge.installer.debian_root import ensure_root
from gimp_bridge.installer.in_root import data_binds, install_in_root
from tests.gimp.session import HOME, GimpSession
from tests.service_peer import KEY, local_service

TASK_S, QPS = 2.0, 2
PICTURES = {"time": (1600, 1200, 120, 90), "memory": (6000, 4000, 900, 800)}

OPEN = """
width, height, wide, high = picture
first = tools.new_image(width, height)
layer = tools.add_layer(first, "photo", 400, 300)
layer.scale(width, height, False)
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
started = time.monotonic()
status, values, error = tools.call(
    "plug-in-object-removal-batch", run_mode=Gimp.RunMode.NONINTERACTIVE, image=images[0],
    drawables=images[0].get_selected_drawables(), service="picwish",
)
took = time.monotonic() - started
result = [status, list(values[:3]), error, took, [len(image.get_layers()) for image in images]]
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
    """The largest resident memory, MB, of the plug-in and the worker while they run."""

    def __init__(self) -> None:
        self.mb: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, int]:
        self._stop.set()
        self._thread.join()
        return self.mb

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    words = (process / "cmdline").read_text(errors="replace").split("\0")
                    status = (process / "status").read_text()
                except OSError:
                    continue
                for name, sign in (("worker", "worker"), ("plug-in", "object-removal.py")):
                    if any(word.endswith(sign) for word in words) and "VmHWM" in status:
                        peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
                        self.mb[name] = max(self.mb.get(name, 0), peak)


def _kind(request) -> str:
    if request.method == "POST":
        return "create"
    return "poll" if "/tasks/" in request.path else "download"


def main(what: str, count: int) -> None:
    requests: list[str] = []
    options = {"qps": QPS, "task_seconds": TASK_S, "workers": 8}
    root = ensure_root("trixie", say=print)
    with (
        local_service(lambda request: requests.append(_kind(request)), **options) as address,
        tempfile.TemporaryDirectory() as folder,
    ):
        home = Path(folder)
        install_in_root(
            root, f"{HOME}/.config/GIMP/{root.gimp_version}", binds={home: HOME}, say=print
        )
        environment = {"PICWISH_BASE_URL": address, "PICWISH_API_KEY": KEY}
        gimp = GimpSession(root, home, data_binds(root), environment)
        gimp.run(OPEN, picture=PICTURES[what], count=count)
        peaks = Peaks()
        requests.clear()
        status, counts, error, took, layers = gimp.run(RUN)
        print(status, counts, error, "layers", sum(layers) - count, "peak MB", peaks.stop())
        _tell_time(took, requests, count)
        if what == "time":
            print("one after the other, 5 images:", round(gimp.run(ONE_BY_ONE, count=5), 1), "s")
        gimp.close()


def _tell_time(took: float, requests: list[str], count: int) -> None:
    creates, polls = requests.count("create"), requests.count("poll")
    bound = max(2 * count / QPS, TASK_S)
    print(
        f"{took:.1f} s; lower bound {bound:.1f} s; ratio {took / bound:.3f}; "
        f"{creates} creates, {polls} polls"
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20)
