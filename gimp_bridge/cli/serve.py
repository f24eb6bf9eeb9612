"""``serve``: the service's interface on this machine, answered by the embedded engine."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from gimp_bridge.cli.commands import Commands, add_command
from gimp_bridge.errors import SettingsError
from gimp_bridge.language import _

PORT = 8765
KEY_VARIABLE = "PICWISH_SERVER_KEY"


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
    key = parser.add_mutually_exclusive_group()
    key.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help=f"holds the key that clients must send (or {KEY_VARIABLE} in the environment; "
        "none: let everybody in)",
    )
    key.add_argument("--key", help="the key itself, which every user of this computer can see")
    parser.add_argument("--qps", type=int, default=2, help="requests per second, 0: no limit (2)")
    parser.add_argument("--jpeg", action="store_true", help="answer with JPEG instead of PNG")
    parser.add_argument(
        "--fetch-anywhere",
        action="store_true",
        help="fetch image_url and mask_url from public hosts, not only from this computer",
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
    key = _key(options)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    app = create_app(
        key=key,
        qps=options.qps or None,
        answer_format="JPEG" if options.jpeg else "PNG",
        fetch_anywhere=options.fetch_anywhere,
        host=options.host,
    )
    try:
        serve(app, host=options.host, port=options.port, announce=_announce)
    except (OSError, ValueError) as error:  # a port that is taken, a host that is none
        raise SettingsError(
            _("Port {port} of {host} cannot be used: {reason}.").format(
                port=options.port,
                host=options.host,
                reason=getattr(error, "strerror", None) or error,
            )
        ) from error
    return 0


def _key(options: argparse.Namespace) -> str | None:
    """The key that clients must send; None where none is set.  SettingsError if it is empty."""
    if options.key is not None:
        key = options.key
        print(
            _(
                "The key is visible in the list of processes: give it by --key-file or in "
                "{variable}."
            ).format(variable=KEY_VARIABLE),
            file=sys.stderr,
        )
    elif options.key_file is not None:
        key = _read(options.key_file)
    else:
        return os.environ.get(KEY_VARIABLE, "").strip() or None
    if not key.strip():
        raise SettingsError(_("The key is empty, which would let everybody in."))
    return str(key.strip())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or _("it is not text")
        text = _("{file} cannot be read: {reason}.")
        raise SettingsError(text.format(file=path, reason=reason)) from error


def _announce(address: str) -> None:
    print(address, flush=True)
