"""A run: from the procedure's call to the inserted layer or one clear sentence.

Runs in GIMP.  Obeys the worker, which decides: hands over the pixels it asks for, shows its
progress, prepares and inserts the layer it sends.  Killed without warning when the person
presses GIMP's Cancel, so nothing here may be needed afterwards.
"""

import traceback

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
import removal_procedures as procedures  # noqa: E402
from gi.repository import Gegl, Gimp, GObject  # noqa: E402
from removal_image import Source  # noqa: E402
from removal_layer import PreparedLayer  # noqa: E402
from removal_worker import Worker, WorkerGone  # noqa: E402

OPTIONS = ("service", "sample", "extent", "grow", "feather")


class RunFailed(Exception):
    """The run ended without a layer; the text is the sentence for people."""


def run_remove(procedure, run_mode, image, drawables, config, _data):
    """Body of ``plug-in-object-removal``."""
    Gegl.init(None)
    try:
        layer = _only_layer(drawables)
        with _started_worker() as worker:
            if run_mode == Gimp.RunMode.INTERACTIVE and not _ask_options(procedure, config):
                return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
            inserted = Run(worker, Source(image, layer)).remove(
                {name: config.get_property(name) for name in OPTIONS}
            )
    except (RunFailed, WorkerGone) as error:
        return _failed(procedure, str(error))
    except Exception:
        # The outermost loop: whatever this was, the person gets a sentence, the log the rest.
        traceback.print_exc()
        return _failed(procedure, "Object Removal hit an unexpected fault; nothing was changed.")
    return _succeeded(procedure, inserted)


def run_quick(procedure, run_mode, image, drawables, _config, _data):
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
    return _failed(procedure, Gimp.get_pdb().get_last_error() or "The removal failed.")


class Run:
    """One removal: serves the worker's wishes until it has finished or failed."""

    def __init__(self, worker, source):
        self._worker = worker
        self._source = source
        self._options = {}
        self._prepared = None
        self._inserted = None
        self._finished = False

    def remove(self, options):
        """Run to the end; returns the inserted layer, raises RunFailed without a trace in the image."""
        self._options = options
        Gimp.progress_init("Object Removal")
        try:
            self._worker.greet()
            self._worker.send("run", {"job": {**self._source.describe(), "options": options}})
            while not self._finished:
                self._serve(self._worker.receive())
        except WorkerGone:
            if self._inserted is None:
                raise  # else only the farewell was lost: the layer is in the image
        finally:
            if self._prepared and self._inserted is None:
                self._prepared.discard()
            Gimp.progress_end()
        Gimp.displays_flush()
        return self._inserted

    def _serve(self, frame):
        wish = getattr(self, f"_on_{frame.kind}", None)
        if wish is None:
            raise RunFailed(f"The helper program asked for something unknown ({frame.kind}).")
        wish(frame)

    def _on_read(self, frame):
        fields = frame.fields
        pixels = self._source.read(
            fields["what"],
            fields["format"],
            *(fields[side] for side in ("x", "y", "width", "height")),
        )
        self._worker.send("data", payload=pixels)

    def _on_progress(self, frame):
        if frame.fields["text"]:
            Gimp.progress_set_text(frame.fields["text"])
        if frame.fields["fraction"] is None:
            Gimp.progress_pulse()
        else:
            Gimp.progress_update(frame.fields["fraction"])

    def _on_begin(self, frame):
        fields = frame.fields
        place = (fields[side] for side in ("x", "y", "width", "height"))
        self._prepared = PreparedLayer(self._source.image, fields["name"], *place)
        self._worker.send("done")

    def _on_patch(self, frame):
        fields = frame.fields
        place = (fields[side] for side in ("x", "y", "width", "height"))
        self._prepared.write(*place, fields["format"], frame.payload)
        self._worker.send("done")

    def _on_insert(self, _frame):
        on_top = self._options["sample"] == "visible"
        self._prepared.insert(None if on_top else self._source.layer)
        self._inserted = self._prepared.layer
        self._worker.send("done")

    def _on_finished(self, frame):
        self._finished = True
        if frame.fields.get("message"):
            Gimp.message(frame.fields["message"])

    def _on_failed(self, frame):
        raise RunFailed(frame.fields["message"])


class _started_worker:  # noqa: N801 - used as a statement, like open()
    """A worker that is closed however the block ends."""

    def __enter__(self):
        self._worker = Worker.start()
        return self._worker

    def __exit__(self, *_details):
        self._worker.close()


def _only_layer(drawables):
    if len(drawables) != 1:
        raise RunFailed("Several layers are chosen. Choose the one to repair, then try again.")
    if not isinstance(drawables[0], Gimp.Layer):
        raise RunFailed("A channel or mask is active. Click the layer itself, then try again.")
    return drawables[0]


def _ask_options(procedure, config):
    import removal_dialog

    return removal_dialog.ask(procedure, config)


def _succeeded(procedure, layer):
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    values.remove(1)
    values.insert(1, GObject.Value(Gimp.Layer, layer))
    return values


def _failed(procedure, message):
    return procedure.new_return_values(
        Gimp.PDBStatusType.EXECUTION_ERROR, procedures.failure(message)
    )
