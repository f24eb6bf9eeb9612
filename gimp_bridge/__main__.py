"""``python -m gimp_bridge COMMAND``, and the file that the plug-in starts as its worker.

Started as a file under ``-I`` nothing but the standard library is on the path, so the folder
that holds this package is put there first.
"""

import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

NOT_COMPLETE = (
    "The package {package} is missing in this Python: install the wheel (“pipx install”), which "
    "brings it and the command gimp-object-removal, or see CONTRIBUTING.md for a checkout."
)


def main() -> int:
    """Run the command named on the command line; returns the exit status."""
    if sys.argv[1:] == ["worker"]:
        # Not through the command line's modules: the person waits for this start.
        from gimp_bridge.worker.session import main as worker

        return worker()
    try:
        from gimp_bridge.cli import main as command_line

        return command_line()
    except ModuleNotFoundError as error:
        print(NOT_COMPLETE.format(package=error.name), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
