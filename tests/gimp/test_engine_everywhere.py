"""The embedded engine gives the same picture in every private root as on this machine."""

from __future__ import annotations

import subprocess

import numpy as np

from gimp_bridge.engine import fill
from gimp_bridge.installer.plugin_folder import find_source
from tools.private_debian.install import DATA_INSIDE, data_binds

SCRIPT = f"""
import pathlib, subprocess, sys
environment = sorted(pathlib.Path("{DATA_INSIDE}").glob("env-*"))[-1]
code = '''
import sys
import numpy as np
sys.path.insert(0, "/mnt/source")
from pathlib import Path
from gimp_bridge import engine
engine.use_cache(Path("/tmp/compiled"))
picture = np.load("/mnt/pictures/picture.npy")
mask = np.load("/mnt/pictures/mask.npy")
np.save("/mnt/pictures/filled.npy", engine.fill(picture, mask, seed=3))
'''
sys.exit(subprocess.call([environment / "bin" / "python", "-I", "-c", code]))
"""


def woven(side):
    """uint8 (side, side, 3): crossing waves and a diagonal edge, with a fixed grain."""
    y, x = np.mgrid[:side, :side]
    waves = 90 + 50 * np.sin(x / 5.0) + 40 * np.cos((x + 2 * y) / 9.0)
    grain = np.random.default_rng(5).integers(-12, 13, (side, side, 3))
    picture = waves[..., None] + grain + 60 * (x > y)[..., None] * np.array([1, 0, -1])
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_same_input_and_seed_give_the_same_picture(gimp, tmp_path):
    picture, mask = woven(200), np.zeros((200, 200), np.uint8)
    mask[70:120, 80:130] = 255
    np.save(tmp_path / "picture.npy", picture)
    np.save(tmp_path / "mask.npy", mask)
    command = gimp.root.command(
        ["python3", "-c", SCRIPT],
        binds={**data_binds(gimp.root), tmp_path: "/mnt/pictures"},
        read_only_binds={find_source().package: "/mnt/source/gimp_bridge"},
    )
    subprocess.run(command, check=True)
    there = np.load(tmp_path / "filled.npy")
    hole = mask > 0
    assert (there[~hole] == picture[~hole]).all()
    assert (there[hole] != picture[hole]).any(axis=1).mean() > 0.9
    assert (there == fill(picture, mask, seed=3)).all()
