"""``python -m gimp_bridge COMMAND``, and the file that plug-in and set-up start as the worker.

Started as a file under ``-I`` nothing but the standard library is on the path, so the folder
that holds this package is put there first.
"""

import importlib
import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gimp_bridge.packages import unfit

WORKER_PROGRAMS = {
    "worker": ("session", "main"),
    "check": ("checks", "main"),
    "warm-up": ("engine_remover", "warm_up"),
    "forget-keys": ("forget_keys", "main"),
}
"""What only the worker's own Python can do: the function of ``gimp_bridge.worker`` to call."""

NOT_COMPLETE = (
    "The package {package} is missing in this Python: install the wheel (“pipx install”), which "
    "brings it and the command gimp-object-removal, or see CONTRIBUTING.md for a checkout."
)


def main() -> int:
    """Run the command named on the command line; returns the exit status."""
    if len(sys.argv) > 1 and sys.argv[1] in WORKER_PROGRAMS:
        if sys.argv[1] == "worker" and (reason := unfit()) is not None:
            print(reason, file=sys.stderr)
            return 1
        # Not through the command line's modules: the person waits for the worker's start.
        module, function = WORKER_PROGRAMS[sys.argv[1]]
        program = getattr(importlib.import_module(f"gimp_bridge.worker.{module}"), function)
        return int(program() or 0)
    try:
        from gimp_bridge.cli import main as command_line

        return command_line()
    except ModuleNotFoundError as error:
        print(NOT_COMPLETE.format(package=error.name), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
