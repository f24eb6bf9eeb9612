"""The plug-in's end of the pipe: starts the worker process and exchanges frames with it.

Runs in GIMP.  Knows nothing of pictures.  GIMP's own environment must not reach the worker (it
points Python and GTK at GIMP's copies), so only what a program needs anywhere is passed on.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from removal_text import N_, _, languages

from gimp_bridge import __version__, wire

FOLDER = Path(__file__).resolve().parent
REPAIR_HINT = N_("Run install.py of Object Removal once more, then try again.")

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

# No console window, and GIMP's interface goes first; elsewhere the worker lowers itself.
WINDOWS_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(
    subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0
)


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
        python = _noted(folder)["python"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _gone(_("Object Removal is not fully installed.")) from error
    return [python, "-I", str(folder / "gimp_bridge" / "__main__.py"), "worker"]


def is_set_up(folder: Path = FOLDER) -> bool:
    """Whether the worker's environment was made, for this version, and is still there."""
    try:
        noted = _noted(folder)
        return noted["version"] == __version__ and Path(noted["python"]).exists()
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _noted(folder: Path) -> dict[str, Any]:
    """What the installation noted about the worker; raises when that cannot be read."""
    noted = json.loads((folder / "worker.json").read_text(encoding="utf-8"))
    # The Flatpak's sandbox has programs of its own beside the same profile.
    if "FLATPAK_ID" in os.environ and "flatpak" in noted:
        return {**noted, "python": noted["flatpak"]}
    return dict(noted)


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
                env={**clean_environment(os.environ), "LANGUAGE": languages()},
                cwd=str(Path.home()),
                creationflags=WINDOWS_FLAGS,
            )
        except OSError as error:
            why = error.strerror or error
            text = _("The helper program did not start ({reason}).")
            raise _gone(text.format(reason=why)) from error
        self._frames: queue.Queue[wire.Frame | None] = queue.Queue()
        self._greeted = False
        self.arrived: Callable[[], None] | None = None
        """Called on the reading thread whenever there is something to ``take``."""
        threading.Thread(target=self._read_all, name="worker", daemon=True).start()

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
        if not self._greeted:
            self.check_greeting(self.receive())

    def check_greeting(self, frame: wire.Frame) -> None:
        """Believe the worker's first frame, or raise WorkerGone."""
        if frame.kind != "hello" or frame.fields.get("version") != __version__:
            raise _gone(_("The helper program is of another version."))
        self._greeted = True

    def send(
        self, kind: str, fields: Mapping[str, Any] | None = None, payload: bytes = b""
    ) -> None:
        """Send one frame."""
        try:
            wire.write_frame(self._process.stdin, kind, fields, payload)
        except OSError as error:
            raise self._gone() from error

    def receive(self, patience_s: float | None = None) -> wire.Frame | None:
        """Wait for the next frame; None when none came within ``patience_s``."""
        try:
            frame = self._frames.get(timeout=patience_s)
        except queue.Empty:
            return None
        if frame is None:
            self._frames.put(None)
            raise self._gone()
        return frame

    def take(self) -> wire.Frame | None:
        """The next frame if it is there already."""
        return None if self._frames.empty() else self.receive()

    def close(self) -> None:
        """Close the pipe; a worker that has a paid task under way finishes it by itself."""
        self.arrived = None
        with contextlib.suppress(OSError):  # the worker was gone before us
            self._process.stdin.close()
        self._noise.close()

    def _read_all(self) -> None:
        frame: wire.Frame | None = None
        while True:
            try:
                frame = wire.read_frame(self._process.stdout)
            except (OSError, ValueError, wire.BrokenFrame):
                frame = None  # closed by us, or broken: either way there is no more
            self._frames.put(frame)
            if arrived := self.arrived:
                arrived()
            if frame is None:
                return

    def last_words(self) -> str:
        """The last lines the worker printed: the reason of a crash, for the log."""
        self._noise.seek(0)
        return self._noise.read()[-4000:].decode("utf-8", "replace").strip()

    def _gone(self) -> WorkerGone:
        words = self.last_words()
        if words:
            print(words, file=sys.stderr)
        last = words.splitlines()[-1][:200] if words else _("it left no message")
        return _gone(_("The helper program stopped unexpectedly ({reason}).").format(reason=last))


def _gone(what_happened: str) -> WorkerGone:
    return WorkerGone(f"{what_happened} {_(REPAIR_HINT)}")


def _reset_dll_search() -> None:
    """Windows: a child inherits the DLL folder GIMP has set, and would load GIMP's libraries."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetDllDirectoryW(None)
