"""Runs in the private Debian: how long the worker takes to greet, and to be ready for a run.

Cold means that the environment's files have been taken out of the system's cache as far as no
other program holds them.  Standard library only.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

FOLDER, RUNS = Path(sys.argv[1]), int(sys.argv[2])
sys.path.insert(0, str(FOLDER))

from gimp_bridge import __version__, wire  # noqa: E402

PYTHON = json.loads((FOLDER / "worker.json").read_text())["python"]


def start():
    """(seconds to the greeting, seconds until it is ready for a run)."""
    command = [PYTHON, "-I", str(FOLDER / "gimp_bridge" / "__main__.py"), "worker"]
    began = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        hello = {"protocol": wire.PROTOCOL, "version": __version__}
        wire.write_frame(process.stdin, "hello", hello)
        wire.read_frame(process.stdout)
        greeted = time.monotonic() - began
        # A run without a selection is refused, once there is what any run needs.
        wire.write_frame(process.stdin, "run", {"job": {"selection": None}})
        while wire.read_frame(process.stdout).kind != "failed":
            pass
        loaded = time.monotonic() - began
        process.stdin.close()
    return [round(greeted, 3), round(loaded, 3)]


def forget_files():
    os.sync()
    for path in Path(PYTHON).parents[1].rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


start()
cold = []
for _ in range(RUNS):
    forget_files()
    cold.append(start())
print(json.dumps({"cold_s": cold, "warm_s": [start() for _ in range(RUNS)]}))
