"""Removals in a real GIMP by the service, over real HTTP to the local server."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from tests.gimp.conftest import start_gimp
from tests.service_peer import KEY
from tools.private_debian.root import SUITES

# The server's fill writes (column, row, 77) of the window it was sent, each modulo 256, into each
# removed pixel.
REMOVE = """
image = tools.new_image(700, 500)
layer = tools.add_layer(image, "photo", 640, 480, 31, -12, pixels=tools.flat_quadrants(640, 480))
tools.select(image, 300, 220, 16, 12)
before, seen_before = tools.fingerprint(image), tools.seen(image)
status, values, error = tools.remove(image, [layer], service=service)
after, seen_after = tools.fingerprint(image), tools.seen(image)
added = after["layers"].pop(0)
pixels = tools.read(image.get_layers()[0])
left, top = 300 - added["offsets"][0], 220 - added["offsets"][1]
wide = added["size"][0]
result = {
    "status": (status, error),
    "changed": [key for key in before if before[key] != after[key]],
    "differing": tools.count_different(seen_before, seen_after, 700, (300, 220, 16, 12)),
    "corner": [left, top],
    "filled": [list(pixels[4 * (wide * (top + y) + left + x):][:4]) for x, y in ((0, 0), (15, 11))],
}
image.delete()
"""


def test_the_answer_lands_where_it_belongs(gimp):
    result = gimp.run(REMOVE, service="picwish")
    left, top = result["corner"]
    assert result["status"] == ["success", ""]
    assert result["filled"] == [
        [left % 256, top % 256, 77, 255],
        [(left + 15) % 256, (top + 11) % 256, 77, 255],
    ]
    assert result["differing"] == [0, 16 * 12]
    assert result["changed"] == []


def test_automatic_is_the_service_where_a_key_is_known(gimp):
    result = gimp.run(REMOVE, service="auto")
    assert [pixel[2] for pixel in result["filled"]] == [77, 77]


@pytest.fixture(scope="module", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def with_key_file(request, tmp_path_factory, service):
    """A GIMP whose user has stored a key: it is in the key file, and in no environment."""
    session = start_gimp(
        request.param, tmp_path_factory, service, lambda root: ({}, {"PICWISH_API_KEY": ""})
    )
    keys = session.home / ".config" / "gimp-object-removal" / "keys.json"
    keys.parent.mkdir(parents=True, exist_ok=True)
    keys.write_text(json.dumps({service.address.removeprefix("http://"): KEY}))
    keys.chmod(0o600)
    yield session, keys
    session.close()


def test_the_key_is_in_no_other_file_no_command_line_and_no_environment(with_key_file, service):
    session, keys = with_key_file
    seen = {}
    with service.on_poll(lambda: seen.update(programs_below(session.process.pid))):
        assert session.run(REMOVE, service="picwish")["status"] == ["success", ""]
    assert b"gimp_bridge/__main__.py\0worker" in b"".join(seen)
    assert b"PICWISH_BASE_URL=" in b"".join(seen.values())
    knowing = [argv for argv, environment in seen.items() if KEY.encode() in argv + environment]
    assert knowing == []
    holding = [
        path
        for path in session.home.rglob("*")
        if path.is_file() and KEY.encode() in path.read_bytes()
    ]
    assert holding == [keys]


def programs_below(pid):
    """Command line and environment of every program that process has started, and those have."""
    found = {}
    # One may have ended meanwhile.
    with contextlib.suppress(OSError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                process = Path("/proc", child)
                argv = (process / "cmdline").read_bytes()
                found[argv] = (process / "environ").read_bytes()
                found |= programs_below(child)
    return found
