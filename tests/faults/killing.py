"""Commands killed at random moments, against a service that counts what it bills.

``python -m tests.faults.killing 200 100 [SEED]``: so many ``kill -9`` and so many SIGTERM, half of
them of one removal and half of a batch.  After each the same command runs again, and once more
where it said that something may have been billed.  Prints the counts and exits with 1 where a
task was paid for twice without a word, or an id was lost.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gimp_bridge.service.journal import Journal
from tests.faults.hostile import Forever, Hostile, Script
from tests.service_peer import KEY, hole, pixels_of, png, quadrants

ROOT = Path(__file__).parents[2]
TOLD = "may have been done and billed"
PATIENCE_S = 300
AT_ONCE = 3


@dataclass
class End:
    """What came of one killed command and its repetitions."""

    pictures: int
    tasks: int  # that the service made, each of which it bills
    told: int  # sentences that something may have been billed
    status: int  # of the killed command
    kept: int  # ids that were in the journal when it was dead
    traceback: bool
    right: bool

    @property
    def paid_twice(self) -> int:
        """Tasks beyond one a picture that nobody was warned of."""
        return max(0, self.tasks - self.pictures - self.told)


def killed(number: int, pictures: int, dice: random.Random, folder: Path) -> End:
    """Kill a command by a signal at a random moment of its run, then bring it to its end."""
    originals = _prepare(folder, pictures)
    pause_s = dice.uniform(0.0, 0.12)

    def slowly(link):
        answer = link.honest()
        link.sleep(pause_s)
        link.reply(*answer)

    script = Script(*[Forever(slowly) for _ in range(3)])
    with Hostile(script, task_seconds=0.2) as server:
        command = _Command(folder, server.address, pictures)
        # Three requests a picture: the moment is by what has arrived, not by how fast this runs.
        child = command.start()
        wanted, later_s = dice.randint(1, 3 * pictures), dice.uniform(0.0, 0.15)
        while len(server.requests) < wanted and child.poll() is None:
            time.sleep(0.002)
        time.sleep(later_s)
        child.send_signal(number)
        said = child.communicate(timeout=PATIENCE_S)[1]
        kept = sum(bool(record.task_id) for record in Journal(command.journal).records())
        server.be_honest.set()
        told = 0
        for _ in range(3):
            if command.is_done():
                break
            again = command.start().communicate(timeout=PATIENCE_S)
            told += sum(text.count(TOLD) for text in again)
            said += "".join(again)
        right = command.is_done() and all(
            _is_filled(pixels_of(file.read_bytes()), original)
            for file, original in zip(command.outputs, originals, strict=True)
        )
        return End(
            pictures, server.tasks_created, told, child.returncode, kept, "Traceback" in said, right
        )


class _Command:
    """``remove`` of one picture or ``batch`` of several, in a folder of its own."""

    def __init__(self, folder: Path, address: str, pictures: int) -> None:
        self._folder, self._address = folder, address
        self.journal = folder / "data" / "gimp-object-removal" / "journal"
        self.outputs = [folder / "out" / f"{number}.png" for number in range(pictures)]
        what = ["batch", "in", "-o", "out"] if pictures > 1 else ["remove", "in/0.png"]
        output = [] if pictures > 1 else ["-o", "out/0.png"]
        self._arguments = [*what, *output, "--mask", "mask.png", "--service", "picwish"]
        self._arguments += ["--grow", "0", "--feather", "0"]

    def start(self) -> subprocess.Popen[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PICWISH")}
        return subprocess.Popen(
            [sys.executable, "-m", "gimp_bridge", *self._arguments],
            cwd=self._folder,
            env={
                **own,
                "PYTHONPATH": str(ROOT),
                "XDG_CONFIG_HOME": str(self._folder / "config"),
                "XDG_DATA_HOME": str(self._folder / "data"),
                "PICWISH_BASE_URL": self._address,
                "PICWISH_API_KEY": KEY,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def is_done(self) -> bool:
        return all(file.exists() for file in self.outputs)


def _prepare(folder: Path, pictures: int) -> list[np.ndarray]:
    settings = folder / "config" / "gimp-object-removal" / "settings.json"
    for made in (settings.parent, folder / "in", folder / "out"):
        made.mkdir(parents=True)
    settings.write_text('{"per_second": 50}')
    (folder / "mask.png").write_bytes(png(hole()))
    originals = []
    for number in range(pictures):
        original = quadrants()
        original[..., 2] += number
        (folder / "in" / f"{number}.png").write_bytes(png(original))
        originals.append(original)
    return originals


def _is_filled(result: np.ndarray, original: np.ndarray) -> bool:
    """Whether all of the hole holds the fill, and nothing else has changed."""
    outside = hole() == 0
    same = np.array_equal(result[outside], original[outside])
    # The colours are fitted to the surroundings, by a few levels.
    return same and int(np.abs(result[~outside][:, 2].astype(int) - 77).max()) < 9


def run(kills: int, terminations: int, seed: int) -> list[tuple[int, End]]:
    """So many commands killed by each signal, and what came of them."""
    numbers = [signal.SIGKILL] * kills + [signal.SIGTERM] * terminations

    def once(turn: int) -> tuple[int, End]:
        dice = random.Random(f"{seed} {turn}")
        with tempfile.TemporaryDirectory() as folder:
            return numbers[turn], killed(numbers[turn], 1 if turn % 2 else 3, dice, Path(folder))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(once, range(len(numbers))))


def main(arguments: list[str]) -> int:
    kills, terminations, *seed = map(int, arguments)
    ends = run(kills, terminations, *seed or [1])
    for number in (signal.SIGKILL, signal.SIGTERM):
        those = [end for found, end in ends if found == number]
        counts: Counter[str] = Counter()
        for end in those:
            counts.update(
                runs=1,
                pictures=end.pictures,
                billed=end.tasks,
                told=end.told,
                paid_twice=end.paid_twice,
                ids_kept=end.kept,
                wrong_or_missing=not end.right,
                tracebacks=end.traceback,
            )
        statuses = dict(Counter(end.status for end in those))
        print(number.name, dict(counts), "exit statuses", statuses)
    bad = any(end.paid_twice or not end.right or end.traceback for _, end in ends)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
