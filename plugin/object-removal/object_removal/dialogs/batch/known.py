"""What is known of each image of a batch: how it is now, what it will take, what became of it.

Runs in GIMP.  Only keeps and compares; shows nothing and asks nobody.  Images are told apart by
their place in the list, which they keep.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from object_removal.batch import Member, open_images
from object_removal.text import _


class Known:
    """The images from the dialog's opening to its end; new ones are added at the end."""

    def __init__(self, sample: str) -> None:
        self.members: list[Member] = open_images(sample)
        self.found: dict[int, dict[str, Any]] = {}
        """What an estimate said of each."""
        self.outcomes: dict[int, dict[str, Any]] = {}
        """What became of each in the runs so far."""

    def now(self, sample: str) -> list[Member]:
        """The images as they are at this moment."""
        return open_images(sample, self.members)

    def differ(self, members: list[Member]) -> bool:
        """Whether anything has changed that an estimate would see."""
        return [each.facts for each in members] != [each.facts for each in self.members]

    def renew(self, members: list[Member]) -> None:
        """Take the images as they are now; what was found out about them is to be asked anew.

        What was skipped may be possible now, and what was changed is another image.
        """
        for number, (before, after) in enumerate(zip(self.members, members, strict=False)):
            state = self.outcomes.get(number, {}).get("state")
            if state == "skipped" or (after.is_open and after.facts != before.facts):
                self.outcomes.pop(number, None)
        self.members = members
        self.found.clear()

    def failed(self) -> set[int]:
        """The images that failed and can be tried again."""
        failed = {n for n, each in self.outcomes.items() if each["state"] == "failed"}
        return {number for number in failed if self.members[number].is_open}

    def only(self, numbers: set[int]) -> list[Member]:
        """The images of a run of these ``numbers``: the others are left out, each with a reason."""
        for number in numbers:
            self.outcomes.pop(number, None)
        return [
            member if number in numbers else self._left_out(number, member)
            for number, member in enumerate(self.members)
        ]

    def found_of(self, numbers: Iterable[int]) -> list[dict[str, Any]] | None:
        """What the estimate said of these; None while it has not said it of all of them."""
        wanted = list(numbers)
        found = [self.found[number] for number in wanted if number in self.found]
        return found if len(found) == len(wanted) else None

    def _left_out(self, number: int, member: Member) -> Member:
        if number in self.outcomes:
            return member.as_before(self.outcomes[number])
        problem = self.found.get(number, {}).get("problem")
        return member.left_out(problem or _("Skipped: it was not ticked."))
