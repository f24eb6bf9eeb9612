"""A batch: the open images, what is asked of the worker for them, and how it is begun.

Runs in GIMP, on its main thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from gi.repository import Gimp

from gimp_bridge.wire import Frame
from object_removal.image.source import CLOSED, Source
from object_removal.names import chosen_options
from object_removal.outcome import RunFailed
from object_removal.serving import Serving
from object_removal.text import N_, _
from object_removal.worker.conversation import Conversation

NO_LAYER = N_("The image has no layer.")


class Member(NamedTuple):
    """One image of the batch.

    name : as its window's title has it where several images are called the same
    job : what the worker is told of it
    layer_name : of the layer that is repaired; "" where it is all that is visible
    problem : why it cannot run, "" where it can
    earlier : what became of it in an earlier run, when it is not to run again
    """

    source: Source
    name: str
    job: dict[str, Any]
    layer_name: str
    problem: str
    earlier: dict[str, Any] | None = None

    def left_out(self, why: str) -> Member:
        """The same image, kept from running; a problem it has already stays."""
        return self._replace(problem=self.problem or why)

    def as_before(self, outcome: dict[str, Any]) -> Member:
        """The same image, kept from running, with what became of it before."""
        return self._replace(earlier=outcome)

    @property
    def is_open(self) -> bool:
        """Whether the image is still there."""
        return self.source.image.is_valid()

    @property
    def has_palette(self) -> bool:
        """Whether it is an indexed image that could be looked at."""
        return self.job.get("image", {}).get("base") == "indexed"

    @property
    def size(self) -> str:
        """The canvas in pixels."""
        return f"{self.source.image.get_width()} × {self.source.image.get_height()}"

    @property
    def facts(self) -> tuple[Any, ...]:
        """All of which a change means that it has to be looked at again."""
        return self.name, self.job, self.layer_name, self.problem


def open_images(sample: str, known: Sequence[Member] = ()) -> list[Member]:
    """Every image that is open, oldest first, with the layers chosen in it.

    Those ``known`` come first, in their order, as they are now, be they open or not.
    """
    images = [member.source.image for member in known]
    numbers = {image.get_id() for image in images}
    new = [image for image in Gimp.get_images() if image.get_id() not in numbers]
    images += sorted(new, key=lambda image: image.get_id())
    before = {member.source.image.get_id(): member for member in known}
    often = Counter(image.get_name() for image in images if image.is_valid())
    return [_member(image, sample, before.get(image.get_id()), often) for image in images]


def _member(image: Gimp.Image, sample: str, before: Member | None, often: Counter[str]) -> Member:
    name = before.name if before else ""
    if not image.is_valid():
        return Member(Source(image, []), name, {}, "", _(CLOSED))
    if not name:
        name = image.get_name()
        if often[name] > 1:
            name = f"{name}-{image.get_id()}"
    if not image.get_layers():
        return Member(Source(image, []), name, {}, "", _(NO_LAYER))
    source = Source(image, image.get_selected_drawables(), before.source if before else None)
    problem = ""
    try:
        source.check(sample)
    except RunFailed as error:
        problem = str(error)
    layer = source.layer.get_name() if sample != "visible" and source.layer else ""
    job = source.describe()
    source.forget()  # many images' at once would be too much
    return Member(source, name, job, layer, problem)


def settings_of(
    config: Gimp.ProcedureConfig, members: Sequence[Member], image: Gimp.Image
) -> dict[str, Any]:
    """What a request says besides its jobs."""
    shared = config.get_property("selection-from") == "active"
    ids = [member.source.image.get_id() for member in members]
    return {
        "options": chosen_options(config),
        "selection_of": ids.index(image.get_id()) if shared else None,
        "alignment": config.get_property("alignment"),
    }


def begin(
    conversation: Conversation,
    request: str,
    members: Sequence[Member],
    settings: Mapping[str, Any],
    tell: Callable[[Frame], None],
    ended: Callable[[Frame], None],
) -> None:
    """Begin ``batch`` or ``estimate`` for ``members``; ``tell`` hears what becomes of each.

    ``settings`` are the request's options, selection_of and alignment, see ``settings_of``.
    """
    for member in members:
        member.source.options = settings["options"]
    serving = Serving(*(member.source for member in members))

    def told(frame: Frame) -> None:
        if frame.kind in ("estimated", "outcome"):
            serving.forget(frame.fields["job"])
        tell(frame)

    def over(last: Frame, _told: Frame | None) -> None:
        serving.forget_all()
        ended(last)

    jobs = [
        {**member.job, "title": member.name, "problem": member.problem, "earlier": member.earlier}
        for member in members
    ]
    fields = {"jobs": jobs, **settings}
    conversation.request(request, fields, over, grant=serving.grant, tell=told)
