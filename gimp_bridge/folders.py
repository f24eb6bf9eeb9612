"""The user's folders that set-up and the worker write to, by the rules of each system.

Standard library only, for set-up runs before anything is installed.  The rules are those of
platformdirs (a test holds the two together) but for one: on macOS the XDG variables count for
nothing.  They are set in terminals only, and a GIMP started by a click would have other settings,
another key and another journal than the command line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

APP_NAME = "gimp-object-removal"


def cache_folder(
    platform: str = sys.platform, env: Mapping[str, str] | None = None, home: Path | None = None
) -> Path:
    """What can be made again: private Debian roots, the state of ``--try``."""
    env, home = _defaults(env, home)
    if platform == "win32":
        return _local_app_data(env, home) / APP_NAME / "Cache"
    if platform == "darwin":
        return home / "Library" / "Caches" / APP_NAME
    return _xdg(env, "XDG_CACHE_HOME", home / ".cache") / APP_NAME


def data_folder(
    platform: str = sys.platform, env: Mapping[str, str] | None = None, home: Path | None = None
) -> Path:
    """What the installation needs to work: the worker's environments."""
    env, home = _defaults(env, home)
    if platform == "win32":
        return _local_app_data(env, home) / APP_NAME
    if platform == "darwin":
        return home / "Library" / "Application Support" / APP_NAME
    return _xdg(env, "XDG_DATA_HOME", home / ".local" / "share") / APP_NAME


def config_folder(
    platform: str = sys.platform, env: Mapping[str, str] | None = None, home: Path | None = None
) -> Path:
    """The user's settings, and the key where there is no key store."""
    env, home = _defaults(env, home)
    if platform in ("win32", "darwin"):
        return data_folder(platform, env, home)
    return _xdg(env, "XDG_CONFIG_HOME", home / ".config") / APP_NAME


def log_folder(
    platform: str = sys.platform, env: Mapping[str, str] | None = None, home: Path | None = None
) -> Path:
    """The worker's log."""
    env, home = _defaults(env, home)
    if platform == "win32":
        return _local_app_data(env, home) / APP_NAME / "Logs"
    if platform == "darwin":
        return home / "Library" / "Logs" / APP_NAME
    return _xdg(env, "XDG_STATE_HOME", home / ".local" / "state") / APP_NAME / "log"


def settings_file() -> Path:
    """The user's settings."""
    return config_folder() / "settings.json"


def journal_folder() -> Path:
    """The journal of paid tasks."""
    return data_folder() / "journal"


def pace_folder() -> Path:
    """Where the processes of a user tell each other when they have sent."""
    return data_folder() / "pace"


def _defaults(env: Mapping[str, str] | None, home: Path | None) -> tuple[Mapping[str, str], Path]:
    return (os.environ if env is None else env), (Path.home() if home is None else home)


def _xdg(env: Mapping[str, str], variable: str, otherwise: Path) -> Path:
    # The XDG base directory specification: a relative path in these is to be ignored.
    stated = Path(env.get(variable, ""))
    return stated if stated.is_absolute() else otherwise


def _local_app_data(env: Mapping[str, str], home: Path) -> Path:
    stated = env.get("LOCALAPPDATA")
    return Path(stated) if stated else home / "AppData" / "Local"
