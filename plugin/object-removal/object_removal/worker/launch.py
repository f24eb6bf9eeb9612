"""Starts the worker process, as early as can be: while GIMP's bindings are still being imported.

Runs in GIMP.  Standard library only, and as little of it as will do, since all else waits.
GIMP's own environment must not reach the worker (it points Python and GTK at GIMP's copies), so
only what a program needs anywhere is passed on.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from gimp_bridge import __version__
from object_removal.names import FOLDER

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


PIPE_BYTES = 1 << 20
"""What Linux allows a pipe to hold without further rights."""

Glob = Callable[[Path, str], Iterable[Path]]


class NotInstalled(Exception):
    """The installation has noted no interpreter that this version's worker could run on."""


class Launched(NamedTuple):
    """A worker process, and the file that takes what it prints."""

    process: subprocess.Popen[bytes]
    noise: IO[bytes]

    def end(self) -> None:
        """Close the pipe, at which the worker ends."""
        with contextlib.suppress(OSError):  # it was gone before us
            self.process.stdin.close()
        self.noise.close()


_ahead: list[Launched] = []


def launch_ahead() -> None:
    """Start the worker that the next ``launch`` will return; a failure is that one's to tell."""
    with contextlib.suppress(NotInstalled, OSError):
        _ahead.append(_start())


def launch() -> Launched:
    """A worker process: the one started ahead, or a new one.  Raises NotInstalled and OSError."""
    return _ahead.pop() if _ahead else _start()


def launch_command(folder: Path = FOLDER) -> list[str]:
    """The worker's command line, from the interpreter that the installation has noted."""
    if not is_set_up(folder):
        raise NotInstalled
    main = str(folder / "gimp_bridge" / "__main__.py")
    # UTF-8: on Windows it would print in the ANSI code page, which lacks most people's letters.
    return [_noted(folder)[0], "-I", "-X", "utf8", main, "worker"]


def is_set_up(folder: Path = FOLDER) -> bool:
    """Whether the worker's environment was made, for this version, and is still there."""
    try:
        python, version = _noted(folder)
        return version == __version__ and Path(python).exists()
    except (OSError, ValueError, KeyError, TypeError):
        return False


def setup_pythons(
    platform: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    glob: Glob = Path.glob,
) -> list[str]:
    """The Pythons to run set-up with, in the order to try them; GIMP's own is the last.

    On a Mac with Apple silicon only GIMP may start that one; an AppImage's needs the variables that
    we do not pass on.
    """
    apple = ("/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin")
    folders = apple if platform == "darwin" else ("/usr/bin",) if "APPDIR" in environment else ()
    outside = [sorted(map(str, glob(Path(each), "python3.1[0-4]")))[::-1] for each in folders]
    return [*itertools.chain(*outside), sys.executable]


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


def _noted(folder: Path) -> tuple[str, str]:
    """The interpreter and the version that the installation noted; raises when it did not."""
    noted = json.loads((folder / "worker.json").read_text(encoding="utf-8"))
    # The Flatpak's sandbox has programs of its own beside the same profile.
    return noted["flatpak" if "FLATPAK_ID" in os.environ else "python"], noted["version"]


def _start() -> Launched:
    command = launch_command()
    # What the worker prints goes to a file: nobody reads it unless it dies.
    noise = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
    try:
        with own_dll_search():
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=noise,
                env=clean_environment(os.environ),
                cwd=str(Path.home()),
                creationflags=WINDOWS_FLAGS,
            )
    except BaseException:
        noise.close()
        raise
    widen_pipes(process)
    return Launched(process, noise)


def widen_pipes(process: subprocess.Popen[bytes]) -> None:
    """Linux: let the pipes hold a megabyte, so that pixels cross in a few large portions."""
    if sys.platform == "linux":
        import fcntl

        for end in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # more than this machine allows
                fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


@contextlib.contextmanager
def own_dll_search() -> Iterator[None]:
    """Windows: a child inherits the DLL folder GIMP has set, and would load GIMP's libraries.

    It is set back afterwards: GIMP's bindings, imported later, may be found by it.
    """
    if sys.platform != "win32":
        yield
        return
    import ctypes

    kernel = ctypes.windll.kernel32
    folder = ctypes.create_unicode_buffer(1 << 15)
    was_set = kernel.GetDllDirectoryW(len(folder), folder) > 0
    kernel.SetDllDirectoryW(None)
    try:
        yield
    finally:
        if was_set:
            kernel.SetDllDirectoryW(folder)
