"""The pace as the server sees it: many tasks of one process, creates and polls together."""

from __future__ import annotations

import threading
import time

from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.task import run_task
from tests.faults.hostile import Forever, Hostile, Script
from tests.service_peer import KEY, hole, png, quadrants

PER_SECOND = 8


def most_within_a_second(moments: list[float]) -> int:
    return max(sum(start <= moment < start + 1.0 for moment in moments) for start in moments)


def test_no_second_ever_holds_more_requests_than_the_rate(tmp_path):
    moments = []

    def note(link):
        moments.append(time.monotonic())
        link.reply(*link.honest())

    with Hostile(Script(create=Forever(note), query=Forever(note)), task_seconds=0.3) as server:
        client = PicWish(server.address, KEY, pace=Pace(PER_SECOND))

        def remove(column: int) -> None:
            mask = hole()
            mask[0, column] = 255
            request = RemovalRequest(image_file=png(quadrants()), mask_file=png(mask))
            run_task(client, Journal(tmp_path), request).claim()

        threads = [threading.Thread(target=remove, args=(column,)) for column in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert server.tasks_created == 12
    assert len(moments) >= 24
    assert most_within_a_second(sorted(moments)) == PER_SECOND


def test_the_local_server_never_has_to_refuse_a_client_that_keeps_the_pace(tmp_path):
    with Hostile(qps=4) as server:
        client = PicWish(server.address, KEY, pace=Pace(4))
        client.expected_s = 0.1
        for _ in range(4):
            run_task(client, Journal(tmp_path), RemovalRequest(
                image_file=png(quadrants()), mask_file=png(hole()))
            ).claim()  # fmt: skip
        assert server.count("create") == 4
