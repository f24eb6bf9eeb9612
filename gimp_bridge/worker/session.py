"""One session of the worker: greets, runs the job, and ends with the pipe.

The outermost loop of the process: every error becomes one ``failed`` frame with a sentence for
people; what it was in detail goes to the log.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from gimp_bridge import __version__, wire
from gimp_bridge.errors import Cancelled, HostRefused, RemovalError, WireError
from gimp_bridge.language import N_, _, use_language
from gimp_bridge.worker import libraries
from gimp_bridge.worker.host import read
from gimp_bridge.worker.link import Link
from gimp_bridge.worker.stages import stage

log = logging.getLogger(__name__)

YIELD = 5
"""How much nicer than GIMP: the interface, and all else the person does, goes first."""

UNEXPECTED = N_(
    "Object Removal hit an unexpected fault; nothing was changed. Its log has the details."
)


def main() -> int:
    """Run the worker on this process's stdin and stdout; returns the exit status."""
    from gimp_bridge.worker.logs import start_log

    give_way()
    incoming, outgoing = take_standard_streams()
    start_log()
    # Before the greeting even: GIMP's Python needs as long to start as the libraries to load.
    libraries.start(*libraries.NEEDED_FIRST, libraries.SERVICE_REMOVER)
    link = Link(incoming, outgoing)
    end_at_signals(link)
    serve(link)
    return 0


def end_at_signals(link: Link) -> None:
    """Take SIGTERM, such as the end of the person's session, for the end of the pipe."""

    def end(_number: int, _frame: object) -> None:
        # In a thread of its own: a signal may come while this one holds the queue's lock.
        threading.Thread(target=link.hang_up, daemon=True).start()

    signal.signal(signal.SIGTERM, end)


def give_way() -> None:
    """Lower this process's priority, before there are threads that would keep theirs.

    On Windows the plug-in starts it with a low one.
    """
    if sys.platform != "win32":
        os.nice(YIELD)


def take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipe for ourselves: what a library prints goes to stderr instead."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return incoming, outgoing


def serve(link: Link) -> None:
    """Serve one plug-in, request after request, until the pipe ends."""
    try:
        _greet(link)
        while True:
            _serve_request(link, link.receive())
    except Cancelled:
        log.info("the pipe has ended")
    except WireError as error:
        _report_failure(link, error)


def _serve_request(link: Link, frame: wire.Frame) -> None:
    try:
        if frame.kind not in REQUESTS:
            raise WireError(f"The plug-in asked for something unknown ({frame.kind}).")
        REQUESTS[frame.kind](link, frame)
    except Cancelled as cancelled:
        if link.cancelled():
            raise
        _report_failure(link, cancelled)  # the person said no to a question
    except RemovalError as error:
        log.info("%s: %s", error.code, error)
        _report_failure(link, error)
    except Exception:
        log.exception("unexpected")
        _report_failure(link, RemovalError(_(UNEXPECTED)))


def _greet(link: Link) -> None:
    frame = link.receive()
    use_language(frame.fields.get("languages"))
    link.send("hello", {"protocol": wire.PROTOCOL, "version": __version__})
    if frame.kind != "hello" or frame.fields.get("protocol") != wire.PROTOCOL:
        raise WireError("The plug-in speaks another version of the protocol.")


def _report_failure(link: Link, error: RemovalError) -> None:
    with contextlib.suppress(Cancelled):
        link.send(
            "failed",
            {
                "code": error.code,
                "message": str(error),
                "retryable": error.retryable,
                "task_id": error.task_id,
            },
        )


def _run(link: Link, frame: wire.Frame) -> None:
    link.send("progress", {"text": _("Reading"), "fraction": None})
    selection = frame.fields["job"]["selection"]
    # GIMP reads it while the libraries load; a job without one is told so below.
    with stage("mask"):
        coverage = read(link, "selection", "Y u8", selection) if selection else b""
    _await_libraries(*libraries.NEEDED_FIRST)
    # Imported here: the greeting must not wait for numpy.
    from gimp_bridge.settings import Settings
    from gimp_bridge.worker.ahead import reading_ahead
    from gimp_bridge.worker.consent import with_consent
    from gimp_bridge.worker.job import parse_job
    from gimp_bridge.worker.piece import KEPT
    from gimp_bridge.worker.removal import remove_selected, selection_of
    from gimp_bridge.worker.removers import chosen_remover

    job = with_consent(link, parse_job(frame.fields["job"], Settings.load()))
    with (
        reading_ahead(link, job) as host,
        chosen_remover(job, Settings.load(), host) as remover,
    ):
        try:
            message = remove_selected(host, job, remover, selection_of(job, coverage))
        except HostRefused as refused:
            kept = f" {_(KEPT)}" if remover.keeps_paid else ""
            raise HostRefused(f"{refused}{kept}") from refused
    link.send("finished", {"message": message})


def _recover(link: Link, frame: wire.Frame) -> None:
    _await_libraries()
    from gimp_bridge.worker.recovery import recover_into

    link.send("finished", {"message": recover_into(link, frame.fields["job"])})


def _await_libraries(*modules: str) -> None:
    with stage("load"):
        libraries.wait(*modules)


def _late(module: str, name: str) -> Callable[[Link, wire.Frame], None]:
    """A request served by ``module``, imported when it is first asked for."""

    def serve_it(link: Link, frame: wire.Frame) -> None:
        _await_libraries()
        found = importlib.import_module(f"gimp_bridge.worker.{module}")
        getattr(found, name)(link, frame)

    return serve_it


REQUESTS: dict[str, Callable[[Link, wire.Frame], None]] = {
    "run": _run,
    "recover": _recover,
    "batch": _late("batch_request", "serve_batch"),
    "survey": _late("batch_request", "serve_survey"),
    "preview": _late("preview", "preview"),
    "settings": _late("settings_requests", "show"),
    "save-settings": _late("settings_requests", "save"),
    "store-key": _late("settings_requests", "store_key"),
    "forget-key": _late("settings_requests", "forget_key"),
    "test-key": _late("settings_requests", "test_key"),
    "consent": _late("settings_requests", "consent"),
    "diagnostics": _late("diagnostics", "diagnostics"),
    "doctor": _late("doctor", "doctor"),
}
"""What a plug-in may ask for; each ends in ``finished`` or ``failed``, and the session goes on."""
