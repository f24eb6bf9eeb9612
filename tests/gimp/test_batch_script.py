"""The script of docs/batch.md, run as it stands: a folder of files in, a folder of files out."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from tests.gimp.session import HOME
from tools.private_debian.install import data_binds, install_in_root

PAGE = Path(__file__).parents[2] / "docs" / "batch.md"
SIZES = {"a.png": (640, 480), "b.png": (700, 500)}
LOGOS = {"a.png": (520, 430), "b.png": (580, 450)}  # as far from the lower right corner


def script() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    return code


def draw(folder: Path) -> None:
    folder.mkdir()
    for number, (name, (width, height)) in enumerate(SIZES.items()):
        y, x = np.mgrid[:height, :width]
        pixels = np.stack([x % 200, y % 180, x * 0 + 40 * number], 2).astype(np.uint8)
        left, top = LOGOS[name]
        pixels[top + 5 : top + 25, left + 5 : left + 85] = 255
        Image.fromarray(pixels).save(folder / name)


def test_the_documented_script_cleans_a_folder(gimp, tmp_path):
    version = gimp.root.gimp_version
    draw(tmp_path / "pictures")
    (tmp_path / "clean.py").write_text(script(), encoding="utf-8")
    profile = f"{HOME}/.config/GIMP/{version}"
    install_in_root(gimp.root, profile, binds={tmp_path: HOME}, say=print)
    options = ["-n", "-i", "-d", "-f", "--batch-interpreter=python-fu-eval"]
    code = f"exec(open('{HOME}/clean.py').read())"
    console = gimp.root.command(
        [f"gimp-console-{version}", *options, "-b", code, "--quit"],
        binds={**data_binds(gimp.root), tmp_path: HOME},
        env={"HOME": HOME},
    )
    ran = subprocess.run(console, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert "2 done, 0 skipped, 0 failed." in ran.stdout, ran.stdout + ran.stderr
    for name, (width, height) in SIZES.items():
        before = np.asarray(Image.open(tmp_path / "pictures" / name).convert("RGB"))
        after = np.asarray(Image.open(tmp_path / "cleaned" / name).convert("RGB"))
        changed = (before != after).any(axis=2)
        left, top = LOGOS[name]
        rows, columns = np.nonzero(changed)
        assert after.shape == (height, width, 3)
        # Grown by 4 px and feathered over 2 px more, as without a dialog.
        assert left - 8 <= columns.min() <= columns.max() < left + 90 + 8
        assert top - 8 <= rows.min() <= rows.max() < top + 30 + 8
        assert changed[top + 5 : top + 25, left + 5 : left + 85].mean() > 0.99
