"""The body of ``plug-in-object-removal-batch``: removes from every open image.

Runs in GIMP.  Without a person it takes all images that are open; with one, those ticked in the
batch's dialog.
"""

from __future__ import annotations

from gi.repository import Gegl, Gimp, GObject

from gimp_bridge.wire import Frame
from object_removal import batch
from object_removal.dialogs.question import asker
from object_removal.last_values import begin
from object_removal.outcome import RunFailed, answered
from object_removal.text import _
from object_removal.worker.conversation import Conversation
from object_removal.worker.setup import start_worker

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

    def work() -> list[GObject.Value]:
        Gegl.init(None)
        with start_worker(asker(run_mode)) as worker:
            conversation = Conversation(worker, asker(run_mode))
            if run_mode == Gimp.RunMode.INTERACTIVE:
                begin(config, procedure.get_name())
                from object_removal.dialogs.batch import dialog  # Gtk only where there is a screen

                return _results(dialog.run(procedure.get_name(), image, config, conversation))
            return _results(_run_all(conversation, image, config))

    return answered(procedure, work)


def _run_all(conversation: Conversation, image: Gimp.Image, config: Gimp.ProcedureConfig) -> Frame:
    members = batch.open_images(config.get_property("sample"))
    ends: list[Frame] = []
    ended = 0

    def tell(frame: Frame) -> None:
        nonlocal ended
        if frame.kind == "outcome":
            ended += 1
            Gimp.progress_update(ended / len(members))
            Gimp.progress_set_text(frame.fields["name"])

    Gimp.progress_init(_("Object Removal"))
    try:
        settings = batch.settings_of(config, members, image)
        batch.begin(conversation, "batch", members, settings, tell, ends.append)
        conversation.wait()
    finally:
        Gimp.progress_end()
    if ends[0].kind == "failed":
        raise RunFailed(ends[0].fields["message"])
    return ends[0]


def _results(finished: Frame) -> list[GObject.Value]:
    counts = [GObject.Value(int, finished.fields[name]) for name in COUNTS]
    return [*counts, GObject.Value(str, finished.fields["report"])]
