"""Imports what a session will need, on one thread, while the session does something else.

GIMP's Python needs as long to start as our libraries to load, and GIMP takes its time to hand
pixels over.  Two threads that import the same packages may wait for each other in a circle.  So one
thread imports all that is asked for here, and whoever imports something of the same packages
elsewhere waits for it first.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import queue
import sys
import threading
from collections.abc import Iterator

NEEDED_FIRST = ("gimp_bridge.worker.removal", "gimp_bridge.worker.pipe_document")
"""Without these a run does not know what to read, but for the selection."""
SERVICE_REMOVER = "gimp_bridge.worker.service_remover"
CLIENT = "gimp_bridge.service.connect"
"""Brings the HTTP library, which takes as long to import as all the rest."""

SWITCH_S = 0.0005
"""How long the importing thread may keep Python's lock while others want it; 5 ms is usual, and a
session of many short steps would wait for it as often."""


class _Importer:
    """One thread, and the modules that it was asked for."""

    def __init__(self) -> None:
        self._there: dict[str, threading.Event] = {}
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._import_all, name="libraries", daemon=True).start()

    def soon(self, *modules: str) -> None:
        for module in modules:
            event = threading.Event()
            if self._there.setdefault(module, event) is event:  # the first of all threads to ask
                self._asked.put(module)

    def wait(self, *modules: str) -> None:
        self.soon(*modules)
        for module in modules or tuple(self._there):
            self._there[module].wait()

    def _import_all(self) -> None:
        # OpenBLAS would start a thread a core, 30 ms, for products of a few thousand numbers.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        while True:
            module = self._asked.get()
            # What cannot be imported, whoever needs it will find out and report.
            with _quickly(), contextlib.suppress(Exception):
                importlib.import_module(module)
            self._there[module].set()


@contextlib.contextmanager
def _quickly() -> Iterator[None]:
    """Import without looking for garbage, 15 ms of 200, and without keeping others waiting."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(usual)


_importer: list[_Importer] = []


def start(*modules: str) -> None:
    """Begin to import ``modules``, one after another; called once in a process, by its session."""
    _importer.append(_Importer())
    soon(*modules)


def soon(*modules: str) -> None:
    """Import ``modules`` after those asked for before; nothing where no session has started."""
    for importer in _importer:
        importer.soon(*modules)


def wait(*modules: str) -> None:
    """Wait until ``modules`` are there, or without any until all are that were asked for.

    They are then imported as ever, which is where it shows if one of them cannot be.
    """
    for importer in _importer:
        importer.wait(*modules)
