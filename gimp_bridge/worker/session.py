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
from dataclasses import replace
from typing import BinaryIO

from gimp_bridge import __version__, wire
from gimp_bridge.errors import (
    Cancelled,
    DocumentRefused,
    RemovalError,
    ServiceError,
    SettingsError,
    WireError,
)
from gimp_bridge.language import N_, _, use_language
from gimp_bridge.worker import libraries
from gimp_bridge.worker.logs import stage, start_log
from gimp_bridge.worker.pipe import Pipe

log = logging.getLogger(__name__)

YIELD = 5
"""How much nicer than GIMP: the interface, and all else the person does, goes first."""

UNEXPECTED = N_(
    "An unexpected error occurred in Object Removal; nothing was changed. Details are in its log."
)


def main() -> int:
    """Run the worker on this process's stdin and stdout; returns the exit status."""
    give_way()
    incoming, outgoing = take_standard_streams()
    start_log()
    # Before the greeting even: GIMP's Python needs as long to start as the libraries to load.
    libraries.start(*libraries.NEEDED_FIRST, libraries.SERVICE_REMOVER)
    pipe = Pipe(incoming, outgoing)
    end_at_signals(pipe)
    serve(pipe)
    return 0


def end_at_signals(pipe: Pipe) -> None:
    """Take SIGTERM, such as the end of the person's session, for the end of the pipe."""

    def end(_number: int, _frame: object) -> None:
        # In a thread of its own: a signal may come while this one holds the queue's lock.
        threading.Thread(target=pipe.hang_up, daemon=True).start()

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


def serve(pipe: Pipe) -> None:
    """Serve one plug-in, request after request, until the pipe ends."""
    try:
        _greet(pipe)
        while True:
            _serve_request(pipe, pipe.receive())
    except Cancelled:
        log.info("the pipe has ended")
    except WireError as error:
        _report_failure(pipe, error)


def _serve_request(pipe: Pipe, frame: wire.Frame) -> None:
    try:
        if frame.kind not in REQUESTS:
            raise WireError(f"The plug-in asked for something unknown ({frame.kind}).")
        REQUESTS[frame.kind](pipe, frame)
    except Cancelled as cancelled:
        if pipe.cancelled():
            raise
        _report_failure(pipe, cancelled)  # the person said no to a question
    except RemovalError as error:
        log.info("%s: %s", error.code, error)
        _report_failure(pipe, error)
    except Exception:
        log.exception("unexpected")
        _report_failure(pipe, RemovalError(_(UNEXPECTED)))


def _greet(pipe: Pipe) -> None:
    frame = pipe.receive()
    use_language(frame.fields.get("languages"))
    pipe.send("hello", {"protocol": wire.PROTOCOL, "version": __version__})
    if frame.kind != "hello" or frame.fields.get("protocol") != wire.PROTOCOL:
        raise WireError("The plug-in speaks another version of the protocol.")


def _report_failure(pipe: Pipe, error: RemovalError) -> None:
    with contextlib.suppress(Cancelled):
        pipe.send(
            "failed",
            {
                "code": error.code,
                "message": str(error),
                "retryable": error.retryable,
                "task_id": error.task_id,
                "of_service": isinstance(error, (SettingsError, ServiceError)),
            },
        )


def _run(pipe: Pipe, frame: wire.Frame) -> None:
    pipe.send("progress", {"text": _("Reading"), "fraction": None})
    bounds = frame.fields["job"]["selection"]
    # GIMP reads it while the libraries load; a job without one is told so below.
    with stage("mask"):
        coverage = pipe.selection(bounds) if bounds else b""
    _await_libraries(*libraries.NEEDED_FIRST)
    # Imported here: the greeting must not wait for numpy.
    from gimp_bridge.settings import Settings
    from gimp_bridge.worker.choice import connecting, remover_for
    from gimp_bridge.worker.consent import agreed_again, agreed_service
    from gimp_bridge.worker.job import parse_job
    from gimp_bridge.worker.pipe_document import PipeDocument, mask_of
    from gimp_bridge.worker.removal import likely_window, remove_selected
    from gimp_bridge.worker.remover import KEPT

    settings = Settings.load()
    job = parse_job(frame.fields["job"], settings)
    service = agreed_service(job.service, settings, pipe.ask)
    if frame.fields["job"]["options"].get("again"):
        service = agreed_again(service, settings, pipe.ask)
    job = replace(job, service=service)
    document = PipeDocument(pipe, job, selected=lambda: mask_of(job.selection, coverage))
    with (
        document.reading_ahead(likely_window(job)),
        remover_for(job, connecting(settings), document) as remover,
    ):
        try:
            message = remove_selected(document, job, remover)
        except DocumentRefused as refused:
            if not remover.unclaimed:
                raise
            raise type(refused)(f"{refused} {_(KEPT)}") from refused
    pipe.finish(message)


def _recover(pipe: Pipe, frame: wire.Frame) -> None:
    _await_libraries()
    from gimp_bridge.worker.recovery import recover_into

    pipe.finish(recover_into(pipe, frame.fields["job"]))


def _await_libraries(*modules: str) -> None:
    with stage("load"):
        libraries.wait(*modules)


def _late(module: str, name: str) -> Callable[[Pipe, wire.Frame], None]:
    """A request served by ``module``, imported when it is first asked for."""

    def serve_it(pipe: Pipe, frame: wire.Frame) -> None:
        _await_libraries()
        found = importlib.import_module(f"gimp_bridge.worker.{module}")
        getattr(found, name)(pipe, frame)

    return serve_it


REQUESTS: dict[str, Callable[[Pipe, wire.Frame], None]] = {
    "run": _run,
    "recover": _recover,
    "batch": _late("batch_request", "serve_batch"),
    "estimate": _late("batch_request", "serve_estimate"),
    "preview": _late("preview", "preview"),
    "settings": _late("settings_requests", "show"),
    "save-settings": _late("settings_requests", "save"),
    "store-key": _late("settings_requests", "store_key"),
    "forget-key": _late("settings_requests", "forget_key"),
    "test-key": _late("settings_requests", "test_key"),
    "consent": _late("settings_requests", "consent"),
    "diagnostics": _late("diagnostics", "diagnostics"),
    "doctor": _late("diagnostics", "doctor"),
}
"""What a plug-in may ask for; each ends in ``finished`` or ``failed``, and the session goes on."""
