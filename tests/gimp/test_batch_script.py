"""The script of docs/batch.md, run as it stands: a folder of files in, a folder of files out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image

PAGE = Path(__file__).parents[2] / "docs" / "batch.md"


def script() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    return code


def test_the_documented_script_cleans_a_folder(gimp):
    folder = gimp.home / "pictures"
    folder.mkdir(exist_ok=True)
    sizes = {"a.png": (640, 480), "b.png": (700, 500)}
    for number, (name, (width, height)) in enumerate(sizes.items()):
        y, x = np.mgrid[:height, :width]
        pixels = np.stack([x % 200, y % 180, x * 0 + 40 * number], 2).astype(np.uint8)
        left, top = (520, 430) if number == 0 else (580, 450)  # from the bottom right
        pixels[top + 5 : top + 25, left + 5 : left + 85] = 255
        Image.fromarray(pixels).save(folder / name)
    found = gimp.run(script() + "\nresult = [status, done, skipped, failed, report]\n")
    assert found[1:4] == [2, 0, 0]
    assert "done    " in found[4]
    for number, (name, (width, height)) in enumerate(sizes.items()):
        before = np.asarray(Image.open(folder / name).convert("RGB"))
        after = np.asarray(Image.open(gimp.home / "cleaned" / name).convert("RGB"))
        changed = (before != after).any(axis=2)
        left, top = (520, 430) if number == 0 else (580, 450)
        rows, columns = np.nonzero(changed)
        assert after.shape == (height, width, 3)
        # Grown by 4 px and feathered over 2 px more, as without a dialog.
        assert left - 8 <= columns.min() <= columns.max() < left + 90 + 8
        assert top - 8 <= rows.min() <= rows.max() < top + 30 + 8
        assert changed[top + 5 : top + 25, left + 5 : left + 85].mean() > 0.99
