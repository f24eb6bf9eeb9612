"""A file that is written differs from the one that was read only where something was removed."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

from gimp_bridge.cli import main
from tests.service_peer import KEY, local_service, png
from tests.unit.cli.kinds import HOLE, exif_with_thumbnail, files, mask, refused

OUT = Path("out")
"""Where the fixture ``done`` has written."""
NEAR_PX = 17
"""So far a JPEG's blocks and the interpolation of its colours reach beyond the hole."""


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """What a batch over all kinds of files says; it stands in ``out`` of the current folder."""
    with pytest.MonkeyPatch.context() as patch, local_service() as address:
        folder = tmp_path_factory.mktemp("kinds")
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
            patch.setenv(name, str(folder / name))
        patch.setenv("PICWISH_API_KEY", KEY)
        patch.setenv("PICWISH_BASE_URL", address)
        patch.chdir(folder)
        for name, data in {**files(), **refused()}.items():
            Path("in").mkdir(exist_ok=True)
            Path("in", name).write_bytes(data)
        Path("mask.png").write_bytes(png(mask()))
        command = ["batch", "in", "--mask", "mask.png", "-o", "out", "--service", "picwish"]
        with contextlib.redirect_stdout(io.StringIO()) as said:
            assert main([*command, "--grow", "0", "--feather", "0"]) == 1
        patch.setattr(sys.modules[__name__], "OUT", folder / "out")
        yield said.getvalue()


def shown(data: bytes) -> np.ndarray:
    """As any program shows it: (height, width, 4), or 16 bits (height, width)."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return np.asarray(picture if picture.mode == "I;16" else picture.convert("RGBA"))


def far(kind: str) -> np.ndarray:
    """Bool (height, width): the pixels that must not change."""
    kept = mask() == 0
    if kind in ("jpg", "jpeg", "jpe", "jfif"):
        rows, columns = HOLE
        kept[
            rows.start - NEAR_PX : rows.stop + NEAR_PX,
            columns.start - NEAR_PX : columns.stop + NEAR_PX,
        ] = False
    return kept


def test_kinds_of_files_stay_what_they_are(done):
    assert f"{len(files())} done, {len(refused())} skipped, 0 failed." in done
    for name, data in files().items():
        new = Path(OUT, name).read_bytes()
        before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(new))
        kept = far(name.rpartition(".")[2])
        assert np.array_equal(shown(data)[kept], shown(new)[kept]), name
        assert not np.array_equal(shown(data)[HOLE], shown(new)[HOLE]), name
        assert (before.format, before.mode, before.size) == (after.format, after.mode, after.size)
        for key in ("icc_profile", "dpi", "comment", "xmp", "transparency", "progressive", "Title"):
            assert before.info.get(key) == after.info.get(key), (name, key)
        assert dict(before.getexif()) == dict(after.getexif()), name


def jpegs() -> list[str]:
    return [name for name in files() if name.rpartition(".")[2] in ("jpg", "jpeg", "jpe", "jfif")]


def test_a_jpeg_keeps_its_quality_its_size_and_its_trailer(done):
    for name in jpegs():
        data, new = files()[name], Path(OUT, name).read_bytes()
        before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(new))
        assert before.quantization == after.quantization
        assert before.layers == 1 or get_sampling(before) == get_sampling(after)
        least = 0.85 if "progressive" in before.info else 0.95  # its scans are chosen better
        assert least < len(new) / len(data) < 1.05, name
        markers = [part for part in before.applist if part[0] != "APP1"]
        assert [part for part in after.applist if part[0] != "APP1"] == markers
    assert Path(OUT, "trailer.jfif").read_bytes().endswith(b"\xff\xd9what a phone adds")


def test_the_hole_of_a_jpeg_has_what_the_service_answered(done):
    """The local service fills with the pixel's place in what it got, and 77."""
    for name in ("444.jpg", "rgb.jpe", "progressive444.jpeg", "420.jpg", "turned.jpg"):
        blue = shown(Path(OUT, name).read_bytes())[HOLE][4:-4, 4:-4, 2].astype(int)
        assert np.abs(blue.mean() - 77) < 3, name


def test_no_thumbnail_shows_what_was_removed(done):
    picture = exif_with_thumbnail()
    thumbnail = picture[picture.index(b"\xff\xd8") :]
    for name in ("444.jpg", "text.png", "lossless.webp"):
        assert thumbnail in files()[name]
        new = Path(OUT, name).read_bytes()
        assert thumbnail[:200] not in new
        assert thumbnail[-200:] not in new
        assert Image.open(io.BytesIO(new)).getexif().get_ifd(1) == {}


def test_what_cannot_be_kept_is_refused_before_anything_is_sent(done):
    for name, reason in {
        "cmyk.jpg": "its CMYK colours have no profile: assign one first",
        "deep.png": "it has colours of 16 bits: open it in GIMP, which keeps them",
        "gray.tif": "of TIFF files only RGB in 8 bits is supported: open it in GIMP",
        "gray16.tif": "of TIFF files only RGB in 8 bits is supported: open it in GIMP",
        "frames.webp": "it has 2 pictures in one file",
        "frames.png": "it has 2 pictures in one file",
        "two.jpg": "it has 2 pictures in one file",
    }.items():
        assert f"skipped {name}: in/{name} cannot be kept as it is: {reason}." in done
        assert not Path(OUT, name).exists()


def test_a_lossy_webp_stays_lossy_at_a_like_size(service):
    picture = Image.open(io.BytesIO(files()["rgb.png"]))
    picture.save("photo.webp", quality=80)
    Path("mask.png").write_bytes(png(mask()))
    assert main(["remove", "photo.webp", "--mask", "mask.png", "-o", "out.webp"]) == 0
    before, after = Path("photo.webp").read_bytes(), Path("out.webp").read_bytes()
    assert b"VP8 " in after[:64]
    assert abs(len(after) - len(before)) < 0.1 * len(before)


def test_a_replaced_file_keeps_its_mode_and_a_read_only_one_or_a_link_is_refused(service, capsys):
    command = ["remove", "photo.png", "--mask", "mask.png", "-o"]
    shutil.copy("photo.png", "out.png")
    Path("out.png").chmod(0o640)
    assert main([*command, "out.png"]) == 0
    assert Path("out.png").stat().st_mode & 0o777 == 0o640
    Path("out.png").chmod(0o440)
    assert main([*command, "out.png"]) == 1
    assert capsys.readouterr().err == "out.png cannot be written: it is read-only.\n"
    Path("link.png").symlink_to("photo.png")
    assert main([*command, "link.png"]) == 1
    assert capsys.readouterr().err.startswith("link.png cannot be written: it is a link")
