"""``kill -9`` at twenty moments of a run: every task whose id had arrived is brought back.

The child does what the worker does, and leaves a file where the worker inserts a layer.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from gimp_bridge.errors import MaybeSent
from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.recovery import recover
from tests.faults.hostile import Forever, Hostile, Script
from tests.service_peer import KEY, hole, pixels_of, place_fill, quadrants

ROOT = Path(__file__).parents[2]
EXPECTED = place_fill(quadrants(), hole())
MOMENTS_MS = [40 * number for number in range(20)]

CHILD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from gimp_bridge.service.client import PicWish
    from gimp_bridge.service.journal import Journal
    from gimp_bridge.service.pace import Pace
    from gimp_bridge.service.request import RemovalRequest
    from gimp_bridge.service.task import run_task
    from tests.service_peer import KEY, hole, png, quadrants

    address, folder = sys.argv[1], Path(sys.argv[2])
    client = PicWish(address, KEY, pace=Pace(1000))
    client.expected_s = 0.1
    request = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole()), size_px=(64, 48))
    print("ready", flush=True)
    sys.stdin.readline()
    paid = run_task(client, Journal(folder / "journal"), request)
    (folder / "layer").write_bytes(paid.data)
    paid.claim()
    """
)


def slowly(link):
    """The answer is 100 ms on its way, so that some kills fall between task and id."""
    answer = link.honest()
    link.sleep(0.1)
    link.reply(*answer)


def killed_after(moment_ms: int, folder: Path) -> dict:
    folder.mkdir()
    script = Script(create=Forever(slowly), query=Forever(slowly), result=Forever(slowly))
    with Hostile(script, task_seconds=0.15) as server:
        _run_and_kill(server.address, folder, moment_ms)
        server.be_honest.set()
        client = PicWish(server.address, KEY, pace=Pace(1000))
        client.expected_s = 0.05
        pictures = unknown = 0
        for recovered in recover(lambda: client, Journal(folder / "journal")):
            pictures += bool(
                recovered.data is not None and np.array_equal(pixels_of(recovered.data), EXPECTED)
            )
            unknown += isinstance(recovered.problem, MaybeSent)
            recovered.claim()
        return {
            "layer": (folder / "layer").exists(),
            "recovered": pictures,
            "unknown": unknown,
            "tasks": server.tasks_created,
            # A folder whose record was never written holds nothing; it goes after an hour.
            "left": sum(1 for _ in Journal(folder / "journal").unclaimed()),
        }


def _run_and_kill(address: str, folder: Path, moment_ms: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, address, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout.readline() == b"ready\n"
        child.stdin.write(b"\n")
        child.stdin.flush()
        with suppress(subprocess.TimeoutExpired):
            child.wait(moment_ms / 1000)
        child.kill()


@pytest.fixture(scope="module")
def ends(tmp_path_factory) -> dict[int, dict]:
    folder = tmp_path_factory.mktemp("killed")
    with ThreadPoolExecutor(3) as pool:
        found = pool.map(lambda ms: killed_after(ms, folder / str(ms)), MOMENTS_MS)
        return dict(zip(MOMENTS_MS, found, strict=True))


@pytest.mark.parametrize("moment_ms", MOMENTS_MS)
def test_nothing_is_lost_and_nothing_paid_twice(ends, moment_ms):
    end = ends[moment_ms]
    assert end["tasks"] <= 1
    # A layer may be there and the result too: killed between inserting and claiming.
    assert end["layer"] or end["recovered"] + end["unknown"] >= end["tasks"]
    assert end["left"] == 0


def test_the_moments_fall_before_within_and_after_the_task(ends):
    kinds = {
        "recovered" if end["recovered"] else "layer" if end["layer"] else "not begun or unknown"
        for end in ends.values()
    }
    assert "recovered" in kinds
