"""Part 5: the worker's start, cold and warm, and what the plug-in costs GIMP's own start."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.bench_gimp import HERE, HOME, install
from tools.private_debian.install import data_binds
from tools.private_debian.root import DebianRoot, ensure_root

RUNS = 5
THIRD_PARTY = re.compile(
    r"import time:.*\|\s+(numpy|scipy|PIL|requests|urllib3|keyring|numba|tqdm)\b"
)

Say = Callable[[str], None]


def measure(suite: str, home: Path, say: Say) -> dict[str, Any]:
    """Seconds of each start, several times; ``queried`` are third-party modules at query time."""
    root = ensure_root(suite, say=say)
    with_it, without = home / "with", home / "without"
    for folder in (with_it, without):
        folder.mkdir(parents=True, exist_ok=True)
    install(root, with_it, say)
    queried = _query(root, with_it)
    _gimp(root, without)
    figures: dict[str, Any] = {"part": "startup", "queried": queried, "with_s": [], "without_s": []}
    for _ in range(RUNS):
        figures["without_s"].append(_gimp(root, without))
        figures["with_s"].append(_gimp(root, with_it))
    figures.update(_worker(root, with_it))
    cost_s = statistics.median(figures["with_s"]) - statistics.median(figures["without_s"])
    say(f"plug-in costs GIMP's start {1000 * cost_s:.0f} ms; at query time: {queried or 'none'}")
    say(f"worker: {figures['cold_s']} cold, {figures['warm_s']} warm (greeted, libraries loaded)")
    return figures


def _command(root: DebianRoot, home: Path, argv: list[str], **env: str) -> list[str]:
    return root.command(
        argv,
        binds={**data_binds(root), home: HOME},
        read_only_binds={HERE: "/mnt/bench"},
        env={"HOME": HOME, **env},
    )


def _gimp(root: DebianRoot, home: Path, **env: str) -> float:
    """Seconds that GIMP without windows takes to start and end."""
    argv = [root.gimp_console, "-n", "-i", "--batch-interpreter=plug-in-script-fu-eval"]
    command = _command(root, home, [*argv, "-b", "(+ 1 1)", "--quit"], **env)
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


def _query(root: DebianRoot, home: Path) -> list[str]:
    """Third-party modules that the plug-in imports when a fresh GIMP asks what it offers."""
    argv = [root.gimp_console, "-n", "-i", "--batch-interpreter=plug-in-script-fu-eval"]
    command = _command(root, home, [*argv, "-b", "(+ 1 1)", "--quit"], PYTHONPROFILEIMPORTTIME="1")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    if "object_removal.procedures.declare" not in done.stderr:
        raise SystemExit("GIMP did not ask the plug-in what it offers")
    return sorted({match.group(1) for match in THIRD_PARTY.finditer(done.stderr)})


def _worker(root: DebianRoot, home: Path) -> dict[str, Any]:
    folder = f"{HOME}/.config/GIMP/{root.gimp_version}/plug-ins/object-removal"
    command = _command(root, home, ["python3", "/mnt/bench/inside_worker.py", folder, str(RUNS)])
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures
