"""How many honest answers are called no repair, and how many bad ones are called one.

    python -m tests.bench.answers [--scenes 150] [--seed 1] [--unseen] [--show]

With --unseen the photographs are others than the judge was tuned with (on seeds up to 1999).
A false alarm loses a repair that was paid for, so of the honest answers none may be refused.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from gimp_bridge.picture.answer_check import fault_of
from tests.bench import answer_kinds as kinds
from tests.bench.photographs import Photograph, halves, unseen

FILLS = ("truth", "engine", "smooth", "grain", "truth", "flat")
MOST_PX_FOR_ENGINE = 300 * 300


def pictures(
    random: np.random.Generator, photographs: list[Photograph]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(name, picture, another of the same size), photographs and drawn ones in turn."""
    photographs = [each for each in photographs if each.path.exists()]
    for number in range(1 << 30):
        side = np.exp(random.uniform(np.log(64), np.log(900)))
        height, width = (int(v) for v in side * np.exp(random.uniform(-0.3, 0.3, 2)))
        size = height, width
        if number % 3 == 0:
            draw, other = (kinds.DRAWN[int(i)] for i in random.integers(0, 4, 2))
            yield draw.__name__, draw(size, random), other(size, random)
            continue
        first, second = random.choice(len(photographs), 2, replace=False)
        one, two = (crop(photographs[i].read(1400), size, random) for i in (first, second))
        yield photographs[first].name, one, two


def crop(picture: np.ndarray, size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """A part of that size, mirrored on where the picture is too small."""
    short = [(0, max(0, want - has)) for want, has in zip(size, picture.shape[:2], strict=True)]
    picture = np.pad(picture, [*short, (0, 0)], "symmetric")
    room = zip(picture.shape[:2], size, strict=True)
    y, x = (int(random.integers(0, has - want + 1)) for has, want in room)
    return np.ascontiguousarray(picture[y : y + size[0], x : x + size[1]])


def scenes(
    count: int, seed: int, photographs: list[Photograph]
) -> Iterator[tuple[str, kinds.Scene, np.ndarray, bool]]:
    """(name, scene, another picture, whether its object is faint)."""
    random = np.random.default_rng(seed)
    drawn = pictures(random, photographs)
    for _ in range(count):
        name, truth, other = next(drawn)
        hole = kinds.hole_in(truth.shape[:2], random)
        while not hole.any() or hole.mean() > 0.5:
            hole = kinds.hole_in(truth.shape[:2], random)
        faint = random.random() < 0.25
        sent = kinds.with_object(truth, other, hole, random, faint=faint)
        yield name, kinds.Scene(truth, sent, hole), other, faint


def answers(
    count: int, seed: int, photographs: list[Photograph]
) -> Iterator[tuple[str, str, kinds.Scene, np.ndarray]]:
    """(honest or bad, kind, scene, answer): three honest ones and, of visible objects, all bad."""
    for number, (name, scene, other, faint) in enumerate(scenes(count, seed, photographs)):
        random = np.random.default_rng((seed, number))
        for turn in range(3):
            fill = FILLS[(3 * number + turn) % len(FILLS)]
            if fill == "engine" and scene.hole.size > MOST_PX_FOR_ENGINE:
                fill = "truth"
            answer = kinds.honest_fill(scene, fill, random)
            label = f"{name}, {'faint, ' if faint else ''}{fill}"
            yield "honest", label, scene, kinds.in_service(answer, scene.hole, random)
        if not faint and number % 2 == 0:
            for kind, answer in kinds.bad(scene, other, random):
                yield "bad", kind, scene, answer


def main() -> None:
    """Print the two rates, and those of each bad kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unseen", action="store_true", help="with photographs kept apart")
    parser.add_argument("--show", action="store_true", help="name every wrong judgement")
    options = parser.parse_args()
    tuned = [each for half in halves().values() for each in half]
    photographs = unseen() if options.unseen else tuned
    total: Counter[str] = Counter()
    found: dict[str, Counter[str]] = defaultdict(Counter)
    seconds = 0.0
    for judged, kind, scene, answer in answers(options.scenes, options.seed, photographs):
        start = time.process_time()
        fault = fault_of(scene.sent, answer, np.where(scene.hole, 255, 0).astype(np.uint8))
        seconds += time.process_time() - start
        total[judged] += 1
        group = "honest" if judged == "honest" else kind
        found[group][str(fault)] += 1
        if options.show and (judged == "honest") == bool(fault):
            print(f"{judged}: {kind}, {scene.hole.shape}, {scene.hole.sum()} px: {fault}")
    for group, faults in sorted(found.items()):
        print(f"{group:36s}" + "  ".join(f"{k} {v}" for k, v in faults.most_common()))
    missed = sum(faults["None"] for group, faults in found.items() if group != "honest")
    alarms = total["honest"] - found["honest"]["None"]
    print(f"honest {total['honest']}, refused {alarms}; bad {total['bad']}, accepted {missed}")
    print(f"{1e3 * seconds / sum(total.values()):.1f} ms an answer")


if __name__ == "__main__":
    main()
