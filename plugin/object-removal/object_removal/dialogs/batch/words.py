"""The sentences of the batch's dialog: what it will take, how far it is, and how it ended.

Runs in GIMP.  Only words; imports no Gtk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from object_removal.text import N_, _

ENDS = {"done": N_("Done"), "skipped": N_("Skipped"), "failed": N_("Failed")}
"""What becomes of an image, as its row says it."""


def cost(found: Sequence[Mapping[str, Any]]) -> str:
    """Before the start: how many of the ticked images, and what they cost."""
    if not found:
        return _("Tick at least one image that can be processed.")
    images = _("1 image")
    if len(found) > 1:
        images = _("{count} images").format(count=len(found))
    if not any(each["paid"] for each in found):
        return _("{images}: nothing is sent, and it is free.").format(images=images)
    return _("{images}: {cost}. The selected parts are sent to the online service.").format(
        images=images, cost=in_credits(sum(each["windows"] for each in found))
    )


def in_credits(tasks: int) -> str:
    """What so many tasks cost at the online service."""
    if tasks == 1:
        return _("1 PicWish credit")
    return _("{count} PicWish credits").format(count=tasks)


def ready(found: Mapping[str, Any]) -> str:
    """What one image that can run will take."""
    if not found["paid"]:
        return _("Ready")
    text = _("Ready: {cost}").format(cost=in_credits(found["windows"]))
    if found["scale"] == 1:
        return text
    percent = round(100 * found["scale"])
    return _("{ready}, sent at {percent} % of its size").format(ready=text, percent=percent)


def ended(state: str, message: str) -> str:
    """What became of one image."""
    return f"{_(ENDS[state])}. {message}" if message else _(ENDS[state])


def so_far(outcomes: Iterable[Mapping[str, Any]]) -> str:
    """What became of the images that have ended."""
    count = Counter(each["state"] for each in outcomes)
    return counts({state: count[state] for state in ENDS})


def counts(of: Mapping[str, Any]) -> str:
    """How many images were done, skipped and failed."""
    return _("{done} done, {skipped} skipped, {failed} failed.").format(
        done=of["done"], skipped=of["skipped"], failed=of["failed"]
    )


def how_many(part: int, whole: int) -> str:
    """The text in the bar for all."""
    return _("{part} of {whole} images").format(part=part, whole=whole)


def share(of_image: float) -> str:
    """A part of an image as its row shows it, in two digits: "" where there is none."""
    percent = 100 * of_image
    if not percent:
        return ""
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"
