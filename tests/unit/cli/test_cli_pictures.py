"""What of a picture file is kept, what is sent, and how its noise is met."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from gimp_bridge.cli import main
from gimp_bridge.cli.file_document import write_repaired
from gimp_bridge.picture.geometry import Box
from gimp_bridge.worker.document import Repair
from tests.faults.hostile import Hostile
from tests.service_peer import local_service, png, quadrants
from tests.unit.cli.left import EXACT, OUTSIDE, pixels

PLAIN = (40, 120, 80)


def test_alpha_stays(service):
    rgba = np.dstack([quadrants(), np.full((48, 64), 200, np.uint8)])
    rgba[0, 0, 3] = 0
    Path("photo.png").write_bytes(png(rgba))
    assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]) == 0
    assert np.array_equal(pixels("out.png")[..., 3], rgba[..., 3])


@pytest.mark.parametrize("by", ["picwish", "this-computer"])
@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_what_sticks_out_of_a_silhouette_is_cut_away_along_it(service, by, kind):
    shape = np.zeros((48, 64, 4), np.uint8)
    shape[20:] = (*PLAIN, 255)
    stuck = shape.copy()
    stuck[10:26, 24:34] = (250, 0, 220, 255)
    hole = np.zeros((48, 64), np.uint8)
    hole[7:29, 21:37] = 255
    lossless: dict[str, Any] = {"lossless": True, "exact": True} if kind == "webp" else {}
    Image.fromarray(stuck).save(f"photo.{kind}", **lossless)
    Path("mask.png").write_bytes(png(hole))
    command = ["remove", f"photo.{kind}", "--mask", "mask.png", "-o", f"out.{kind}"]
    assert main([*command, "--service", by, *EXACT]) == 0
    result = pixels(f"out.{kind}")
    assert np.array_equal(result[..., 3], shape[..., 3])
    assert np.array_equal(result[hole == 0], shape[hole == 0])
    if by == "this-computer":
        assert np.array_equal(result[20:], shape[20:])


def on_its_side(name: str, **more) -> None:
    """The photo as a phone writes it: stored turned to the left, to be shown turned back."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(quadrants())).save(name, exif=exif, **more)


@pytest.mark.parametrize("how", [["--mask", "mask.png"], ["--rectangles", "20,8,12,8"]])
@pytest.mark.parametrize("by", ["picwish", "this-computer"])
def test_a_photograph_is_taken_as_it_is_shown_and_keeps_its_profile(service, by, how):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    on_its_side("photo.png", icc_profile=profile)
    assert main(["remove", "photo.png", *how, *EXACT, "-o", "out.png", "--service", by]) == 0
    result = pixels("out.png")
    assert np.array_equal(result[OUTSIDE], quadrants()[OUTSIDE])
    assert not np.array_equal(result, quadrants())
    with Image.open("out.png") as written:
        assert written.info["icc_profile"] == profile


def test_what_a_file_says_about_its_owner_is_not_uploaded(here, monkeypatch):
    notes = PngInfo()
    notes.add_text("Author", "Jane Roe, 5 Any Street")
    exif = Image.Exif()
    exif[0x010E] = "GPS of home"
    Image.fromarray(quadrants()).save("photo.png", pnginfo=notes, exif=exif)
    with Hostile() as server:
        monkeypatch.setenv("PICWISH_BASE_URL", server.address)
        assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "jane.png"]) == 0
    sent = bytes(server.received)
    assert b"WEBPVP8L" in sent
    for trace in (b"Jane", b"jane", b"GPS", b"photo.png", b"eXIf", b"tEXt", str(here).encode()):
        assert trace not in sent


@pytest.mark.parametrize("command", ["remove photo.png -o out.png", "batch in -o out"])
@pytest.mark.parametrize(("grain", "deviation"), [("false", 0.0), ("true", 10.0)])
def test_grain_is_matched_as_the_settings_say(here, monkeypatch, command, grain, deviation):
    """The service fills a noisy picture, of a deviation of 12 levels, with plain gray."""
    noise = np.random.default_rng(3).normal(128, 12, (200, 300, 1)).repeat(3, axis=2)
    mask = np.zeros((200, 300), np.uint8)
    mask[80:110, 120:160] = 255
    for folder in ("in", "out", "XDG_CONFIG_HOME/gimp-object-removal"):
        Path(folder).mkdir(parents=True)
    Path("photo.png").write_bytes(png(noise.clip(0, 255).astype(np.uint8)))
    shutil.copy("photo.png", "in/photo.png")
    Path("mask.png").write_bytes(png(mask))
    Path("XDG_CONFIG_HOME/gimp-object-removal/settings.json").write_text(f'{{"grain": {grain}}}')

    def fill(image, removal, **_):
        return np.where(removal[..., None] > 0, np.uint8(128), image)

    with local_service(fill=fill) as address:
        monkeypatch.setenv("PICWISH_BASE_URL", address)
        assert main([*command.split(), "--mask", "mask.png"]) == 0
    result = pixels("out.png" if "remove" in command else "out/photo.png")
    assert result[80:110, 120:160].std() == pytest.approx(deviation, abs=4 * deviation / 10)


def test_a_repairs_soft_edge_is_blended_where_it_belongs(here):
    Path("flat.png").write_bytes(png(np.full((10, 12, 3), 100, np.uint8)))
    over = np.full((1, 3, 4), (200, 0, 100, 255), np.uint8)
    repair = Repair(Box(5, 2, 3, 1), over, np.array([[0, 51, 255]], np.uint8))
    write_repaired(Path("flat.png"), Path("out.png"), [repair])
    assert pixels("out.png")[2, 4:9].tolist() == [
        [100, 100, 100], [100, 100, 100], [120, 80, 100], [200, 0, 100], [100, 100, 100],
    ]  # fmt: skip
