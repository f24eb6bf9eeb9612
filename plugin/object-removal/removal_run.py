"""A run: from the procedure's call to the inserted layer or one clear sentence.

Runs in GIMP.  Obeys the worker, which decides: hands over the pixels it asks for, shows its
progress, prepares and inserts the layer it sends.  Killed without warning when the person
presses GIMP's Cancel, so nothing here may be needed afterwards.
"""

from __future__ import annotations

import traceback
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
import removal_procedures as procedures  # noqa: E402
from gi.repository import Gegl, Gimp, GObject  # noqa: E402
from removal_image import Source  # noqa: E402
from removal_layer import PreparedLayer  # noqa: E402
from removal_worker import Worker, WorkerGone  # noqa: E402

from gimp_bridge import wire  # noqa: E402

OPTIONS = ("service", "sample", "extent", "grow", "feather")
PULSE_S = 0.2
UNEXPECTED = "Object Removal hit an unexpected fault; nothing was changed."


class RunFailed(Exception):
    """The run ended without a layer; the text is the sentence for people."""


class RunCancelled(Exception):
    """The person wants no removal after all."""


def run_remove(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal``."""
    Gegl.init(None)
    try:
        source = Source(image, only_layer(drawables))
        # Started before the dialog: by the time the person presses OK it is up.
        with Worker.start() as worker:
            if run_mode == Gimp.RunMode.INTERACTIVE:
                _ask_options(procedure, config, source, worker)
            options = {name: config.get_property(name) for name in OPTIONS}
            person = run_mode != Gimp.RunMode.NONINTERACTIVE
            inserted = Run(worker, source, options, person=person).remove()
    except RunCancelled:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    except (RunFailed, WorkerGone) as error:
        return failed(procedure, str(error))
    except Exception:  # noqa: BLE001 - the outermost loop: a sentence, whatever this was
        traceback.print_exc()
        return failed(procedure, UNEXPECTED)
    return _succeeded(procedure, inserted)


def run_quick(
    procedure: Gimp.Procedure,
    _run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    _config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal-quick``: the main procedure with its last values."""
    main = Gimp.get_pdb().lookup_procedure(procedures.REMOVE)
    config = main.create_config()
    config.set_property("run-mode", Gimp.RunMode.WITH_LAST_VALS)
    config.set_property("image", image)
    config.set_core_object_array("drawables", list(drawables))
    result = main.run(config)
    status = Gimp.PDBStatusType(result.index(0))
    if status == Gimp.PDBStatusType.SUCCESS:
        return _succeeded(procedure, result.index(1))
    if status == Gimp.PDBStatusType.CANCEL:
        return procedure.new_return_values(status, None)
    return failed(procedure, Gimp.get_pdb().get_last_error())


class Run:
    """One removal: serves the worker's wishes until it has finished or failed."""

    def __init__(
        self, worker: Worker, source: Source, options: dict[str, Any], *, person: bool
    ) -> None:
        self._worker = worker
        self._source = source
        self._options = options
        self._person = person
        self._prepared: PreparedLayer | None = None
        self._inserted: Gimp.Layer | None = None
        self._finished = False
        self._has_fraction = False
        self._wishes = {
            "read": self._read,
            "progress": self._show_progress,
            "ask": self._ask,
            "begin": self._begin,
            "patch": self._patch,
            "insert": self._insert,
            "finished": self._finish,
            "failed": self._fail,
        }

    def remove(self) -> Gimp.Layer:
        """Run to the end; returns the inserted layer, or raises and leaves no trace."""
        Gimp.progress_init("Object Removal")
        try:
            self._worker.greet()
            job = {**self._source.describe(), "options": self._options}
            self._worker.send("run", {"job": job, "interactive": self._person})
            while not self._finished:
                self._serve_next()
        except WorkerGone:
            if self._inserted is None:
                raise  # else only the farewell was lost: the layer is in the image
        finally:
            if self._prepared and self._inserted is None:
                self._prepared.discard()
            Gimp.progress_end()
        Gimp.displays_flush()
        return self._inserted

    def _serve_next(self) -> None:
        frame = self._worker.receive(PULSE_S)
        if frame is not None:
            self.serve(frame)
        elif not self._has_fraction:
            Gimp.progress_pulse()  # nobody knows how long, but it is alive

    def serve(self, frame: wire.Frame) -> None:
        """Do what one frame of the worker asks for."""
        if frame.kind not in self._wishes:
            raise RunFailed(f"The helper program asked for something unknown ({frame.kind}).")
        self._wishes[frame.kind](frame)

    def _read(self, frame: wire.Frame) -> None:
        fields, pixels = self._source.answer("read", frame.fields)
        self._worker.send("data", fields, pixels)

    def _show_progress(self, frame: wire.Frame) -> None:
        fraction = frame.fields["fraction"]
        self._has_fraction = fraction is not None
        Gimp.progress_set_text(frame.fields["text"])
        if fraction is None:
            Gimp.progress_pulse()
        else:
            Gimp.progress_update(fraction)

    def _ask(self, frame: wire.Frame) -> None:
        choice = None
        if self._person:
            import removal_questions  # only now: Gtk is not there in a GIMP without windows

            choice = removal_questions.ask(procedures.REMOVE, frame.fields)
            if choice is None:
                raise RunCancelled
        self._worker.send("answer", {"choice": choice})

    def _begin(self, frame: wire.Frame) -> None:
        self._prepared = PreparedLayer(self._source.image, frame.fields["name"], *_place(frame))
        self._worker.send("done")

    def _patch(self, frame: wire.Frame) -> None:
        self._prepared.write(*_place(frame), frame.fields["format"], frame.payload)
        self._worker.send("done")

    def _insert(self, _frame: wire.Frame) -> None:
        on_top = self._options["sample"] == "visible"
        self._prepared.insert(None if on_top else self._source.layer)
        self._inserted = self._prepared.layer
        self._worker.send("done")

    def _finish(self, frame: wire.Frame) -> None:
        self._finished = True
        if frame.fields["message"]:
            Gimp.message(frame.fields["message"])

    def _fail(self, frame: wire.Frame) -> None:
        raise RunFailed(frame.fields["message"])


def only_layer(drawables: list[Gimp.Drawable]) -> Gimp.Layer:
    """The one layer to repair; RunFailed where it is not one, or not a layer."""
    if len(drawables) != 1:
        raise RunFailed("Several layers are chosen. Choose the one to repair, then try again.")
    if not isinstance(drawables[0], Gimp.Layer):
        raise RunFailed("A channel or mask is active. Click the layer itself, then try again.")
    return drawables[0]


def failed(procedure: Gimp.Procedure, message: str) -> Gimp.ValueArray:
    """What a procedure returns that failed; GIMP shows ``message`` to the person."""
    return procedure.new_return_values(
        Gimp.PDBStatusType.EXECUTION_ERROR, procedures.failure(message)
    )


def _succeeded(procedure: Gimp.Procedure, layer: Gimp.Layer) -> Gimp.ValueArray:
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    values.remove(1)
    values.insert(1, GObject.Value(Gimp.Layer, layer))
    return values


def _ask_options(
    procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, source: Source, worker: Worker
) -> None:
    import removal_dialog  # only now: Gtk is not there in a GIMP without windows

    if not removal_dialog.ask(procedure, config, source, worker):
        raise RunCancelled


def _place(frame: wire.Frame) -> tuple[int, int, int, int]:
    fields = frame.fields
    return fields["x"], fields["y"], fields["width"], fields["height"]
