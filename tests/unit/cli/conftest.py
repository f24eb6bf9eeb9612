"""A folder to call the commands in, and a service on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service_peer import KEY, hole, local_service, png, quadrants


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder to work in, folders of its own for settings and journal, and a key."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PICWISH_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def here(home):
    """The same with a picture and its mask."""
    Path("photo.png").write_bytes(png(quadrants()))
    Path("mask.png").write_bytes(png(hole()))
    return home


@pytest.fixture
def service(here, monkeypatch):
    with local_service() as address:
        monkeypatch.setenv("PICWISH_BASE_URL", address)
        yield address
