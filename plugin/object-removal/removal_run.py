"""A run: from the procedure's call to the inserted layer or one clear sentence.

Runs in GIMP.  Obeys the worker, which decides: hands over the pixels it asks for, shows its
progress, prepares and inserts the layer it sends.  Killed without warning when the person
presses GIMP's Cancel, so nothing here may be needed afterwards.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
import removal_procedures as procedures  # noqa: E402
from gi.repository import Gegl, Gimp, GObject  # noqa: E402
from removal_image import CLOSED, Source, Unrepairable, to_own  # noqa: E402
from removal_last import last_values, recall  # noqa: E402
from removal_layer import PreparedLayer  # noqa: E402
from removal_setup import start_worker  # noqa: E402
from removal_text import N_, _  # noqa: E402
from removal_worker import Worker, WorkerGone  # noqa: E402

from gimp_bridge import wire  # noqa: E402

PULSE_S = 0.2
WISHES = ("read", "convert", "begin", "patch", "insert")
"""What the worker waits for an answer to."""
WENT_WRONG = N_("GIMP could not do this in the image; was its layer deleted?")
UNEXPECTED = N_("Object Removal hit an unexpected fault; nothing was changed.")


class RunFailed(Exception):
    """The run ended without a layer; the text is the sentence for people."""


class RunCancelled(Exception):
    """The person backed out."""


def run_remove(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal``."""
    return answered(procedure, lambda: _remove(procedure, run_mode, image, drawables, config))


def _remove(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
) -> Gimp.Layer:
    source = Source(image, drawables)
    # Started before the dialog: by the time the person presses OK it is up.
    with start_worker(run_mode) as worker:
        if run_mode != Gimp.RunMode.NONINTERACTIVE:
            _untick(config)
        if run_mode == Gimp.RunMode.INTERACTIVE:
            _ask_options(procedure, config, source, worker)
        options = procedures.chosen_options(config)
        if run_mode == Gimp.RunMode.WITH_LAST_VALS:
            options |= _as_set_if_never_used()
        return _carry_out(worker, source, run_mode, options)


def _as_set_if_never_used() -> dict[str, None]:
    """What to use instead of the procedure's defaults where it has no last values yet."""
    return {} if last_values(procedures.REMOVE).exists() else procedures.AS_SET


def _untick(config: Gimp.ProcedureConfig) -> None:
    """Ticked anew for each picture: the address of another one may be private."""
    config.set_property(procedures.SEND_ADDRESS, False)


def _carry_out(
    worker: Worker, source: Source, run_mode: Gimp.RunMode, options: dict[str, Any]
) -> Gimp.Layer:
    source.check(options["sample"])
    job = {**source.describe(), "options": options}
    return Run(worker, source, run_mode).carry_out("run", job)


def run_quick(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    _config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal-quick``: the main procedure's work with its last values.

    Where nobody is there, with its defaults: a script must not depend on what a person did last,
    and must never meet a question.
    """
    config = Gimp.get_pdb().lookup_procedure(procedures.REMOVE).create_config()
    if run_mode != Gimp.RunMode.NONINTERACTIVE:
        recall(config, procedures.REMOVE)
        _untick(config)
    options = procedures.chosen_options(config)
    if run_mode != Gimp.RunMode.NONINTERACTIVE:
        options |= _as_set_if_never_used()
    return answered(procedure, lambda: _remove_quickly(run_mode, Source(image, drawables), options))


def _remove_quickly(run_mode: Gimp.RunMode, source: Source, options: dict[str, Any]) -> Gimp.Layer:
    with start_worker(run_mode) as worker:
        return _carry_out(worker, source, run_mode, options)


def run_recover(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    _config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal-recover``."""
    return answered(procedure, lambda: _recover(run_mode, image, drawables))


def _recover(
    run_mode: Gimp.RunMode, image: Gimp.Image, drawables: list[Gimp.Drawable]
) -> Gimp.Layer:
    # An active mask is its layer's: what was sent is put above that.
    layers = [
        Gimp.Layer.from_mask(each) if isinstance(each, Gimp.LayerMask) else each
        for each in drawables
    ]
    source = Source(image, layers)
    source.check_place()
    with start_worker(run_mode) as worker:
        return Run(worker, source, run_mode).carry_out("recover", source.describe())


class Run:
    """One request to the worker: serves its wishes until it has finished or failed."""

    def __init__(self, worker: Worker, source: Source, run_mode: Gimp.RunMode) -> None:
        self._worker = worker
        self._source = source
        self._run_mode = run_mode
        self._prepared: PreparedLayer | None = None
        self._inserted: Gimp.Layer | None = None
        self._finished = False
        self._has_fraction = False
        self._wishes = {
            "read": self._read,
            "convert": self._convert,
            "progress": self._show_progress,
            "ask": self._ask,
            "begin": self._begin,
            "patch": self._patch,
            "insert": self._insert,
            "finished": self._finish,
            "failed": self._fail,
        }

    def carry_out(self, request: str, job: dict[str, Any]) -> Gimp.Layer:
        """Run to the end; returns the layer inserted last, or raises and leaves no trace."""
        Gimp.progress_init(_("Object Removal"))
        try:
            self._worker.greet()
            self._worker.send(request, {"job": job})
            Gegl.init(None)  # 30 ms, in which the worker has something to do now
            while not self._finished:
                self._serve_next()
        except WorkerGone:
            if self._inserted is None:
                raise  # else only the farewell was lost: the layer is in the image
        finally:
            self.leave_nothing()
            Gimp.progress_end()
        Gimp.displays_flush()
        return self._inserted

    def leave_nothing(self) -> None:
        """Free what was rendered to be read, and the layer that was prepared and not inserted."""
        self._source.forget()
        if self._prepared:
            self._prepared.discard()
            self._prepared = None

    def _serve_next(self) -> None:
        frame = self._worker.receive(PULSE_S)
        if frame is not None:
            self.serve_or_refuse(frame)
        elif not self._has_fraction:
            Gimp.progress_pulse()  # nobody knows how long, but it is alive

    def serve_or_refuse(self, frame: wire.Frame) -> None:
        """Do what one frame asks for; a wish that cannot be granted is refused, with the reason."""
        if frame.kind in WISHES and not self._can_serve(frame):
            self._refuse()
            return
        try:
            self._serve(frame)
        except WorkerGone:
            raise
        except Exception:
            if frame.kind not in WISHES:
                raise
            # The worker knows what has been paid for by now, and says where that is.
            traceback.print_exc()
            self._refuse()

    def _refuse(self) -> None:
        is_open = self._source.image.is_valid()
        self._worker.send("refused", {"message": _(WENT_WRONG if is_open else CLOSED)})

    def _can_serve(self, wish: wire.Frame) -> bool:
        """Whether what a wish is about is still there; if not, GIMP would show its own errors."""
        of_layer = wish.fields.get("what") in ("layer", "mask")
        above_layer = wish.fields.get("on_top") is False
        source = self._source
        return source.is_there if of_layer or above_layer else source.image.is_valid()

    def _serve(self, frame: wire.Frame) -> None:
        if frame.kind not in self._wishes:
            text = _("The helper program asked for something unknown ({kind}).")
            raise RunFailed(text.format(kind=frame.kind))
        self._wishes[frame.kind](frame)

    def _read(self, frame: wire.Frame) -> None:
        fields, pixels = self._source.answer("read", frame.fields)
        self._worker.send("data", fields, pixels)

    def _convert(self, frame: wire.Frame) -> None:
        size = frame.fields["width"], frame.fields["height"]
        pixels = to_own(self._source.image, frame.fields["format"], *size, bytes(frame.payload))
        self._worker.send("data", payload=pixels)

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
        if self._run_mode != Gimp.RunMode.NONINTERACTIVE:
            import removal_questions  # only now: Gtk is not there in a GIMP without windows

            choice = removal_questions.ask(frame.fields)
        self._worker.send("answer", {"choice": choice})

    def _begin(self, frame: wire.Frame) -> None:
        name, to_rgb = frame.fields["name"], frame.fields["to_rgb"]
        self._prepared = PreparedLayer(self._source.image, name, *_place(frame), to_rgb=to_rgb)
        self._worker.send("done")

    def _patch(self, frame: wire.Frame) -> None:
        fields = frame.fields
        self._prepared.write(*_place(frame), fields["format"], fields["own"], frame.payload)
        self._worker.send("done")

    def _insert(self, frame: wire.Frame) -> None:
        self._prepared.insert(None if frame.fields["on_top"] else self._source.layer)
        self._inserted, self._prepared = self._prepared.layer, None
        self._worker.send("done")

    def _finish(self, frame: wire.Frame) -> None:
        self._finished = True
        if frame.fields["message"]:
            Gimp.message(frame.fields["message"])

    def _fail(self, frame: wire.Frame) -> None:
        if frame.fields["code"] == "cancelled":
            raise RunCancelled
        raise RunFailed(frame.fields["message"])


def answered(procedure: Gimp.Procedure, work: Callable[[], Gimp.Layer]) -> Gimp.ValueArray:
    """What ``procedure`` returns: the layer that ``work`` gives, or how it came to none."""
    try:
        return _succeeded(procedure, work())
    except RunCancelled:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    except (RunFailed, Unrepairable, WorkerGone) as error:
        return failed(procedure, str(error))
    except Exception:  # noqa: BLE001 - the outermost loop: a sentence, whatever this was
        traceback.print_exc()
        return failed(procedure, _(UNEXPECTED))


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

    Gegl.init(None)  # the preview reads pixels
    if not removal_dialog.ask(procedure, config, source, worker):
        raise RunCancelled


def _place(frame: wire.Frame) -> tuple[int, int, int, int]:
    fields = frame.fields
    return fields["x"], fields["y"], fields["width"], fields["height"]
