"""Serves the worker for many images at once: hands over pixels, inserts layers, keeps outcomes.

Runs in GIMP, on its main thread.  An image that the person closes, or a layer that goes, in the
middle of it costs that image its result and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp  # noqa: E402
from removal_image import CLOSED, Source, Unrepairable  # noqa: E402
from removal_run import WISHES, Run, RunFailed  # noqa: E402
from removal_text import N_, _  # noqa: E402
from removal_worker import Worker  # noqa: E402

from gimp_bridge import wire  # noqa: E402

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
    except Unrepairable as error:
        problem = str(error)
    layer = source.layer.get_name() if sample == "layer" and source.layer else ""
    job = source.describe()
    source.forget()  # many images' at once would be too much
    return Member(source, name, job, layer, problem)


class BatchRun:
    """One request of many jobs, ``batch`` or ``survey``, until it has finished or failed.

    ``tell`` gets every frame that is news and no wish: progress, surveyed, outcome, finished.
    ``ask`` puts a question to a person, None where there is nobody.
    """

    def __init__(
        self,
        worker: Worker,
        members: Sequence[Member],
        tell: Callable[[wire.Frame], None] = lambda frame: None,
        ask: Callable[[Mapping[str, Any]], str | None] = lambda question: None,
    ) -> None:
        self._worker = worker
        self._members = members
        self._runs = [Run(worker, member.source, Gimp.RunMode.NONINTERACTIVE) for member in members]
        self._tell = tell
        self._ask = ask
        self.is_stopping = False
        self.last: wire.Frame | None = None
        """The frame that ended it; None while it is under way."""

    def begin(self, request: str, settings: Mapping[str, Any]) -> None:
        """Send the request; ``settings`` are its options, selection_of and alignment."""
        jobs = [
            {
                **member.job,
                "title": member.name,
                "problem": member.problem,
                "earlier": member.earlier,
            }
            for member in self._members
        ]
        self._worker.send(request, {"jobs": jobs, **settings})

    def carry_out(self, request: str, settings: Mapping[str, Any]) -> wire.Frame:
        """Run to the end without a main loop; returns ``finished``, or raises RunFailed."""
        try:
            self.begin(request, settings)
            while self.last is None:
                self.serve(self._worker.receive())
        finally:
            self.leave_nothing()
        if self.last.kind == "failed":
            raise RunFailed(self.last.fields["message"])
        return self.last

    def stop(self) -> None:
        """Let the worker send nothing more; what is under way goes on."""
        self.is_stopping = True
        self._worker.send("stop")

    def serve(self, frame: wire.Frame) -> None:
        """Do what one frame of the worker asks for, or tell what it says."""
        if frame.kind in WISHES:
            self._runs[frame.fields["job"]].serve_or_refuse(frame)
            if frame.kind == "insert":
                Gimp.displays_flush()
            return
        if frame.kind == "ask":
            self._worker.send("answer", {"choice": self._ask(frame.fields)})
            return
        if frame.kind in ("surveyed", "outcome"):
            self._members[frame.fields["job"]].source.forget()
        if frame.kind in ("finished", "failed"):
            self.last = frame
        self._tell(frame)

    def leave_nothing(self) -> None:
        """Free what was prepared and never inserted."""
        for member, run in zip(self._members, self._runs, strict=True):
            if member.is_open:
                run.leave_nothing()
