"""The worker's log file, in the user's log folder; small, rotated, without keys or pictures."""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from gimp_bridge.folders import log_folder, settings_file
from gimp_bridge.private_files import make_private_folder

log = logging.getLogger(__name__)

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


class _PrivateLog(logging.handlers.RotatingFileHandler):
    """A log that only its owner can read, also where an older version made it."""

    def _open(self) -> TextIOWrapper:
        # 0600 from the start: there is no moment when others could open it.
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT, 0o600))
        with contextlib.suppress(OSError):  # the file of somebody else, in a folder for all
            Path(self.baseFilename).chmod(0o600)
        return super()._open()


def start_log() -> None:
    """Send this process's log records to the log file; without one, to stderr."""
    handler: logging.Handler
    try:
        make_private_folder(log_file().parent)
        handler = _PrivateLog(
            log_file(), maxBytes=MAX_LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.StreamHandler()
    logging.basicConfig(
        level=logging.INFO,
        handlers=[handler],
        format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
    )


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Log the time that the block takes as that of a run's stage, for support and benchmark."""
    began = time.monotonic()
    try:
        yield
    finally:
        log.info("%s took %.3f s", name, time.monotonic() - began)
