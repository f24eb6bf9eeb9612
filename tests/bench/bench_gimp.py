"""A windowed GIMP with the plug-in installed as a user has it, for measuring.

The GIMP of the tests (``tests.gimp.session``) with what ``inside_gimp.py`` adds.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.bench.peaks import peaks_of, wait_for_rest
from tests.gimp.session import HOME, GimpSession
from tests.gui.person import DIALOG, Person
from tools.private_debian.install import data_binds, install_in_root
from tools.private_debian.root import DebianRoot, ensure_root

HERE = Path(__file__).resolve().parent
LINE = re.compile(r"(\S+ \S+?),(\d{3}) \d+ INFO gimp_bridge\.worker\.logs: (.+) took (\S+) s")
PATIENCE_S = 1800.0
"""GIMP takes 2.4 s to export a megapixel as PNG."""

KEY = "bench-key-0123456789abcdef"


class Stage(NamedTuple):
    """One stage of the worker, from its log: when it ended (epoch) and how long it took."""

    name: str
    ended_at: float
    seconds: float


class Run(NamedTuple):
    """One removal: seconds from call to layer shown, its stages, and the layer's size."""

    seconds: float
    stages: dict[str, float]
    began_at: float
    ended_at: float
    layer: list[int]


class BenchGimp:
    """A running GIMP; ``image`` is what is open."""

    def __init__(self, session: GimpSession) -> None:
        self.session = session
        self.image = 0
        self._person = Person(session, session.home / "screenshots")
        shutil.copy(HERE / "inside_gimp.py", session.home)

    def open(self, ppm: Path) -> None:
        """Open a picture in a window."""
        shown = f"{HOME}/{ppm.relative_to(self.session.home)}"
        self.image = self._inside("result = inside_gimp.open_image(path)", path=shown)

    def select(self, bounds: tuple[int, int, int, int]) -> None:
        """Select an ellipse."""
        self._inside("inside_gimp.select(image, *bounds)", bounds=list(bounds))

    def ours(self, **options: Any) -> Run:
        """Remove with our plug-in, then take the layer away again."""
        log = self._log()
        read = log.stat().st_size if log else 0
        chosen = {"service": "picwish", **options}
        wait_for_rest(self.session.process.pid)  # of what the run before has left it to draw
        began_at, ended_at, layer = self._inside(
            "result = inside_gimp.ours(image, **options)", options=chosen
        )
        self._inside("inside_gimp.clean(image)")
        stages = as_spans(self._stages(read), began_at, ended_at)
        return Run(ended_at - began_at, stages, began_at, ended_at, layer)

    def from_dialog(self) -> float:
        """Open our dialog, let it load, press OK: seconds until the layer is shown."""
        self._person.menu("r")
        self._person.wait_for(DIALOG)
        wait_for_rest(self.session.process.pid)
        began_at, ended_at = self._inside("result = inside_gimp.press_ok(image)")
        self._person.do("windows.wait_for_plug_in_to_end()")
        self._inside("inside_gimp.clean(image)")
        return ended_at - began_at

    def insertion(self, size: list[int]) -> float:
        """Seconds that GIMP alone takes to insert and show a layer of this size."""
        wait_for_rest(self.session.process.pid)
        seconds = self._inside("result = inside_gimp.insert_alone(image, *size)", size=size)
        self._inside("inside_gimp.clean(image)")
        return float(seconds)

    def baseline(self, address: str) -> Run:
        """Remove as others do, then take the layer away again."""
        wait_for_rest(self.session.process.pid)
        began_at, ended_at, stages = self._inside(
            "result = inside_gimp.baseline(image, address)", address=address
        )
        self._inside("inside_gimp.clean(image)")
        return Run(ended_at - began_at, stages, began_at, ended_at, [])

    def peaks(self) -> AbstractContextManager[dict[str, int]]:
        """Fills a dict of role to peak bytes while the block runs."""
        return peaks_of(self.session.process.pid)

    def close_image(self) -> None:
        """Close the picture and its window."""
        self._inside("inside_gimp.close_image()")

    def _inside(self, code: str, **values: Any) -> Any:
        start = (
            f"import sys; sys.path.insert(0, {HOME!r}); import inside_gimp; "
            "image = Gimp.Image.get_by_id(image_id) if image_id else None\n"
        )
        return self.session.run(start + code, image_id=self.image, **values)

    def _log(self) -> Path | None:
        return next(self.session.home.rglob("worker.log"), None)

    def _stages(self, offset: int) -> list[Stage]:
        log = self._log()
        if log is None:
            return []
        text = log.read_bytes()[offset:].decode()
        return [_stage(match) for match in LINE.finditer(text)]


def _stage(match: re.Match[str]) -> Stage:
    # The log's clock is local time; GIMP's Debian and this machine share it.
    ended = datetime.strptime(match.group(1), "%Y-%m-%d %H:%M:%S")
    return Stage(
        match.group(3), ended.timestamp() + int(match.group(2)) / 1000, float(match.group(4))
    )


def as_spans(stages: list[Stage], began_at: float, ended_at: float) -> dict[str, float]:
    """Seconds by stage; what comes before the first is "start", what no stage covers "other".

    "connect" runs beside "encode": it counts with what it takes longer.
    """
    spans: dict[str, float] = {}
    if stages:
        spans["start"] = stages[0].ended_at - stages[0].seconds - began_at
    encoded_at = max((stage.ended_at for stage in stages if stage.name == "encode"), default=0.0)
    for stage in stages:
        seconds = stage.seconds
        if stage.name == "connect":
            seconds = min(seconds, max(0.0, stage.ended_at - encoded_at))
        spans[stage.name] = spans.get(stage.name, 0.0) + seconds
    spans["other"] = ended_at - began_at - sum(spans.values())
    return spans


@contextmanager
def bench_gimp(
    suite: str, home: Path, address: str, say: Callable[[str], None]
) -> Iterator[BenchGimp]:
    """Install into a fresh profile and run GIMP while the block lasts."""
    root = ensure_root(suite, say=say)
    install(root, home, say)
    agree(home, address)
    environment = {"PICWISH_BASE_URL": address, "PICWISH_API_KEY": KEY}
    session = GimpSession(root, home, data_binds(root), environment, PATIENCE_S)
    try:
        yield BenchGimp(session)
    finally:
        session.close()


def agree(home: Path, address: str) -> None:
    """Let the person have agreed before to send pictures to the service."""
    settings = home / ".config" / "gimp-object-removal" / "settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"consents": [urlsplit(address).netloc]}))


def install(root: DebianRoot, home: Path, say: Callable[[str], None]) -> None:
    """Install the plug-in into the profile that lies in ``home``."""
    profile = f"{HOME}/.config/GIMP/{root.gimp_version}"
    install_in_root(root, profile, binds={home: HOME}, say=say)
