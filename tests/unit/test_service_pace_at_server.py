"""The pace of many tasks of one process, creates and polls together, towards a real server."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from itertools import pairwise

from gimp_bridge.service.client import PicWish
from gimp_bridge.service.journal import Journal
from gimp_bridge.service.pace import Pace, never
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.task import run_task
from tests.faults.hostile import Hostile
from tests.service_peer import KEY, hole, png, quadrants


class Noting(Pace):
    """Notes when each request gets its turn; its first byte leaves right after that."""

    def __init__(self, per_second):
        super().__init__(per_second)
        self.moments = []

    @contextmanager
    def turn(self, cancel=never):
        with super().turn(cancel):
            self.moments.append(time.monotonic())
            yield


def request(column):
    mask = hole()
    mask[0, column] = 255
    return RemovalRequest(image_file=png(quadrants()), mask_file=png(mask))


def test_all_requests_of_all_threads_keep_the_gap(tmp_path):
    pace = Noting(8)
    with Hostile(task_seconds=0.3) as server:
        client = PicWish(server.address, KEY, pace=pace)

        def remove(column):
            run_task(client, Journal(tmp_path), request(column)).claim()

        threads = [threading.Thread(target=remove, args=(column,)) for column in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert server.tasks_created == 12
        sent = server.count("create") + server.count("query")
    assert len(pace.moments) == sent >= 24
    assert min(later - earlier for earlier, later in pairwise(pace.moments)) >= 1 / 8


def test_the_local_server_never_has_to_refuse_a_client_that_keeps_the_pace(tmp_path):
    """Its clock stands at the moments at which requests were sent, however late they arrive."""
    pace = Noting(4)
    with Hostile(qps=4, ticks=lambda: pace.moments[-1]) as server:
        client = PicWish(server.address, KEY, pace=pace)
        client.expected_s = 0.1
        for _ in range(4):
            run_task(client, Journal(tmp_path), request(0)).claim()
        assert server.count("create") == 4
