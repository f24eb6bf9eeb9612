"""Peak memory of GIMP, the plug-in and the worker while something runs, from Linux's /proc.

GIMP's own peak is set back at the start; the other two are young processes, looked at every
20 ms, so what they take in their last 20 ms may be missed.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK_S = 0.02
REST_S = 0.5
PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
PROC = Path("/proc")


def descendants(pid: int) -> Iterator[int]:
    """Every process started by ``pid``, directly or not, and itself."""
    yield pid
    for children in PROC.glob(f"{pid}/task/*/children"):
        try:
            found = children.read_text().split()
        except OSError:
            continue
        for child in found:
            yield from descendants(int(child))


def role(pid: int) -> str:
    """gimp, plug-in, worker, baseline (the Python console's process), or exporter; else ""."""
    try:
        words = (PROC / str(pid) / "cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return ""
    line = " ".join(words)
    if "__main__.py worker" in line:
        return "worker"
    if "object-removal.py" in line:
        return "plug-in"
    if "python-eval" in line or "python-fu-eval.py" in line:
        return "baseline"
    if "/plug-ins/file-" in line:
        return "exporter"
    return "gimp" if re.match(r"(\S*/)?gimp(-console)?-3\.\d ", line) else ""


def wait_for_rest(pid: int, patience_s: float = 60.0) -> None:
    """Wait until the processes under ``pid`` compute no more: 2 % of a core in half a second."""
    until = time.monotonic() + patience_s
    before = _ticks(pid)
    while time.monotonic() < until:
        time.sleep(REST_S)
        now = _ticks(pid)
        if now - before <= 0.02 * REST_S * os.sysconf("SC_CLK_TCK"):
            return
        before = now


def _ticks(pid: int) -> int:
    """The processor time that the processes under ``pid`` have had, in clock ticks."""
    total = 0
    for each in descendants(pid):
        with suppress(OSError):
            # After the name, which may hold anything: utime and stime are fields 14 and 15.
            fields = (PROC / str(each) / "stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total


@contextmanager
def peaks_of(pid: int) -> Iterator[dict[str, int]]:
    """Fill a dict of role to peak resident bytes of the processes under ``pid``."""
    found: dict[str, int] = {}
    over = threading.Event()
    for each in descendants(pid):
        if role(each):
            set_back(each)
    looking = threading.Thread(target=_look, args=(pid, found, over), daemon=True)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()


def set_back(pid: int) -> None:
    """Let the process's peak be what it holds now (needs root)."""
    (PROC / str(pid) / "clear_refs").write_text("5")


def _look(pid: int, found: dict[str, int], over: threading.Event) -> None:
    while True:
        last = over.is_set()
        for each in descendants(pid):
            if name := role(each):
                found[name] = max(found.get(name, 0), _peak_bytes(each))
        if last:
            return
        time.sleep(LOOK_S)


def _peak_bytes(pid: int) -> int:
    try:
        status = (PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    match = PEAK.search(status)
    return int(match.group(1)) * 1024 if match else 0
