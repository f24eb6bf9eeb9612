"""One removal as the tests of tasks ask for it, and a client that does not wait long."""

from __future__ import annotations

from gimp_bridge.service.client import PicWish
from gimp_bridge.service.pace import Pace
from gimp_bridge.service.request import RemovalRequest
from gimp_bridge.service.transport import Timeouts
from tests.faults.hostile import Hostile
from tests.service_peer import KEY, hole, place_fill, png, quadrants

EXPECTED = place_fill(quadrants(), hole())


REQUEST = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole()), size_px=(64, 48))


OTHER = RemovalRequest(image_file=png(quadrants()), mask_file=png(hole()[:, ::-1]))


def client_for(server: Hostile) -> PicWish:
    timeouts = Timeouts(answer_s=5, task_s=5, retry_s=0.01)
    client = PicWish(server.address, KEY, pace=Pace(1000), timeouts=timeouts)
    client.expected_s = 0.05
    return client


def states(journal) -> list[str]:
    found = []
    for entry in journal.unclaimed():
        found.append(entry.record.state)
        entry.release()
    return found
