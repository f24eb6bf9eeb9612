"""The plug-in's end of the pipe: starts the worker process and exchanges frames with it.

Runs in GIMP.  Knows nothing of pictures.  GIMP's own environment must not reach the worker (it
points Python and GTK at GIMP's copies), so only what a program needs anywhere is passed on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from gimp_bridge import __version__, wire

FOLDER = Path(__file__).resolve().parent
REPAIR_HINT = "Run install.py of Object Removal once more, then try again."

KEPT = {
    "HOME", "USER", "LOGNAME", "USERNAME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH",
    "PATH", "TMP", "TEMP", "TMPDIR", "TZ",
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "PROGRAMDATA", "APPDATA",
    "LOCALAPPDATA", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
    "LANG", "LANGUAGE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
}  # fmt: skip
KEPT_PREFIXES = ("LC_", "PICWISH_", "OBJECT_REMOVAL_")


class WorkerGone(Exception):
    """The worker could not be started, or ended in the middle; the text is for people."""


def clean_environment(
    environment: Mapping[str, str], platform: str = sys.platform
) -> dict[str, str]:
    """What of GIMP's ``environment`` the worker gets; GIMP's own settings stay behind."""
    kept = {
        name: value
        for name, value in environment.items()
        if name.upper() in KEPT or name.upper().startswith(KEPT_PREFIXES)
    }
    # On macOS, GIMP moves XDG_CACHE_HOME into its own folder.
    if platform != "darwin" and "XDG_CACHE_HOME" in environment:
        kept["XDG_CACHE_HOME"] = environment["XDG_CACHE_HOME"]
    return kept


def launch_command(folder: Path = FOLDER) -> list[str]:
    """The worker's command line, from the interpreter that the installation has noted."""
    try:
        noted = json.loads((folder / "worker.json").read_text(encoding="utf-8"))
        # The Flatpak's sandbox has programs of its own beside the same profile.
        own = noted.get("flatpak") if "FLATPAK_ID" in os.environ else None
        return [own or noted["python"], "-I", str(folder / "gimp_bridge" / "__main__.py"), "worker"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkerGone(f"Object Removal is not fully installed. {REPAIR_HINT}") from error


class Worker:
    """A running worker; closing it is how a run is cancelled."""

    def __init__(self, command: Sequence[str]) -> None:
        _reset_dll_search()
        # What the worker prints goes to a file: nobody reads it unless it dies.
        self._noise = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._noise,
                env=clean_environment(os.environ),
                cwd=str(Path.home()),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            why = error.strerror or error
            raise WorkerGone(f"The helper program did not start ({why}). {REPAIR_HINT}") from error

    @classmethod
    def start(cls) -> Worker:
        """Start the installed worker and greet it; the greeting's answer is awaited later.

        Use it as a context manager: the pipe is closed however the block ends.
        """
        worker = cls(launch_command())
        worker.send("hello", {"protocol": wire.PROTOCOL, "version": __version__})
        return worker

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def greet(self) -> None:
        """Wait until the worker is up; raises WorkerGone when it is of another version."""
        frame = self.receive()
        if frame.kind != "hello" or frame.fields.get("version") != __version__:
            raise WorkerGone(f"The helper program is of another version. {REPAIR_HINT}")

    def send(
        self, kind: str, fields: Mapping[str, Any] | None = None, payload: bytes = b""
    ) -> None:
        """Send one frame."""
        try:
            wire.write_frame(self._process.stdin, kind, fields, payload)
        except OSError as error:
            raise self._gone() from error

    def receive(self) -> wire.Frame:
        """Wait for the next frame."""
        try:
            frame = wire.read_frame(self._process.stdout)
        except (OSError, wire.BrokenFrame) as error:
            raise self._gone() from error
        if frame is None:
            raise self._gone()
        return frame

    def close(self) -> None:
        """Close the pipe; a worker that has a paid task under way finishes it by itself."""
        for stream in (self._process.stdin, self._process.stdout):
            try:
                stream.close()
            except OSError:
                continue  # the worker was gone before us
        self._noise.close()

    def last_words(self) -> str:
        """The last lines the worker printed: the reason of a crash, for the log."""
        self._noise.seek(0)
        return self._noise.read()[-4000:].decode("utf-8", "replace").strip()

    def _gone(self) -> WorkerGone:
        words = self.last_words()
        if words:
            print(words, file=sys.stderr)
        last = words.splitlines()[-1][:200] if words else "it left no message"
        return WorkerGone(f"The helper program stopped unexpectedly ({last}). {REPAIR_HINT}")


def _reset_dll_search() -> None:
    """Windows: a child inherits the DLL folder GIMP has set, and would load GIMP's libraries."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetDllDirectoryW(None)
