"""Worker processes with folders of their own, and the local server as their service."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from tests.service_peer import KEY, local_service
from tests.worker.peer import Peer


@pytest.fixture
def folders(tmp_path):
    """The environment that keeps a worker's files inside the test's folder."""
    names = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    return {"HOME": str(tmp_path), **{name: str(tmp_path / name) for name in names}}


@pytest.fixture
def peer(folders):
    worker = Peer(**folders)
    yield worker
    worker.close()


def consent_to(folders, address):
    """The settings of a person who has agreed to send pictures to ``address``."""
    file = Path(folders["XDG_CONFIG_HOME"]) / "gimp-object-removal" / "settings.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"consents": [address.removeprefix("http://")]}))


@pytest.fixture
def served(folders):
    """Makes workers that use the local server; the server's options are its arguments."""
    with contextlib.ExitStack() as stack:

        def make(**options):
            address = stack.enter_context(local_service(**options))
            consent_to(folders, address)

            def worker():
                peer = Peer(**folders, PICWISH_BASE_URL=address, PICWISH_API_KEY=KEY)
                stack.callback(peer.close)
                return peer

            return worker

        yield make
