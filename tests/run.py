"""Sets up everything and runs the tests: ``python3 tests/run.py [PART ...] [-- PYTEST OPTIONS]``.

Needs nothing but Python 3.10 or newer.  The tests' packages go to .venv in the checkout, the
private Debians with GIMP 3.0 and 3.2 to the user's cache folder; both are made once and reused.
Without parts, all run, in two rows side by side that take about as long as each other, since
those in a GIMP wait most of the time; fast ones first.  Exits with pytest's code, of the first row
that failed.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

from gimp_bridge.errors import InstallError  # noqa: E402
from gimp_bridge.installer.environment import interpreter_of, make_environment  # noqa: E402
from gimp_bridge.installer.interpreters import choose, python_environment  # noqa: E402
from gimp_bridge.installer.processes import Say  # noqa: E402
from tools.private_debian.root import SUITES, ensure_root  # noqa: E402

ROWS = (("unit", "worker", "faults", "gui"), ("gimp", "install"))
PARTS = ("unit", "worker", "faults", "gimp", "install", "gui")
NEED_GIMP = {"gimp", "install", "gui"}
PYTEST = ("-m", "pytest", "-p", "tests.skips", "-rs")
LOCK = CHECKOUT / "tests" / "requirements.txt"
MODULES = (
    "pytest",
    "pytest_rerunfailures",
    "pytest_timeout",
    "hypothesis",
    "numpy",
    "PIL",
    "scipy",
    "numba",
    "requests",
    "flask",
)


def main(arguments: list[str]) -> int:
    """Run the parts that ``arguments`` name and return the exit code."""
    options, for_pytest = parse(arguments)
    parts = [part for part in options.parts if (CHECKOUT / "tests" / part).is_dir()]
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {line}", flush=True)

    try:
        python = prepare(parts, options.python, say=say)
    except InstallError as error:
        print(error, file=sys.stderr)
        return 2
    if options.prepare_only:
        return 0
    # What is chosen of pytest, such as -x, is meant for all of them together.
    rows = [parts] if for_pytest else [[part for part in parts if part in row] for row in ROWS]
    return run_side_by_side(
        [
            [str(python), *PYTEST, *for_pytest, *(f"tests/{part}" for part in row)]
            for row in rows
            if row
        ],
        say,
    )


def run_side_by_side(commands: list[list[str]], say: Say) -> int:
    """Run them all at once; what the later ones print is shown once the first has ended."""
    with contextlib.ExitStack() as stack:
        beside = []
        for command in commands[1:]:
            output = stack.enter_context(tempfile.TemporaryFile())
            beside.append((start(command, say, output), output))
        codes = [start(commands[0], say).wait()]
        for process, output in beside:
            codes.append(process.wait())
            output.seek(0)
            shutil.copyfileobj(output, sys.stdout.buffer)
            sys.stdout.flush()
    return next((code for code in codes if code), 0)


def start(command: list[str], say: Say, output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Start pytest; it prints to ``output``, or to where we do."""
    say(f"Running {', '.join(each for each in command if each.startswith('tests/'))}")
    return subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=python_environment(),
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
    )


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Split the command line into our options and, after ``--``, pytest's."""
    for_pytest: list[str] = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, for_pytest = arguments[:at], arguments[at + 1 :]
    parser = argparse.ArgumentParser(description="Set up everything and run the tests.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--python", type=Path, help="the Python to run the tests with")
    parser.add_argument("--prepare-only", action="store_true", help="set up, but run no test")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    # The order is ours: what is fast fails first.
    chosen = set(options.parts) or set(PARTS)
    options.parts = [part for part in PARTS if part in chosen]
    return options, for_pytest


def prepare(parts: list[str], python: Path | None, *, say: Say) -> Path:
    """Make what the parts need; returns the interpreter to run them with."""
    folder = CHECKOUT / ".venv"
    make_environment(folder, choose(python), LOCK, modules=MODULES, say=say)
    if NEED_GIMP.intersection(parts):
        for suite in SUITES:
            try:
                ensure_root(suite, say=say)
            except InstallError as error:
                # The tests that need it say so themselves, each as a skip with this reason.
                say(f"NO GIMP {SUITES[suite]}: {error}")
    return interpreter_of(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
