"""Nothing is sent away before somebody has agreed to it, once for each service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.service_peer import KEY, local_service
from tests.worker.peer import Peer, Picture, quadrants


@pytest.fixture
def service(fill):
    with local_service(fill=fill) as address:
        yield address


@pytest.fixture
def fill():
    from tests.service_peer import place_fill

    def counting(*arguments, **options):
        counting.tasks += 1
        return place_fill(*arguments, **options)

    counting.tasks = 0
    return counting


@pytest.fixture
def worker(folders, service):
    peer = Peer(**folders, PICWISH_BASE_URL=service, PICWISH_API_KEY=KEY)
    yield peer
    peer.close()


def photo():
    picture = Picture(quadrants(400, 300))
    picture.selection[100:130, 200:240] = 255
    return picture


def consents(folders):
    file = Path(folders["XDG_CONFIG_HOME"]) / "gimp-object-removal" / "settings.json"
    return json.loads(file.read_text())["consents"] if file.exists() else []


def test_it_is_asked_once_and_remembered(worker, fill, folders, service):
    worker.choice = "_Send"
    worker.run(photo(), service="auto")
    worker.request("run", photo(), service="auto")
    assert (len(worker.questions), fill.tasks > 0) == (1, True)
    assert "no file name" in worker.details[0]
    assert service.removeprefix("http://") in worker.questions[0]
    assert consents(folders) == [service.removeprefix("http://")]


def test_backing_out_sends_nothing(worker, fill, folders):
    worker.choice = ""
    frame = worker.run(photo(), service="picwish")
    assert (frame.kind, frame.fields["code"]) == ("failed", "cancelled")
    assert (fill.tasks, consents(folders), worker.inserted) == (0, [], False)


def test_this_computer_can_do_it_instead(worker, fill, folders):
    worker.choice = "Use _This Computer"
    assert worker.run(photo(), service="picwish").kind == "finished"
    assert (fill.tasks, consents(folders), worker.inserted) == (0, [], True)


def test_a_script_that_names_the_service_has_agreed(worker, fill):
    worker.choice = None
    assert worker.run(photo(), service="picwish").kind == "finished"
    assert fill.tasks == 1


def test_a_script_never_sends_to_a_stranger_by_itself(folders, fill):
    peer = Peer(**folders, PICWISH_BASE_URL="https://service.invalid", PICWISH_API_KEY=KEY)
    peer.choice = None
    assert peer.run(photo(), service="auto").kind == "finished"
    assert peer.inserted
    peer.close()


def test_auto_takes_no_other_service_because_the_key_store_is_locked(folders, service, fill):
    config = Path(folders["XDG_CONFIG_HOME"]) / "gimp-object-removal"
    config.mkdir(parents=True)
    (config / "keys.json").write_text(json.dumps({service.removeprefix("http://"): True}))
    locked = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    peer = Peer(**folders, **locked, PICWISH_BASE_URL=service)
    frame = peer.run(photo(), service="auto")
    assert (frame.kind, frame.fields["code"]) == ("failed", "key-store")
    assert (peer.inserted, fill.tasks) == (False, 0)
    peer.close()
