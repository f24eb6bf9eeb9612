"""With jpeglib a JPEG keeps all coefficients beside the patch; without it, the report says so."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import jpeglib
import numpy as np
import pytest
from PIL import Image

from gimp_bridge.cli import main
from gimp_bridge.cli.formats import jpeg
from tests.service_peer import png
from tests.unit.cli.kinds import HOLE, files, mask, scene

PLAIN = [name for name in files() if name.endswith(("jpg", "jpeg", "jpe", "jfif"))]
FACTORS = {"440.jpg": "4:4:0", "411.jpg": "4:1:1"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Those of ``kinds`` and some that Pillow does not write."""
    folder = tmp_path_factory.mktemp("jpeg")
    path = folder / "made.jpg"
    made = {name: files()[name] for name in PLAIN}
    for name, factors in FACTORS.items():
        picture = jpeglib.from_spatial(scene())
        picture.samp_factor = factors
        picture.write_spatial(str(path), qt=80)
        made[name] = path.read_bytes()
    cmyk = Image.fromarray(scene()).convert("CMYK")
    for name, options in {"cmyk.jpg": {}, "cmyk-progressive.jpg": {"progressive": True}}.items():
        file = io.BytesIO()
        cmyk.save(file, "JPEG", quality=90, **options)
        made[name] = file.getvalue()
    picture = jpeglib.from_spatial(
        np.ascontiguousarray(255 - np.asarray(cmyk)), jpeglib.Colorspace.JCS_CMYK
    )
    picture.jpeg_color_space = jpeglib.Colorspace.JCS_YCCK
    picture.write_spatial(str(path), qt=90)
    made["ycck.jpg"] = path.read_bytes()
    return made


def repaired(data: bytes) -> tuple[bytes, str, np.ndarray, np.ndarray]:
    """What becomes of ``data``, the sentence, the pixels meant, and where they are new."""
    picture = Image.open(io.BytesIO(data))
    stored = np.array(picture)
    place = np.zeros(stored.shape[:2], bool)
    for rows, columns in (HOLE, (slice(-11, None), slice(-13, None))):  # and over the corner
        place[rows, columns] = True
    stored[place] = 90 if stored.ndim == 2 else (90, 130, 60, 40)[: stored.shape[2]]
    return *jpeg.rewritten(data, picture, stored, place), stored, place


def planes(data: bytes, path: Path) -> list[np.ndarray]:
    path.write_bytes(data)
    read = jpeglib.read_dct(str(path))
    return [each for each in (read.Y, read.Cb, read.Cr, read.K) if each is not None]


def test_no_coefficient_of_another_block_changes(pictures, tmp_path):
    for name, data in pictures.items():
        new, note, stored, place = repaired(data)
        assert not note, name
        before, after = planes(data, tmp_path / "old.jpg"), planes(new, tmp_path / "new.jpg")
        most = [max(sizes) for sizes in zip(*(plane.shape[:2] for plane in before), strict=True)]
        for old, now in zip(before, after, strict=True):
            changed = (old != now).any(axis=(2, 3))
            step = [8 * round(all_ / own) for all_, own in zip(most, old.shape, strict=False)]
            allowed = np.zeros_like(changed)
            rows, columns = np.nonzero(place)
            allowed[rows // step[0], columns // step[1]] = True
            assert not (changed & ~allowed).any(), name
            assert changed.any(), name
        shown = np.asarray(Image.open(io.BytesIO(new))).astype(int)
        off = np.abs(shown - stored)[HOLE][4:-4, 4:-4]
        assert off.mean() < 4, name


@pytest.fixture
def no_jpeglib(monkeypatch):
    monkeypatch.setitem(sys.modules, "jpeglib", None)


def test_without_jpeglib_a_jpeg_keeps_its_tables_sampling_and_metadata(pictures, no_jpeglib):
    for name, data in pictures.items():
        new, note, stored, _place = repaired(data)
        assert 'pip install "gimp-object-removal[jpeg]"' in note
        before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(new))
        assert before.mode == after.mode
        assert set(map(tuple, after.quantization.values())) == set(
            map(tuple, before.quantization.values())
        )
        for key in ("icc_profile", "dpi", "comment", "xmp", "progressive", "adobe_transform"):
            assert before.info.get(key) == after.info.get(key), (name, key)
        if name not in FACTORS and before.mode != "CMYK":
            assert [each[1:3] for each in before.layer] == [each[1:3] for each in after.layer]
            assert 0.85 < len(new) / len(data) < 1.15, name
        assert np.abs(np.asarray(after).astype(int) - stored).mean() < 5, name


def test_the_report_says_that_a_whole_jpeg_was_coded_again(service, no_jpeglib, capsys):
    Path("in").mkdir()
    Path("in", "photo.jpg").write_bytes(files()["420.jpg"])
    Path("hole.png").write_bytes(png(mask()))
    said = "The whole JPEG was coded again with its own tables: after pip install"
    assert main(["remove", "in/photo.jpg", "--mask", "hole.png", "-o", "out.jpg"]) == 0
    assert said in capsys.readouterr().out
    assert main(["batch", "in", "--mask", "hole.png", "-o", "out"]) == 0
    assert f"photo.jpg: {said}" in capsys.readouterr().out
