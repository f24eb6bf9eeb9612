"""``install.py --try``: one removal in a real GIMP 3, from a photo to before and after pictures.

Uses a GIMP 3 of this machine with a profile of its own; in a checkout, where there is none, a
private Debian's.  The plug-in is installed into that profile exactly as for a user.
Nothing of the user's GIMP is touched; what is made lies in the user's cache folder.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gimp_bridge.errors import InstallError
from gimp_bridge.folders import cache_folder
from gimp_bridge.installer.consoles import Console, console_of, find_console
from gimp_bridge.installer.install import install_into
from gimp_bridge.installer.plugin_folder import find_source, setup_command
from gimp_bridge.installer.processes import Say, started
from gimp_bridge.installer.profiles import gimps_here
from gimp_bridge.installer.targets import how_to_get_gimp

SCRIPT = "remove_in_photo.py"
PICTURES = ("before.png", "after.png", "before-after.png", "result.xcf")

IN_SANDBOX = (
    "The GIMP 3 of this machine is a Flatpak, which cannot be started with another profile to try"
    " it in. Install it there, and remove it again when it is not for you: {command}"
)


class Box(NamedTuple):
    """A rectangle to select, in pixels of the photo."""

    x: int
    y: int
    width: int
    height: int


class Start(NamedTuple):
    """How to start the GIMP that was prepared: the command and its environment (None: ours)."""

    command: list[str]
    env: dict[str, str] | None


def parse_box(text: str) -> Box:
    """Read ``x,y,width,height``; raises InstallError when it is anything else."""
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        raise InstallError(f"--select takes x,y,width,height in pixels, not {text}.") from error
    if width <= 0 or height <= 0:
        raise InstallError(f"--select {text}: width and height must be more than 0.")
    return Box(x, y, width, height)


def try_it(
    photo: Path | None, box: Box | None, out: Path, *, gimp: Path | None = None, say: Say
) -> list[Path]:
    """Remove one object in a real GIMP 3 and write the pictures to ``out``; returns their paths.

    Without ``photo`` a picture that GIMP ships is used; without ``box`` (and without a selection
    in the photo) an object is put into it, and that is removed.  ``gimp`` names the program to
    use.  Raises InstallError, also when no GIMP can be had.
    """
    if photo is not None and not photo.is_file():
        raise InstallError(f"There is no photo {photo}.")
    out = out.absolute()
    for name in PICTURES:
        # An old picture must never pass for the result of a run that failed.
        (out / name).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    start = prepare(photo.absolute() if photo else None, box, out, gimp=gimp, say=say)
    watch(start, say=say)
    missing = [name for name in PICTURES if not (out / name).is_file()]
    if missing:
        raise InstallError(f"GIMP ended without writing {', '.join(missing)}.")
    return [out / name for name in PICTURES]


def prepare(
    photo: Path | None, box: Box | None, out: Path, *, gimp: Path | None, say: Say
) -> Start:
    """Find or make a GIMP 3, install the plug-in into a profile for it, and say how to start it."""
    console = console_of(gimp) if gimp is not None else find_console()
    if console is not None:
        say(f"Using the GIMP {console.version} of this machine: {console.program}")
        return _on_this_machine(console, photo, box, out, say=say)
    return _in_private_debian(photo, box, out, say=say)


def watch(start: Start, *, say: Say) -> None:
    """Run GIMP, saying each step; raises InstallError with its last words when it fails."""
    ending: str | None = None
    printed: deque[str] = deque(maxlen=12)
    with started(start.command, doing="start GIMP", env=start.env) as process, ticking(say):
        for line in process.stdout or ():
            word, _, rest = line.strip().partition(" ")
            if word == "@step":
                say(rest)
            elif word in ("@done", "@failed"):
                ending = rest if word == "@failed" else ""
            elif line.strip():
                printed.append(line.rstrip())
    if ending:
        raise InstallError(f"The removal failed: {ending}")
    if ending is None:
        raise InstallError("\n    ".join(["GIMP ended early. Its last lines:", *printed]))


@contextmanager
def ticking(say: Say, every_s: float = 10.0) -> Iterator[None]:
    """Say every ten seconds inside the block that it is still going on."""
    over = threading.Event()
    began = time.monotonic()

    def tick() -> None:
        while not over.wait(every_s):
            say(f"  ... at work ({time.monotonic() - began:.0f} s)")

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _in_private_debian(photo: Path | None, box: Box | None, out: Path, *, say: Say) -> Start:
    """Where there is no GIMP 3, a checkout can make a Debian that has one."""
    lacking = f"This machine has no GIMP 3 to try it in. {how_to_get_gimp()}"
    if any(gimp.kind == "flatpak" for gimp in gimps_here()):
        lacking = IN_SANDBOX.format(command=setup_command())
    if not (find_source().package.parent / "tools" / "private_debian").is_dir():
        raise InstallError(lacking)
    from tools.private_debian.try_run import prepare as prepare_in_root

    try:
        return prepare_in_root(photo, box, out, say=say)
    except InstallError as error:
        raise InstallError(f"{lacking}\n{error}") from error


def _on_this_machine(
    console: Console, photo: Path | None, box: Box | None, out: Path, *, say: Say
) -> Start:
    profile = cache_folder() / "try" / f"machine-{console.version}"
    install_into(profile, data=cache_folder() / "data" / "machine", say=say)
    say(f"Starting GIMP {console.version}; for the first time it takes about 15 s")
    task = job(str(photo) if photo else None, box, str(out))
    script = find_source().plugin.parent / "demonstration" / SCRIPT
    command = gimp_command(str(console.program), str(script))
    return Start(command, {**os.environ, "GIMP3_DIRECTORY": str(profile), **task})


def gimp_command(console: str, script: str) -> list[str]:
    """The command that runs ``script`` in a GIMP without windows."""
    # Without --quit a batch that failed would wait forever.
    return [
        *(console, "-n", "-i", "-d", "--batch-interpreter=python-fu-eval"),
        *("-b", f"exec(open({script!r}, encoding='utf-8').read())", "--quit"),
    ]


def job(photo: str | None, box: Sequence[int] | None, out: str) -> dict[str, str]:
    """What the script is to do, as the variable it reads."""
    return {"TRY_JOB": json.dumps({"photo": photo, "select": box, "out": out})}
