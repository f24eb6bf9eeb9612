"""``install``, ``uninstall``, ``repair``, ``doctor`` and ``try``: what ``install.py`` does.

Their options are ``install.py``'s own, so they are handed on as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from gimp_bridge.cli.commands import Commands

HELP = {
    "install": "install the plug-in into every GIMP 3 of this user",
    "uninstall": "remove it again",
    "repair": "repair what doctor finds broken",
    "doctor": "check an installation and say what is wrong",
    "try": "remove something from a photo in a real GIMP, without installing for the user",
}


def add_to(commands: Commands) -> None:
    """List the commands in the help; ``run`` has taken them before they are parsed."""
    for name, text in HELP.items():
        commands.add_parser(name, help=text, add_help=False)


def run(arguments: Sequence[str]) -> int:
    """Run one of these commands with the rest of the command line; returns the exit status."""
    from gimp_bridge.installer.front import main

    what = [] if arguments[0] == "install" else [f"--{arguments[0]}"]
    return main([*what, *arguments[1:]])
