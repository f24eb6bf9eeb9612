"""People's settings of pip, also inside the Flatpak's sandbox, and how it fails without a network.

The sandbox has a /etc and a configuration folder of its own; the machine's lie below /run/host.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from gimp_bridge.installer.interpreters import python_environment
from gimp_bridge.installer.records import IN_FLATPAK

HOST = Path("/run/host")
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
)
"""Where distributions keep the certificates that the machine trusts."""

UNREACHABLE = re.compile(
    r"connection broken by '(NewConnection|NameResolution|ConnectTimeout|Proxy)"
    r"|dns error|error trying to connect|tcp connect error"
)
"""How pip and uv say that they reach nobody; a certificate that is not trusted is no such case."""
NO_NETWORK = (
    "The packages could not be downloaded, because nobody answers where they come from. Check the"
    " network and its proxy, or use packages downloaded on another machine: --wheels DIR (see"
    " docs/installing.md)."
)


def pip_environment(env: Mapping[str, str] = os.environ, host: Path = HOST) -> dict[str, str]:
    """The environment to start pip with."""
    settings = python_environment(env)
    if IN_FLATPAK not in env:
        return settings
    folder = env.get("HOST_XDG_CONFIG_HOME") or f"{env.get('HOME', '')}/.config"
    named = env.get("PIP_CONFIG_FILE")
    config = _first_seen([named] if named else [f"{folder}/pip/pip.conf", "/etc/pip.conf"], host)
    named = env.get("PIP_CERT")
    certificates = [named] if named else [*_certificate_in(config), *BUNDLES]
    found = {"PIP_CONFIG_FILE": config, "PIP_CERT": _first_seen(certificates, host)}
    return settings | {name: str(path) for name, path in found.items() if path is not None}


def _first_seen(paths: list[str], host: Path) -> Path | None:
    """The first of the machine's files that is seen from inside, as the sandbox sees it."""
    for path in paths:
        of_system = path.startswith(("/etc/", "/usr/"))
        seen = host / path.lstrip("/") if of_system else Path(path)
        if seen.is_file():
            return seen
    return None


def _certificate_in(config: Path | None) -> list[str]:
    text = config.read_text(encoding="utf-8", errors="replace") if config is not None else ""
    return re.findall(r"(?m)^\s*cert\s*=\s*(.+?)\s*$", text)
