"""``serve``: the service's interface on this machine, answered by the embedded engine."""

from __future__ import annotations

import argparse
import logging

from gimp_bridge.cli.commands import Commands, add_command
from gimp_bridge.errors import SettingsError
from gimp_bridge.language import _

PORT = 8765


def add_to(commands: Commands) -> None:
    """Add the command and its options."""
    parser = add_command(
        commands,
        "serve",
        run,
        help="Answer the service's HTTP interface on this computer with the embedded engine.",
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"0 takes a free one ({PORT})")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (127.0.0.1)")
    parser.add_argument("--key", help="the key that clients must send (none: let everybody in)")
    parser.add_argument("--qps", type=int, default=2, help="requests per second, 0: no limit (2)")
    parser.add_argument("--jpeg", action="store_true", help="answer with JPEG instead of PNG")
    parser.add_argument(
        "--fetch-anywhere",
        action="store_true",
        help="fetch image_url and mask_url from any host, not only from this computer",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted; the first line on stdout is the address."""
    try:
        from gimp_bridge.server import create_app, serve
    except ImportError as error:
        raise SettingsError(
            _("The server needs {module}: pip install 'gimp-object-removal[server]'.").format(
                module=error.name
            )
        ) from error
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    app = create_app(
        key=options.key,
        qps=options.qps or None,
        answer_format="JPEG" if options.jpeg else "PNG",
        fetch_anywhere=options.fetch_anywhere,
    )
    try:
        serve(app, host=options.host, port=options.port, announce=_announce)
    except OSError as error:
        raise SettingsError(
            _("Port {port} of {host} cannot be used: {reason}.").format(
                port=options.port, host=options.host, reason=error.strerror or error
            )
        ) from error
    return 0


def _announce(address: str) -> None:
    print(address, flush=True)
