r"""Ten checks of Object Removal on a machine that we do not have, for a report to paste.

    python3 tools/check_platform.py        (Windows: py tools\check_platform.py)

Takes about five minutes and 700 MB in a temporary folder, which is removed at the end (on a Mac
300 MB stay in ~/Library/Caches/gimp-object-removal, and the helper's log is removed).  The user's
own GIMP, settings and keys stay as they are.  Needs nothing but Python and a checkout.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

from gimp_bridge import __version__  # noqa: E402 - found only now
from gimp_bridge.errors import InstallError  # noqa: E402
from gimp_bridge.installer.consoles import find_console  # noqa: E402
from gimp_bridge.installer.interpreters import choose  # noqa: E402
from gimp_bridge.installer.profiles import gimps_here  # noqa: E402

FOLDER = "Jürgen's GIMP 日本"
"""What is installed into has a name that many programs stumble over."""
LIMIT_S = 900.0


class Failed(Exception):
    """A check found something else than it should; the text is for the report."""


class Platform:
    """The checks, in their order; ``work`` is a temporary folder."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.profile = work / FOLDER / "3.0"
        self.data = work / "data"
        names = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")
        self.folders = {name: str(work / "elsewhere") for name in names}

    def install(self, *options: str, expect: int = 0, encoding: str = "utf-8") -> str:
        """Run install.py for the temporary profile; returns what it printed."""
        where = ["--profile", str(self.profile), "--data", str(self.data)]
        return self.run("install.py", *where, *options, expect=expect, encoding=encoding)

    def run(self, *argv: str, expect: int = 0, encoding: str = "utf-8") -> str:
        """Run a Python program of the checkout; raises Failed where it ends otherwise."""
        ended = subprocess.run(
            [sys.executable, *argv],
            cwd=CHECKOUT,
            env={**os.environ, **self.folders, "PYTHONIOENCODING": encoding},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT_S,
            check=False,
        )
        printed = ended.stdout.decode(encoding, "replace").strip()
        if ended.returncode != expect:
            raise Failed(f"{' '.join(argv[-3:])} ended with {ended.returncode}:\n{printed[-1500:]}")
        return printed

    def gimps(self) -> str:
        """GIMP is found."""
        found = gimps_here()
        if not found:
            raise Failed("no GIMP 3 was found")
        return "; ".join(f"{each.kind} {each.version} in {each.profile}" for each in found)

    def python(self) -> str:
        """A Python for the helper is found."""
        chosen = choose()
        return f"{chosen.path} ({chosen.minor}, {chosen.platform})"

    def installs(self) -> str:
        """It installs into a folder with letters of other alphabets."""
        return self.install("--inner").splitlines()[-1]

    def is_well(self) -> str:
        """The doctor finds everything well."""
        report = self.install("--doctor", "--offline")
        return "; ".join(report.splitlines()[-1:])

    def is_there_already(self) -> str:
        """A second installation has nothing to do."""
        printed = self.install("--inner")
        if "The files are there already" not in printed:
            raise Failed(printed[-500:])
        return "the files are there already"

    def narrow_console(self) -> str:
        """It prints to a console that lacks most letters."""
        return self.install("--dry-run", encoding="cp1252").splitlines()[0]

    def repairs(self) -> str:
        """A damaged file is named and repaired."""
        (self.profile / "plug-ins/object-removal/object_removal/names.py").write_text("")
        if "1 file is missing or changed" not in self.install("--doctor", "--offline", expect=1):
            raise Failed("the doctor did not see it")
        self.install("--repair", "--inner")
        return self.is_well()

    def removes(self) -> str:
        """A removal in this machine's GIMP."""
        console = find_console()
        if console is None:
            raise Failed("no GIMP that can be started from here (a Flatpak cannot)")
        self.run("install.py", "--try", "--out", str(self.work / "out"))
        return f"before.png and after.png written by GIMP {console.version}"

    def in_use(self) -> str:
        """Uninstalling beside a running helper removes all or nothing."""
        folder = self.profile / "plug-ins/object-removal"
        python = json.loads((folder / "worker.json").read_text(encoding="utf-8"))["python"]
        command = [python, "-I", str(folder / "gimp_bridge/__main__.py"), "worker"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as helper:
            try:
                printed = self.install("--uninstall", expect=1 if sys.platform == "win32" else 0)
            finally:
                helper.kill()
        if sys.platform == "win32" and not (folder / "worker.json").exists():
            raise Failed(f"half of it is gone:\n{printed[-500:]}")
        return printed.splitlines()[-1]

    def leaves_nothing(self) -> str:
        """Uninstalling leaves nothing."""
        self.install("--uninstall")
        left = [path.name for path in self.profile.rglob("*") if path.is_file()]
        left += [path.name for path in self.data.glob("env-*")]
        if left:
            raise Failed(f"left: {', '.join(left)}")
        return "nothing left"


CHECKS = (
    *(Platform.gimps, Platform.python, Platform.installs, Platform.is_well),
    *(Platform.is_there_already, Platform.narrow_console, Platform.repairs, Platform.removes),
    *(Platform.in_use, Platform.leaves_nothing),
)


def main() -> int:
    """Run the checks one after another, and print the report; status 1 where one failed."""
    print(f"Object Removal {__version__}, {platform.platform()}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        here = Platform(Path(folder))
        held = [_report(number, check, here) for number, check in enumerate(CHECKS, 1)]
    print(f"\n{sum(held)} of {len(held)} checks held. Please paste all of this into an issue.")
    return 0 if all(held) else 1


def _report(number: int, check: Callable[[Platform], str], here: Platform) -> bool:
    began = time.monotonic()
    try:
        held, text = True, check(here)
    except (Failed, InstallError, OSError, ValueError, subprocess.SubprocessError) as error:
        held, text = False, str(error)
    text = text.replace(str(here.work), "TEMP").replace(str(Path.home()), "~")
    title = (check.__doc__ or "").rstrip(".")
    mark, took = "ok    " if held else "FAILED", time.monotonic() - began
    print(f"\n{number:2} {mark} {title} ({took:.0f} s)\n   {text}", flush=True)
    return held


if __name__ == "__main__":
    sys.exit(main())
