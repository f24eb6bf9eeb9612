"""The plug-in's end of the pipe in a batch, played by a test: many pictures and one worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gimp_bridge import wire
from tests.worker.peer import Peer, Picture, quadrants

OPTIONS = {"service": "picwish", "sample": "layer", "extent": "auto", "grow": 0, "feather": 0.0}


class BatchPeer(Peer):
    """Serves the worker for many pictures; keeps what was done to each."""

    def __init__(self, **environment: str) -> None:
        super().__init__(**environment)
        self.closed: set[int] = set()
        self.inserted_jobs: list[int] = []
        self.patches_of: dict[int, list[wire.Frame]] = {}
        self.outcomes: dict[int, dict[str, Any]] = {}
        self.estimated: list[dict[str, Any]] = []
        self.told: dict[int, list[str]] = {}

    def batch(
        self,
        pictures: Sequence[Picture],
        *,
        kind: str = "batch",
        selection_of: int | None = None,
        alignment: str = "top-left",
        on_frame: Callable[[wire.Frame], None] = lambda frame: None,
        earlier: Mapping[int, Mapping[str, Any]] | None = None,
        **options: Any,
    ) -> wire.Frame:
        """One whole batch; ``on_frame`` sees every frame before it is answered.

        ``earlier`` has the outcomes of those that are not to run again.
        """
        self.start(pictures, kind, selection_of, alignment, earlier, **options)
        while True:
            frame = self.receive()
            assert frame is not None, "the worker ended without a word"
            on_frame(frame)
            if frame.kind in ("finished", "failed"):
                return frame
            self.serve(frame, pictures)

    def start(
        self,
        pictures,
        kind="batch",
        selection_of=None,
        alignment="top-left",
        earlier=None,
        **options,
    ):
        self.outcomes, self.inserted_jobs, self.patches_of = {}, [], {}
        jobs = [picture.job() for picture in pictures]
        for number, job in enumerate(jobs):
            del job["options"]
            job["title"] = job["image"]["name"] = f"image {number}"
            job["earlier"] = (earlier or {}).get(number)
        request = {"jobs": jobs, "options": OPTIONS | options}
        self.send(kind, request | {"selection_of": selection_of, "alignment": alignment})

    def serve(self, frame: wire.Frame, pictures: Sequence[Picture]) -> None:
        if frame.kind == "ask":
            self.answer(frame, None)
            return
        number = frame.fields["job"]
        if frame.kind == "outcome":
            self.outcomes[number] = frame.fields
        elif frame.kind == "estimated":
            self.estimated.append(frame.fields)
        elif frame.kind == "progress":
            self.told.setdefault(number, []).append(frame.fields["text"])
        elif number in self.closed:
            self.send("refused", {"message": "The image was closed."})
        else:
            if frame.kind == "patch":
                self.patches_of.setdefault(number, []).append(frame)
            if frame.kind == "insert":
                self.inserted_jobs.append(number)
            self.answer(frame, pictures[number])

    def states(self) -> list[str]:
        """What became of each job, in order."""
        return [self.outcomes[number]["state"] for number in sorted(self.outcomes)]

    def filled_rightly(self, number: int, picture: Picture, selection: np.ndarray) -> bool:
        """Whether the job's patch holds the place fill where ``selection``, and nothing else."""
        self.patches = self.patches_of[number]
        place, pixels, mask = self.patch()
        x, y, width, height = (place[side] for side in ("x", "y", "width", "height"))
        expected = selection[y : y + height, x : x + width] > 0
        source = picture.read("layer", x, y, width, height)
        rows, columns = np.nonzero(expected)
        came = pixels[rows, columns]
        return bool(
            selection.astype(bool).sum() == expected.sum()
            and np.array_equal(mask > 0, expected)
            and np.array_equal(pixels[~expected], source[~expected])
            and np.array_equal(came[:, 0], columns % 256)
            and np.array_equal(came[:, 1], rows % 256)
            and (came[:, 2] == 77).all()
        )


def pictures(count: int, width: int = 640, height: int = 520) -> list[Picture]:
    """Pictures that all differ, with a rectangle selected at another place in each."""
    made = []
    for number in range(count):
        layer = quadrants(width, height)
        layer[..., 2] += np.uint8(number)
        picture = Picture(layer)
        picture.selection[100 + number : 112 + number, 200 + 3 * number : 220 + 3 * number] = 255
        made.append(picture)
    return made
