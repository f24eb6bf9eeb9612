"""The setting *Match the grain of the surroundings* holds for a run, a recovery and a batch."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.service_peer import KEY
from tests.worker.batch_peer import BatchPeer
from tests.worker.peer import Picture, flat_quadrants


def smooth(image, mask, **_):
    """Fill with the mean of the picture's own top left quarter: right, but without any noise."""
    filled = image.copy()
    filled[mask > 0] = (200, 40, 30)
    return filled


def noisy():
    """Quadrants of a photo at ISO 3200; an ellipse in the top left one is to go."""
    layer = flat_quadrants(500, 400)
    noise = np.random.default_rng(5).normal(0, 6, layer[..., :3].shape)
    layer[..., :3] = np.clip(np.rint(layer[..., :3] + noise), 0, 255)
    picture = Picture(layer)
    y, x = np.mgrid[:400, :500]
    picture.selection[((x - 110) / 30) ** 2 + ((y - 80) / 20) ** 2 <= 1] = 255
    return picture


def deviation(peer):
    _, pixels, mask = peer.patch()
    return pixels[..., 1][mask > 0].std()


@pytest.fixture
def polled():
    return threading.Event()


@pytest.fixture(params=[True, False], ids=["on", "off"])
def setting(request, served, polled, folders):
    """The setting, on or off, and what makes workers of a service that answers smoothly."""

    def observe(asked):
        if asked.method == "GET":
            polled.set()

    worker = served(fill=smooth, observe=observe, task_seconds=0.5)
    file = settings_file(folders)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"grain": request.param}))
    return request.param, worker


def settings_file(folders):
    return Path(folders["XDG_CONFIG_HOME"]) / "gimp-object-removal" / "settings.json"


def has_grain(peer):
    """Whether the fill is as noisy as its surroundings; asserts that it is not in between."""
    strength = deviation(peer)
    assert strength > 4 or strength < 1.5
    return strength > 4


def test_a_run(setting):
    wanted, worker = setting
    peer = worker()
    assert peer.run(noisy(), service="picwish").kind == "finished"
    assert has_grain(peer) == wanted


def test_a_recovery(setting, polled):
    wanted, worker = setting
    picture, lost = noisy(), worker()
    lost.greet()
    lost.send("run", {"job": picture.job(service="picwish")})
    while not polled.is_set():
        lost.answer(lost.receive(), picture)
    lost.close()
    peer = worker()
    peer.greet()
    assert peer.request("recover", picture).kind == "finished"
    assert has_grain(peer) == wanted


def test_a_batch(setting, folders):
    wanted, _ = setting
    host = json.loads(settings_file(folders).read_text())["consents"][0]
    peer = BatchPeer(**folders, PICWISH_BASE_URL=f"http://{host}", PICWISH_API_KEY=KEY)
    peer.greet()
    assert peer.batch([noisy()]).kind == "finished"
    peer.patches = peer.patches_of[0]
    peer.close()
    assert has_grain(peer) == wanted
