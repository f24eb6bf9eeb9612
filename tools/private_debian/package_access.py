"""How this machine reaches package indexes, passed on to what runs in a private Debian.

pip's settings come from its files and its environment; whatever they name (certificates, local
folders of packages) is made visible inside at the same path.  Nothing is spelled out here.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from gimp_bridge.installer.interpreters import python_environment
from gimp_bridge.installer.processes import NO_WINDOW

CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
SECTIONS = ("global", "install", ":env:")
"""Where pip's settings for ``pip install`` stand; later ones win, as with pip."""


class PassedOn(NamedTuple):
    """Environment variables for a program inside, and read-only binds of what they name."""

    env: dict[str, str]
    read_only_binds: dict[Path, str]


def package_access(env: Mapping[str, str] | None = None) -> PassedOn:
    """Collect what pip inside needs to find packages the way this machine does."""
    env = os.environ if env is None else env
    kept = {
        name: value
        for name, value in env.items()
        if name in CERTIFICATE_VARIABLES or name.lower().endswith("_proxy")
    }
    kept.update(as_variables(pip_settings()))
    return PassedOn(kept, {path: str(path) for path in paths_in(kept.values()) if path.exists()})


def pip_settings() -> str:
    """Return what ``pip config list`` prints on this machine; empty where there is no pip."""
    answer = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env=python_environment(),
        check=False,
        creationflags=NO_WINDOW,
    )
    return answer.stdout if answer.returncode == 0 else ""


def as_variables(listing: str) -> dict[str, str]:
    """Turn lines such as ``global.cert='/x'`` into the variables pip reads: ``PIP_CERT=/x``."""
    variables: dict[str, str] = {}
    for section in SECTIONS:
        for line in listing.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(f"{section}.") and value:
                option = key.rpartition(".")[2].upper().replace("-", "_")
                variables[f"PIP_{option}"] = " ".join(str(ast.literal_eval(value)).split())
    return variables


def paths_in(values: Iterable[str]) -> list[Path]:
    """List the folders and files that the words of ``values`` name, as paths or ``file:``."""
    paths = []
    for word in (word for value in values for word in value.split()):
        if word.startswith("file:"):
            # A local index refers to the packages beside it (../files/...): its parent is needed.
            index = Path(unquote(urlsplit(word).path))
            paths.append(index.parent if len(index.parts) > 2 else index)
        elif word.startswith("/"):
            paths.append(Path(word))
    return paths
