"""Grants the worker's wishes: hands over pixels, prepares and inserts layers, for all its images.

Runs in GIMP, on its main thread.  Obeys the worker, which decides.  Killed without warning when
the person presses GIMP's Cancel, so nothing here may be needed afterwards.
"""

from __future__ import annotations

import traceback

from gi.repository import Gimp

from gimp_bridge.wire import Frame
from object_removal.image.formats import to_own
from object_removal.image.layer import PreparedLayer
from object_removal.image.source import CLOSED, Source
from object_removal.outcome import RunFailed
from object_removal.text import N_, _

WENT_WRONG = N_("GIMP could not do this in the image; was its layer deleted?")


class Serving:
    """Serves one request about ``sources``; a wish names its image by the field ``job``.

    An image that the person closes, or a layer that goes, costs that image its result and
    nothing else: its wishes are refused.
    """

    def __init__(self, *sources: Source) -> None:
        self._sources = sources
        self._prepared: dict[int, PreparedLayer] = {}
        self.inserted: Gimp.Layer | None = None
        """The layer inserted last."""
        self._grants = {
            "describe": self._describe,
            "read": self._read,
            "glance": self._glance,
            "convert": self._convert,
            "begin": self._begin,
            "patch": self._patch,
            "insert": self._insert,
        }

    def grant(self, wish: Frame) -> Frame:
        """Do what ``wish`` asks for; the answer is ``refused``, with the reason, where it fails."""
        number = wish.fields.get("job", 0)
        source = self._sources[number]
        if _can_grant(source, wish):
            try:
                return self._grants[wish.kind](number, wish)
            except RunFailed as error:
                return Frame("refused", {"message": str(error)})
            except Exception:  # noqa: BLE001 - the worker knows what is paid for, and says where
                traceback.print_exc()
        message = WENT_WRONG if source.image.is_valid() else CLOSED
        return Frame("refused", {"message": _(message)})

    def forget(self, number: int) -> None:
        """Free what was rendered of an image and the layer that was prepared and not inserted."""
        prepared = self._prepared.pop(number, None)
        source = self._sources[number]
        if source.image.is_valid():
            source.forget()
            if prepared:
                prepared.discard()

    def forget_all(self) -> None:
        """The request has ended: leave nothing of it but what was inserted."""
        for number in range(len(self._sources)):
            self.forget(number)

    def _describe(self, number: int, wish: Frame) -> Frame:
        source = self._sources[number]
        try:
            source.check(wish.fields["what"])
        except RunFailed:  # what to do is other than it was before the run
            return Frame("described", {})
        return Frame("described", source.describe())

    def _read(self, number: int, wish: Frame) -> Frame:
        fields = wish.fields
        pixels = self._sources[number].read(
            fields["what"], fields["format"], fields["own"], *_place(wish)
        )
        return Frame("data", {}, pixels)

    def _glance(self, number: int, wish: Frame) -> Frame:
        return Frame("data", *self._sources[number].glance(wish.fields))

    def _convert(self, number: int, wish: Frame) -> Frame:
        size = wish.fields["width"], wish.fields["height"]
        image = self._sources[number].image
        pixels = to_own(image, wish.fields["format"], *size, bytes(wish.payload))
        return Frame("data", {}, pixels)

    def _begin(self, number: int, wish: Frame) -> Frame:
        fields = wish.fields
        self._prepared[number] = self._sources[number].prepare(
            fields["name"], _place(wish), on_top=fields["on_top"], instead=fields["instead"]
        )
        return Frame("done", {})

    def _patch(self, number: int, wish: Frame) -> Frame:
        form, own = wish.fields["format"], wish.fields["own"]
        self._prepared[number].write(_place(wish), form, own, wish.payload)
        return Frame("done", {})

    def _insert(self, number: int, wish: Frame) -> Frame:
        prepared, fields = self._prepared[number], wish.fields
        above = None if fields["on_top"] else self._sources[number].uppermost
        prepared.insert(above, to_rgb=fields["to_rgb"])
        self.inserted = prepared.layer
        del self._prepared[number]
        Gimp.displays_flush()
        return Frame("done", {})


def _can_grant(source: Source, wish: Frame) -> bool:
    """Whether what a wish is about is still there; if not, GIMP would show its own errors.

    What a description lacks it says itself.
    """
    about = wish.fields.get("what")
    of_layer = wish.kind != "describe" and about in ("layer", "mask", "auto", "cover")
    above_layer = wish.fields.get("on_top") is False
    return source.is_there if of_layer or above_layer else source.image.is_valid()


def _place(wish: Frame) -> tuple[int, int, int, int]:
    fields = wish.fields
    return fields["x"], fields["y"], fields["width"], fields["height"]
