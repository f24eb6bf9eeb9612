"""Starting the worker, and first making its environment where the plug-in was copied by hand.

Runs in GIMP.  What is made, and how, is the installer's business, which lies beside this file and
is run as a program of its own; here the person is asked, and shown that it is at work.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from gi.repository import Gimp

from object_removal.names import FOLDER
from object_removal.text import _
from object_removal.worker.conversation import Ask
from object_removal.worker.launch import clean_environment, own_dll_search, setup_pythons
from object_removal.worker.pipe import NotSetUp, Worker, WorkerGone

INSTALLER = FOLDER / "gimp_bridge" / "installer"
MAIN = INSTALLER / "__main__.py"
PULSE_S = 0.2


def start_worker(ask: Ask) -> Worker:
    """The installed worker, to be used as a context manager; raises WorkerGone.

    Where it is not set up (any more), ``ask`` asks the person whether that may be done now.
    """
    try:
        return Worker.start()
    except NotSetUp as error:
        _offer(ask, str(error))
    return Worker.start()


def _offer(ask: Ask, found: str) -> None:
    by_hand = _("To set it up by hand, run this once: {command}").format(
        command=f'{_python()} "{INSTALLER}" --here'
    )
    if not ask(_question(found)):
        raise WorkerGone(f"{found} {by_hand}")
    why = _carry_out()
    if why:
        text = _("The helper program could not be set up: {reason}")
        raise WorkerGone("\n".join([text.format(reason=why), by_hand]))


def _python() -> str:
    # On Windows python3 is the Microsoft Store's placeholder; python.org's launcher is py.
    return "py" if sys.platform == "win32" else "python3"


def _question(found: str) -> dict[str, Any]:
    return {
        "message": found,
        "detail": _(
            "It needs packages from the Python Package Index, about 90 MB to download and "
            "290 MB on the disk, in your own folder. That takes a minute or two, once."
        ),
        "choices": [_("_Set Up")],
    }


def _carry_out() -> str:
    """Run the installer to its end; what it says went wrong, "" when nothing did."""
    Gimp.progress_init(_("Setting up Object Removal"))
    for python in setup_pythons():
        returncode, words = _install_with(python)
        if returncode == 0:
            return ""
        if returncode > 0 and words:
            print(words, file=sys.stderr)
            return _in_short(words)
    # As macOS ends a Python that only GIMP itself may start.
    return _("{program} stopped without a message.").format(program=python)


def _install_with(python: str) -> tuple[int, str]:
    """How the installer ended that this Python ran, and what it said."""
    with tempfile.TemporaryFile() as told:
        try:
            with own_dll_search():
                process = subprocess.Popen(
                    [python, "-I", "-X", "utf8", str(MAIN), "--here", "--inner"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=told,
                    env=_environment(),
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
        except OSError as error:
            return 1, str(error)
        while process.poll() is None:
            Gimp.progress_pulse()
            time.sleep(PULSE_S)
        Gimp.progress_end()
        told.seek(0)
        return process.returncode, told.read().decode("utf-8", "replace").strip()


def _in_short(words: str) -> str:
    """The first line, which says what failed, and the last one, which mostly says why."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return "\n".join(dict.fromkeys([*lines[:1], *lines[-1:]]))


def _environment() -> dict[str, str]:
    # Where packages come from, on a machine that does not get them from the public index.
    sources = {name: text for name, text in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    return {**clean_environment(os.environ), **sources}
