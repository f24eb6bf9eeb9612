"""The engines to compare with: each a function (image, mask) -> (result, seconds).

Images uint8 (H, W, 3) RGB, mask uint8 non-zero = remove.  A peer that is not installed is named
with the command that installs it.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

Engine = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, float]]

INSTALL = {
    "telea": "pip install opencv-contrib-python-headless",
    "ns": "pip install opencv-contrib-python-headless",
    "shiftmap": "pip install opencv-contrib-python-headless",
    "pypatchmatch": "pip install pypatchmatch",
    "gmic": "apt-get install gmic",
}


def ours(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, float]:
    """Fill with this project's engine."""
    from gimp_bridge.engine import fill

    start = time.perf_counter()
    result = fill(image, mask)
    return result, time.perf_counter() - start


def _opencv(flag: int) -> Engine:
    def run(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, float]:
        import cv2

        start = time.perf_counter()
        result = cv2.inpaint(image, mask, 5, flag)
        return result, time.perf_counter() - start

    return run


def shiftmap(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, float]:
    """OpenCV xphoto's shift maps, in Lab as its documentation asks; its mask is 0 in the hole."""
    import cv2

    start = time.perf_counter()
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2Lab)
    filled = np.zeros_like(lab)
    cv2.xphoto.inpaint(
        lab, np.where(mask > 0, 0, 255).astype(np.uint8), filled, cv2.xphoto.INPAINT_SHIFTMAP
    )
    result = cv2.cvtColor(filled, cv2.COLOR_Lab2RGB)
    return result, time.perf_counter() - start


def pypatchmatch(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, float]:
    """PyPatchMatch with its own default patch."""
    from patchmatch import patch_match

    start = time.perf_counter()
    result = patch_match.inpaint(image, (mask > 0).astype(np.uint8)[..., None], patch_size=3)
    return np.asarray(result), time.perf_counter() - start


def gmic(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, float]:
    """G'MIC's inpaint_matchpatch with its defaults, less the time of reading and writing alone."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("image.png", "mask.png", "result.png")]
        Image.fromarray(image).save(paths[0], compress_level=1)
        Image.fromarray(mask).save(paths[1], compress_level=1)
        seconds = []
        # Uncut, values beyond 255 would make G'MIC rescale the whole picture as it writes.
        fill = ["inpaint_matchpatch[0]", "[1]", "cut[0]", "0,255", "round[0]"]
        for step in ([], fill):
            start = time.perf_counter()
            subprocess.run(
                ["gmic", *paths[:2], *step, "output[0]", paths[2]], check=True, capture_output=True
            )
            seconds.append(time.perf_counter() - start)
        with Image.open(paths[2]) as file:
            return np.asarray(file.convert("RGB")), seconds[1] - seconds[0]


def available() -> dict[str, Engine]:
    """Ours and the peers that are installed, in the table's order."""
    engines: dict[str, Engine] = {"ours": ours}
    if importlib.util.find_spec("cv2"):
        import cv2

        engines["telea"] = _opencv(cv2.INPAINT_TELEA)
        engines["ns"] = _opencv(cv2.INPAINT_NS)
        if hasattr(cv2, "xphoto"):
            engines["shiftmap"] = shiftmap
    if importlib.util.find_spec("patchmatch"):
        engines["pypatchmatch"] = pypatchmatch
    if shutil.which("gmic"):
        engines["gmic"] = gmic
    return engines
