"""Which files are opened as pictures: by what is in them, and never by a program of its own."""

from __future__ import annotations

import contextlib
import io
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from gimp_bridge.cli import main
from gimp_bridge.cli.masks import read_mask
from gimp_bridge.cli.picture_file import PictureFile, read_header
from gimp_bridge.errors import InputError
from tests.service_peer import png, quadrants

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 48\n%%EndComments\nshowpage\n%%EOF\n"
OURS = ["PNG", "JPEG", "WEBP", "BMP", "TIFF"]


def saved(kind: str) -> bytes:
    if kind == "EPS":
        return EPS
    file = io.BytesIO()
    Image.fromarray(quadrants()).save(file, kind)
    return file.getvalue()


@pytest.fixture
def ghostscript(tmp_path, monkeypatch):
    """A program in the place of Ghostscript; the file appears when it is run."""
    ran = tmp_path / "ran"
    program = tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return ran


@pytest.mark.parametrize("kind", ["EPS", "GIF", "PPM", "ICO", "SGI", "TGA", "PCX"])
@pytest.mark.parametrize("name", ["other.png", "other.jpg", "other.tif"])
def test_another_kind_of_file_is_no_picture_whatever_its_name(
    service, kind, name, ghostscript, capsys
):
    Path(name).write_bytes(saved(kind))
    Path("folder").mkdir()
    Path("folder", name).write_bytes(saved(kind))
    for command in (
        ["remove", name, "--mask", "mask.png", "-o", "out.png"],
        ["remove", "photo.png", "--mask", name, "-o", "out.png"],
        ["batch", "folder", "--mask", "mask.png", "-o", "out"],
        ["batch", ".", "--mask", name, "-o", "out"],
    ):
        assert main(command) == 1
        told = capsys.readouterr()
        assert f"{name} cannot be read: it is not a picture." in told.out + told.err
        assert "Traceback" not in told.out + told.err
    assert not ghostscript.exists()


@pytest.mark.parametrize("kind", OURS)
def test_our_kinds_are_read_whatever_their_name(kind, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(saved(kind))
    assert PictureFile.read(path).size == read_header(path).size == (64, 48)
    assert read_mask(path).shape == (48, 64)


@pytest.mark.parametrize(
    "error", [zlib.error("-3"), KeyError("mode"), AttributeError("fp"), RuntimeError("webp")]
)
def test_whatever_a_decoder_raises_is_a_sentence(service, error, monkeypatch, capsys):
    def load(self):
        raise error

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]) == 1
    assert capsys.readouterr().err == "photo.png cannot be read: it is not a picture.\n"


@given(
    st.sampled_from(OURS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_files_are_read_or_refused(tmp_path, kind, damages):
    data = bytearray(saved(kind))
    for place, value in damages:
        data[int(place * (len(data) - 1))] = value
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    for read in (PictureFile.read, read_mask, read_header):
        with contextlib.suppress(InputError):
            read(path)


def test_a_picture_with_too_many_pixels_is_said(tmp_path, monkeypatch):
    path = tmp_path / "photo.png"
    path.write_bytes(png(quadrants()))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(InputError, match="too many pixels"):
        PictureFile.read(path)
