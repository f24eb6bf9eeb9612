"""Masks as people have them: which pixels go, and what is said of a mask that is not one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gimp_bridge.cli import main
from gimp_bridge.cli.masks import whole_mask
from tests.service_peer import hole, png, quadrants
from tests.unit.cli.left import EXACT, pixels


def removed(name: str, *more: str) -> np.ndarray:
    """Bool (height, width): what a removal with the mask of this name has changed."""
    command = ["remove", "photo.png", "--mask", name, *EXACT, *more, "-o", "out.png"]
    assert main(command) == 0
    return (pixels("out.png") != quadrants()).any(axis=2)


def rgba(color: int, alpha: np.ndarray) -> np.ndarray:
    return np.dstack([np.full((*alpha.shape, 3), color, np.uint8), alpha])


def near_black() -> np.ndarray:
    """A mask after lossy compression: 0 to 30 where it was black, 230 to 255 where white."""
    noise = np.random.default_rng(1).integers(0, 26, hole().shape, dtype=np.uint8)
    return np.where(hole() > 0, 255 - noise, noise * 6 // 5).astype(np.uint8)


MASKS = {
    "gray": hole(),
    "inverted": 255 - hole(),
    "near-black": near_black(),
    "colour": np.dstack([hole()] * 3),
    "16 bits": hole().astype(np.uint16) * 257,
    "white on transparent": rgba(255, hole()),
    "black on transparent": rgba(0, hole()),
    "opaque with alpha": np.dstack([hole(), hole(), hole(), hole() * 0 + 255]),
}


@pytest.mark.parametrize("kind", MASKS)
def test_what_is_meant_is_removed_and_nothing_else(service, kind):
    Path("m.png").write_bytes(png(MASKS[kind]))
    changed = removed("m.png", *(["--invert-mask"] if kind == "inverted" else []))
    assert changed[hole() > 0].mean() > 0.95  # here and there a pixel comes out as it was
    assert not changed[hole() == 0].any()


def test_a_jpeg_of_a_mask_removes_its_white(service):
    Image.fromarray(hole()).save("m.jpg", quality=30)
    assert np.asarray(Image.open("m.jpg"))[hole() == 0].any()
    changed = removed("m.jpg")
    rows, columns = np.nonzero(changed)
    assert (abs(rows.min() - 8), abs(rows.max() - 15)) <= (3, 3)
    assert (abs(columns.min() - 20), abs(columns.max() - 31)) <= (3, 3)


def test_a_soft_edge_stays_soft_and_dark_gray_elsewhere_is_no_mask(tmp_path):
    painted = np.zeros((100, 100), np.uint8)
    painted[20, 20:26] = (30, 90, 160, 255, 127, 40)
    painted[80, 80] = 127
    Image.fromarray(painted).save(tmp_path / "m.png")
    coverage = whole_mask(tmp_path / "m.png").coverage
    assert coverage[20, 20:26].tolist() == [0, 90, 160, 255, 127, 40]
    assert coverage[80, 80] == 0


def test_a_mask_that_covers_nearly_all_is_asked_about(service, capsys):
    Path("m.png").write_bytes(png(255 - hole()))
    assert main(["remove", "photo.png", "--mask", "m.png", "-o", "out.png"]) == 1
    assert capsys.readouterr().err == (
        "The mask covers 97% of the picture; is it inverted? Use --invert-mask.\n"
    )


def test_a_mask_of_the_same_proportions_is_scaled_and_that_is_said(service, capsys):
    large = hole().repeat(2, axis=0).repeat(2, axis=1)
    Path("m.png").write_bytes(png(large))
    changed = removed("m.png")
    rows, columns = np.nonzero(changed)
    # Its edge is interpolated, which makes it a pixel softer.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (7, 16, 19, 32)
    assert "The mask of 128 × 96 px is scaled to 64 × 48 px.\n" in capsys.readouterr().err


def test_without_options_the_mask_is_grown_and_feathered_as_in_gimp(service):
    command = ["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]
    assert main(command) == 0
    rows, columns = np.nonzero((pixels("out.png") != quadrants()).any(axis=2))
    assert 8 - 5 <= rows.min() <= 8 - 2
    assert 20 - 5 <= columns.min() <= 20 - 2


def test_only_pictures_are_masks_and_one_for_each_picture(service, capsys):
    for folder in ("in", "masks"):
        Path(folder).mkdir()
    for name in ("a", "b", "._a"):
        shutil.copy("photo.png", f"in/{name}.png")
        shutil.copy("mask.png", f"masks/{name}.png")
    Path("masks/a.json").write_text("{}")
    shutil.copy("mask.png", "masks/b.webp")
    assert main(["batch", "in", "--mask", "masks", "-o", "out"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("1 done, 1 skipped, 0 failed.")
    assert "skipped b.png: b.png and b.webp are both masks of b.png: keep one of them." in said


def test_a_terminal_without_our_letters_ends_no_removal(service):
    Path("m.png").write_bytes(png(hole().repeat(2, axis=0).repeat(2, axis=1)))
    shutil.copy("photo.png", "größe.png")
    command = [sys.executable, "-m", "gimp_bridge", "remove", "größe.png", "--mask", "m.png"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[3])
    done = subprocess.run([*command, "-o", "größe-2.png"], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert Path("größe-2.png").exists()
    assert b"Traceback" not in done.stderr + done.stdout
