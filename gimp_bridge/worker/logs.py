"""The worker's log file, in the user's log folder; small, rotated, without keys or pictures."""

from __future__ import annotations

import json
import logging
import logging.handlers
from pathlib import Path

from gimp_bridge.folders import log_folder, settings_file

MAX_LOG_BYTES = 512 * 1024


def log_file() -> Path:
    """Where the worker writes its log: the folder of the settings, or the system's usual one."""
    return Path(_set_folder() or log_folder()) / "worker.log"


def _set_folder() -> str:
    # Not by ``Settings``, whose import would take half of the worker's start.
    try:
        folder = json.loads(settings_file().read_bytes())["log_folder"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return folder if isinstance(folder, str) else ""


def start_log() -> None:
    """Send this process's log records to the log file; without one, to stderr."""
    handler: logging.Handler
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            log_file(), maxBytes=MAX_LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.StreamHandler()
    logging.basicConfig(
        level=logging.INFO,
        handlers=[handler],
        format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
    )
