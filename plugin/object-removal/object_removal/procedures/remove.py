"""The bodies of the procedures that work on one image: remove, remove at once, recover.

Runs in GIMP: from the procedure's call to the inserted layer, or one clear sentence.
"""

from __future__ import annotations

from typing import Any

from gi.repository import Gegl, Gimp, GObject

from gimp_bridge.wire import Frame
from object_removal.dialogs.question import asker
from object_removal.image.repairs import facts_of, result_of, retouched, tries, variant_of
from object_removal.image.source import Source
from object_removal.last_values import begin, recall
from object_removal.names import REMOVE, chosen_options
from object_removal.outcome import RunCancelled, RunFailed, answered
from object_removal.serving import Serving
from object_removal.text import N_, _
from object_removal.worker.conversation import GONE, Ask, Conversation
from object_removal.worker.setup import start_worker

NO_RESULT = N_(
    "There is no result here to try again. Click the layer of a result that still has its layer "
    "mask, or select something and remove it."
)


def run_remove(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal``."""

    def work() -> list[GObject.Value]:
        source = Source(image, drawables)
        if run_mode != Gimp.RunMode.NONINTERACTIVE:
            begin(config, REMOVE)
        # Started before the dialog: by the time the person presses Remove it is up.
        with start_worker(asker(run_mode)) as worker:
            conversation = Conversation(worker, asker(run_mode))
            if run_mode == Gimp.RunMode.INTERACTIVE:
                _ask_options(procedure, config, source, conversation)
            return _remove(conversation, source, chosen_options(config), asker(run_mode))

    return answered(procedure, work)


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
    config = Gimp.get_pdb().lookup_procedure(REMOVE).create_config()
    if run_mode != Gimp.RunMode.NONINTERACTIVE:
        begin(config, REMOVE)
        recall(config, REMOVE)

    def work() -> list[GObject.Value]:
        with start_worker(asker(run_mode)) as worker:
            conversation = Conversation(worker, asker(run_mode))
            source, options = Source(image, drawables), chosen_options(config)
            return _remove(conversation, source, options, asker(run_mode))

    return answered(procedure, work)


def run_another(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    _config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal-another``: a result's region again, as another variant."""

    def work() -> list[GObject.Value]:
        result = result_of(drawables)
        if result is None or result.get_mask() is None:
            raise RunFailed(_(NO_RESULT))
        config = Gimp.get_pdb().lookup_procedure(REMOVE).create_config()
        variant = 1 + max(variant_of(each) for each in tries(result))
        options = chosen_options(config) | facts_of(result).get("options", {})
        options |= {"sample": "auto", "grow": 0, "feather": 0.0, "variant": variant, "again": True}
        with start_worker(asker(run_mode)) as worker:
            conversation = Conversation(worker, asker(run_mode))
            source = Source(image, [result], redone=result)
            return _remove(conversation, source, options, asker(run_mode))

    return answered(procedure, work)


def run_recover(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    _config: Gimp.ProcedureConfig,
    _data: object,
) -> Gimp.ValueArray:
    """Body of ``plug-in-object-removal-recover``."""

    def work() -> list[GObject.Value]:
        source = Source(image, list(dict.fromkeys(retouched(each) for each in drawables)))
        source.check_place()
        with start_worker(asker(run_mode)) as worker:
            conversation = Conversation(worker, asker(run_mode))
            try:
                return _carry_out(conversation, source, "recover", source.describe())
            except RunFailed as error:
                if error.code != "nothing-to-recover" or run_mode == Gimp.RunMode.NONINTERACTIVE:
                    raise
                Gimp.message(str(error))  # to a person that is no failure
                return [GObject.Value(Gimp.Layer, None)]

    return answered(procedure, work)


def _ask_options(
    procedure: Gimp.Procedure,
    config: Gimp.ProcedureConfig,
    source: Source,
    conversation: Conversation,
) -> None:
    from object_removal.dialogs import remove  # only now: no Gtk in a GIMP without windows

    Gegl.init(None)  # the preview reads pixels
    if not remove.ask(procedure, config, source, conversation):
        raise RunCancelled


def _remove(
    conversation: Conversation, source: Source, options: dict[str, Any], ask: Ask
) -> list[GObject.Value]:
    """Remove; where the service fails, by this computer if the person wants that."""
    source.options = options
    source.check(options["sample"])
    try:
        return _carry_out(conversation, source, "run", {**source.describe(), "options": options})
    except RunFailed as error:
        if not error.of_service:
            raise
        answer = ask({"message": str(error), "choices": [_("Use _This Computer")]})
        if answer is None:
            raise
    if not answer:
        raise RunCancelled
    return _remove(conversation, source, options | {"service": "this-computer"}, ask)


def _carry_out(
    conversation: Conversation, source: Source, request: str, job: dict[str, Any]
) -> list[GObject.Value]:
    """Run to the end; gives the layer inserted last, or raises and leaves no trace."""
    serving, progress = Serving(source), _Progress()
    ends: list[Frame] = []
    try:
        conversation.request(
            request,
            {"job": job},
            lambda last, _told: ends.append(last),
            grant=serving.grant,
            tell=progress.tell,
        )
        Gegl.init(None)  # 30 ms, in which the worker has something to do now
        conversation.wait(progress.pulse)
    finally:
        serving.forget_all()
        Gimp.progress_end()
    last = ends[0]
    # Where the worker was lost after it had the layer inserted, only its farewell is missing.
    if last.kind == "failed" and not (serving.inserted and last.fields["code"] == GONE):
        told = last.fields
        if told["code"] == "cancelled":
            raise RunCancelled
        raise RunFailed(told["message"], told["code"], of_service=bool(told.get("of_service")))
    if last.fields["message"]:
        Gimp.message(last.fields["message"])
    return [GObject.Value(Gimp.Layer, serving.inserted)]


class _Progress:
    """GIMP's progress bar, which pulses while nobody knows how long it takes."""

    def __init__(self) -> None:
        self._has_fraction = False
        Gimp.progress_init(_("Object Removal"))

    def tell(self, frame: Frame) -> None:
        """Show the worker's progress."""
        fraction = frame.fields["fraction"]
        self._has_fraction = fraction is not None
        Gimp.progress_set_text(frame.fields["text"])
        if fraction is None:
            Gimp.progress_pulse()
        else:
            Gimp.progress_update(fraction)

    def pulse(self) -> None:
        """Show that it is alive."""
        if not self._has_fraction:
            Gimp.progress_pulse()
