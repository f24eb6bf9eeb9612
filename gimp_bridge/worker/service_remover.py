"""The removal service as a remover: encodes the window, runs a task, decodes the answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gimp_bridge.picture import codec
from gimp_bridge.picture.geometry import Box
from gimp_bridge.service import limits
from gimp_bridge.service.client import PicWish, Progress
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.waiting import download, wait_for
from gimp_bridge.worker.removal import Report
from gimp_bridge.worker.removers import SERVICE_LIMITS

WORDS = {
    "uploading": "Uploading {megabytes:.1f} MB",
    "queued": "Waiting in the queue",
    "processing": "Processing",
    "downloading": "Downloading",
}


class ServiceRemover:
    """A removal service: one window, hence one paid task, wherever one can hold all."""

    limits = SERVICE_LIMITS
    per_part = False

    def __init__(self, client: PicWish, cancel: Callable[[], bool]) -> None:
        self._client = client
        self._cancel = cancel

    def remove(
        self, rgb: NDArray[np.uint8], removal: NDArray[np.uint8], place: Box, report: Report
    ) -> NDArray[np.uint8]:
        """Have the hole filled by one task of the service."""
        height, width = removal.shape
        report("Encoding", None)
        encoded = codec.encode_image(rgb, max_bytes=limits.MAX_UPLOAD_BYTES)
        request = RemovalRequest(
            image_file=encoded.data,
            mask_file=codec.encode_mask(removal),
            size_px=(width, height),
        )
        data = self._run(request, lambda progress: report(*in_words(progress)))
        return codec.decode_answer(data, width=width, height=height)

    def settle(self) -> None:
        """The result has arrived; nothing is kept of it."""

    def _run(self, request: RemovalRequest, progress: Callable[[Progress], None]) -> bytes:
        most = request.max_result_bytes
        task = self._client.create(request, progress=progress, cancel=self._cancel)
        done = wait_for(
            self._client, task.task_id, max_bytes=most, progress=progress, cancel=self._cancel
        )
        return download(self._client, done, max_bytes=most, progress=progress, cancel=self._cancel)


def in_words(progress: Progress) -> tuple[str, float | None]:
    """The text and the fraction that tell a person about ``progress``."""
    text = WORDS[progress.stage].format(megabytes=(progress.total_bytes or 0) / 1e6)
    return text, progress.fraction
