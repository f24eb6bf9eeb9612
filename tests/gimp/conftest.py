"""A running GIMP of each version for the tests of this folder, with the plug-in installed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.gimp.session import GimpSession

PROJECT = Path(__file__).resolve().parents[2]

from tests.gimp.interim import SUITES, DebianRoot


@pytest.fixture(scope="session", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def gimp(request, tmp_path_factory):
    root = DebianRoot(request.param, Path("/tmp/scratch") / request.param)
    home = tmp_path_factory.mktemp(f"home-{request.param}")
    version = SUITES[request.param]
    folder = home / ".config" / "GIMP" / version / "plug-ins" / "object-removal"
    shutil.copytree(PROJECT / "plugin" / "object-removal", folder)
    shutil.copytree(PROJECT / "gimp_bridge", folder / "gimp_bridge")
    (folder / "worker.json").write_text(json.dumps({"python": "/opt/env/bin/python"}))
    os.environ.setdefault("X", "")
    session = GimpSession(root, version, home, home / "gimp.log")
    yield session
    session.close()
