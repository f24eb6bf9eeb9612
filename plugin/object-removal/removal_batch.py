"""The body of ``plug-in-object-removal-batch``: removes from every open image.

Runs in GIMP.  Without a person it takes all images that are open; with one, those ticked in the
dialog of ``removal_batch_dialog``.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, GObject  # noqa: E402
from removal_batch_options import settings_of  # noqa: E402
from removal_batch_run import BatchRun, open_images  # noqa: E402
from removal_last import last_values  # noqa: E402
from removal_procedures import AS_SET, BATCH  # noqa: E402
from removal_run import UNEXPECTED, RunCancelled, RunFailed, failed  # noqa: E402
from removal_setup import start_worker  # noqa: E402
from removal_text import _  # noqa: E402
from removal_worker import WorkerGone  # noqa: E402

from gimp_bridge import wire  # noqa: E402

COUNTS = ("done", "skipped", "failed")


def run_batch(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    _drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Run it in any mode; returns the counts and the report."""
    Gegl.init(None)
    try:
        if run_mode == Gimp.RunMode.INTERACTIVE:
            import removal_batch_dialog  # only now: Gtk is not there in a GIMP without windows

            return _succeeded(procedure, removal_batch_dialog.run(procedure, image, config))
        return _succeeded(procedure, _run_all(run_mode, image, config))
    except RunCancelled:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    except (RunFailed, WorkerGone) as error:
        return failed(procedure, str(error))
    except Exception:  # noqa: BLE001 - the outermost loop: a sentence, whatever this was
        traceback.print_exc()
        return failed(procedure, _(UNEXPECTED))


def _run_all(run_mode: Gimp.RunMode, image: Gimp.Image, config: Gimp.ProcedureConfig) -> wire.Frame:
    members = open_images(config.get_property("sample"))
    ended = 0

    def tell(frame: wire.Frame) -> None:
        nonlocal ended
        if frame.kind == "outcome":
            ended += 1
            Gimp.progress_update(ended / len(members))
            Gimp.progress_set_text(frame.fields["name"])

    with start_worker(run_mode) as worker:
        Gimp.progress_init(_("Object Removal"))
        try:
            worker.greet()
            batch = BatchRun(worker, members, tell, _asker(run_mode))
            settings = settings_of(config, members, image)
            if run_mode == Gimp.RunMode.WITH_LAST_VALS and not last_values(BATCH).exists():
                settings["options"] |= AS_SET
            return batch.carry_out("batch", settings)
        finally:
            Gimp.progress_end()


def _asker(run_mode: Gimp.RunMode) -> Callable[[Mapping[str, Any]], str | None]:
    """Who answers the worker's questions: the person who repeats the last run, else nobody."""
    if run_mode == Gimp.RunMode.NONINTERACTIVE:
        return lambda question: None
    import removal_questions  # only now: Gtk is not there in a GIMP without windows

    return removal_questions.ask


def _succeeded(procedure: Gimp.Procedure, finished: wire.Frame) -> Gimp.ValueArray:
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    results = [(int, finished.fields[name]) for name in COUNTS]
    results.append((str, finished.fields["report"]))
    for position, (kind, value) in enumerate(results, start=1):
        values.remove(position)
        values.insert(position, GObject.Value(kind, value))
    return values
