"""The command ``batch``: a folder of pictures in, a folder of repaired ones out, resumable."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from gimp_bridge.cli import main
from gimp_bridge.folders import journal_folder
from gimp_bridge.service.journal import Journal
from tests.service_peer import local_service, place_fill, png
from tests.unit.cli.left import EXACT, pixels

PROJECT = Path(__file__).resolve().parents[3]

# Larger than a window, so that a picture is sent in part: 12 × 8 px at (300, 420) go.
WIDTH, HEIGHT = 900, 700
HOLE = (slice(420, 428), slice(300, 312))


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    right, low = x >= width // 2, y >= height // 2
    return np.stack([40 + 120 * right + x % 50, 60 + 100 * low + y % 50, x * 0 + number], 2).astype(
        np.uint8
    )


def mask(width: int = WIDTH, height: int = HEIGHT, hole=HOLE) -> np.ndarray:
    painted = np.zeros((height, width), np.uint8)
    painted[hole] = 255
    return painted


class Service:
    """The local server: counts its tasks, and refuses the creates that a test names."""

    def __init__(self):
        self.tasks = 0
        self.refused = set()
        self.refusal = ("", 400)
        self.hook = None
        self.lock = threading.Lock()

    def observe(self, request):
        if request.method != "POST":
            return None
        if self.hook:
            self.hook()
        with self.lock:
            self.tasks += 1
            return self.refusal if self.tasks in self.refused else None


@pytest.fixture
def service(home, monkeypatch):
    folder = home / "XDG_CONFIG_HOME" / "gimp-object-removal"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text('{"per_second": 50}')
    Path("in").mkdir()
    for number in range(5):
        Path(f"in/p{number}.png").write_bytes(png(picture(number)))
    Path("mask.png").write_bytes(png(mask()))
    service = Service()
    with local_service(service.observe, workers=8) as address:
        monkeypatch.setenv("PICWISH_BASE_URL", address)
        yield service


def batch(*more: str) -> int:
    command = ["batch", "in", "--mask", "mask.png", "-o", "out", "--service", "picwish"]
    return main([*command, *EXACT, *more])


def check_filled(name: str, original: np.ndarray, hole=HOLE) -> None:
    """Only the hole has changed, and holds the place fill of the window sent."""
    result = pixels(name)
    outside = mask(original.shape[1], original.shape[0], hole) == 0
    assert np.array_equal(result[outside], original[outside])
    filled = result[hole].astype(int)
    assert np.array_equal(np.diff(filled[..., 0], axis=1) % 256, np.ones((8, 11)))
    assert np.array_equal(np.diff(filled[..., 1], axis=0) % 256, np.ones((7, 12)))
    assert (filled[..., 2] == 77).all()


def test_one_mask_for_all(service, capsys):
    assert batch() == 0
    for number in range(5):
        check_filled(f"out/p{number}.png", picture(number))
    assert sorted(path.name for path in Path("out").iterdir()) == [f"p{n}.png" for n in range(5)]
    assert capsys.readouterr().out.splitlines()[0] == "5 done, 0 skipped, 0 failed."
    assert list(Journal(journal_folder()).unclaimed()) == []


def test_copies_of_a_picture_are_paid_for_once_and_all_get_the_result(service, capsys):
    """More of them than are under way at once: the last ones begin when the first are written."""
    settings = Path("XDG_CONFIG_HOME/gimp-object-removal/settings.json")
    settings.write_text('{"per_second": 4}')  # eight under way at once
    for number in range(10):
        Path(f"in/copy{number}.png").write_bytes(png(picture(99)))
    assert batch() == 0
    assert service.tasks == 5 + 1
    for number in range(10):
        check_filled(f"out/copy{number}.png", picture(99))
    assert list(Journal(journal_folder()).unclaimed()) == []


def test_of_two_batches_with_the_same_picture_at_once_one_pays(service, tmp_path):
    shutil.rmtree("in")
    Path("in").mkdir()
    Path("in/same.png").write_bytes(png(picture(99)))
    asked, go_on = threading.Semaphore(0), threading.Event()

    def hold():
        asked.release()
        go_on.wait(60)

    service.hook = hold
    command = [sys.executable, "-m", "gimp_bridge", "batch", "in", "--mask", "mask.png", *EXACT]
    command += ["--service", "picwish", "-o"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    first = subprocess.Popen([*command, "out1"], env=environment)
    assert asked.acquire(timeout=60)
    second = subprocess.Popen([*command, "out2"], env=environment)
    while not Path("out2").exists():  # it is made just before the pictures are asked for
        time.sleep(0.02)
    time.sleep(1)  # only makes it likelier that the second one waits already
    go_on.set()
    assert (first.wait(60), second.wait(60)) == (0, 0)
    check_filled("out1/same.png", picture(99))
    check_filled("out2/same.png", picture(99))
    assert service.tasks == 1


def test_an_account_without_credit_stops_the_batch(service, capsys):
    service.refusal = (json.dumps({"message": "Insufficient credit"}), 400)
    service.refused = {1}
    assert batch() == 1
    said = capsys.readouterr().out
    assert "Stopped early" in said
    assert "no credit left" in said
    assert "picwish.com/my-account" in said


def test_masks_paired_by_stem(service, capsys):
    Path("masks").mkdir()
    other = (slice(100, 108), slice(600, 612))
    Path("masks/p0.png").write_bytes(png(mask()))
    Path("masks/p3.png").write_bytes(png(mask(hole=other)))
    assert batch("--mask", "masks") == 1
    check_filled("out/p0.png", picture(0))
    check_filled("out/p3.png", picture(3), other)
    said = capsys.readouterr().out
    assert said.startswith("2 done, 3 skipped, 0 failed.")
    assert "skipped p1.png: There is no mask named p1 in masks." in said
    assert service.tasks == 2


def test_a_second_run_does_only_what_is_missing(service, capsys):
    service.refused = {2}
    assert batch() == 1
    assert len(list(Path("out").iterdir())) == 4
    capsys.readouterr()
    assert batch() == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "4 are there already.",
        "1 done, 0 skipped, 0 failed.",
    ]
    assert service.tasks == 6
    assert batch() == 0
    assert service.tasks == 6


def test_what_was_paid_and_not_written_is_not_paid_again(service, capsys):
    service.hook = lambda: shutil.rmtree("out", ignore_errors=True)
    assert batch() == 1
    said = capsys.readouterr().out
    assert said.splitlines()[1].startswith(
        "Stopped early, because every other image would fail the same way"
    )
    assert "run the same again within the hour, at no new cost" in said
    service.hook = None
    assert batch() == 0
    assert service.tasks == 5


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to another process there")
def test_ctrl_c_finishes_what_is_under_way_and_a_second_run_the_rest(service, tmp_path):
    settings = tmp_path / "XDG_CONFIG_HOME" / "gimp-object-removal" / "settings.json"
    settings.write_text('{"per_second": 4}')  # eight under way at once
    for number in range(5, 10):
        Path(f"in/p{number}.png").write_bytes(png(picture(number)))
    command = [sys.executable, "-m", "gimp_bridge", "batch", "in", "--mask", "mask.png", *EXACT]
    command += ["-o", "out", "--service", "picwish"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    two, interrupted = threading.Semaphore(0), threading.Event()
    service.hook = lambda: (two.release(), interrupted.wait(60))
    first = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert two.acquire(timeout=60)
    assert two.acquire(timeout=60)
    first.send_signal(signal.SIGINT)
    interrupted.set()
    said = first.communicate(timeout=120)[0].splitlines()
    sent = service.tasks
    assert first.returncode == 130
    assert 2 <= sent < 10
    assert said[:2] == [
        f"{sent} done, {10 - sent} skipped, 0 failed.",
        "Stopped: what had not been sent was not sent.",
    ]
    written = sorted(Path("out").iterdir())
    assert len(written) == sent
    kept = {path: path.read_bytes() for path in written}
    second = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert second.returncode == 0, second.stderr + second.stdout
    assert second.stdout.splitlines()[:2] == [
        f"{sent} are there already.",
        f"{10 - sent} done, 0 skipped, 0 failed.",
    ]
    assert service.tasks == 10
    assert {path: path.read_bytes() for path in written} == kept
    for number in range(10):
        check_filled(f"out/p{number}.png", picture(number))


def test_another_size_needs_to_be_told_how(service, capsys):
    Path("in/p5.png").write_bytes(png(picture(5, 1000, 760)))
    assert batch() == 1
    assert (
        "skipped p5.png: The mask has 900 × 700 px and the picture 1000 × 760: "
        "make them equal, or use --align." in capsys.readouterr().out
    )
    assert batch("--align", "bottom-right") == 0
    check_filled("out/p5.png", picture(5, 1000, 760), (slice(480, 488), slice(400, 412)))


def test_profile_and_orientation_of_a_photograph(service):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter to the right
    stored = np.rot90(picture(7))
    file = io.BytesIO()
    Image.fromarray(stored).save(file, "PNG", icc_profile=profile, exif=exif)
    Path("in/p7.png").write_bytes(file.getvalue())
    assert batch() == 0
    check_filled("out/p7.png", picture(7))
    with Image.open("out/p7.png") as written:
        assert written.info["icc_profile"] == profile


def test_a_picture_too_wide_for_its_format_is_not_paid_for_and_stops_no_other(service, capsys):
    Path("in/wide.png").write_bytes(png(np.zeros((1, 16_384, 3), np.uint8)))
    assert batch("--format", "webp") == 1
    said = capsys.readouterr().out
    assert said.startswith("5 done, 1 skipped, 0 failed.")
    assert "out/wide.webp cannot be written: WEBP files have at most 16383 px a side." in said
    assert service.tasks == 5


def test_the_engine_needs_no_service(service, tmp_path):
    for number in range(1, 5):
        Path(f"in/p{number}.png").unlink()
    assert batch("--service", "this-computer") == 0
    result = np.asarray(Image.open("out/p0.png"))
    assert np.array_equal(result[mask() == 0], picture(0)[mask() == 0])
    assert service.tasks == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "--mask", "mask.png", "-o", "out"], "nowhere is not a folder."),
        (["masks", "--mask", "mask.png", "-o", "out"], "masks holds no pictures"),
        (["in", "--mask", "mask.png", "-o", "in"], "The output folder is the pictures' own"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(service, arguments, sentence, capsys):
    Path("masks").mkdir()
    assert main(["batch", *arguments]) == 1
    assert capsys.readouterr().err.startswith(sentence)


def test_two_pictures_never_write_the_same_file(service, capsys):
    Image.fromarray(picture(0)).save("in/p0.jpg")
    assert batch("--format", "png") == 1
    assert "p0.jpg and p0.png would both become" in capsys.readouterr().err


def test_place_fill_is_what_the_checks_assume():
    filled = place_fill(picture(0), mask())[HOLE]
    assert filled[0, 0].tolist() == [300 % 256, 420 % 256, 77]
