"""The key of a running command: not in its arguments, its environment, its files, its output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.hostile import Hostile, Script
from tests.service_peer import KEY, hole, png, quadrants

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_a_key_from_the_file_shows_nowhere(tmp_path):
    seen: dict[str, bytes] = {}

    def look(link):
        process = Path(f"/proc/{child.pid}")
        seen["arguments"] = (process / "cmdline").read_bytes()
        seen["environment"] = (process / "environ").read_bytes()
        link.reply(*link.honest())

    (tmp_path / "photo.png").write_bytes(png(quadrants()))
    (tmp_path / "mask.png").write_bytes(png(hole()))
    with Hostile(Script(create=[look])) as server:
        keys = tmp_path / "config" / "gimp-object-removal" / "keys.json"
        keys.parent.mkdir(parents=True)
        keys.write_text(json.dumps({server.address.removeprefix("http://"): KEY}))
        keys.chmod(0o600)
        command = [sys.executable, "-m", "gimp_bridge", "remove", str(tmp_path / "photo.png")]
        child = subprocess.Popen(
            [*command, "--mask", str(tmp_path / "mask.png"), "-o", str(tmp_path / "out.png")],
            cwd=ROOT,
            env=_environment(tmp_path, server.address),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = child.communicate(timeout=60)
        assert child.returncode == 0, output
        assert server.requests[0].headers["X-API-KEY"] == KEY
    keys.unlink()
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert (tmp_path / "out.png") in files
    assert b"remove" in seen["arguments"]
    for place, content in {**seen, "output": output, **files}.items():
        assert KEY.encode() not in content, place


def _environment(folder: Path, address: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PICWISH")}
    return {
        **own,
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "PICWISH_BASE_URL": address,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
