"""Removing and recovering: what is written, what is said, and what is kept of a paid task."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gimp_bridge.cli import main
from gimp_bridge.server import create_app, running
from tests.service_peer import hole, local_service, place_fill, png, quadrants
from tests.unit.cli.left import OUTSIDE, left_in_journal, pixels


@pytest.mark.parametrize(
    "how",
    [
        ["--mask", "mask.png"],
        ["--rectangles", "20,8,12,8"],
        ["--rectangles", "20,8,6,8", "26,8,6,8"],
        ["--mask", "mask.png", "--sync"],
        ["--mask", "mask.png", "--return-type", "base64"],
        ["--rectangles", "20,8,12,8", "--sync", "--return-type", "base64"],
    ],
)
def test_only_the_removed_pixels_change(service, how, capsys):
    assert main(["remove", "photo.png", *how, "-o", "out.png"]) == 0
    result = pixels("out.png")
    assert np.array_equal(result[OUTSIDE], quadrants()[OUTSIDE])
    assert not np.array_equal(result, quadrants())
    assert capsys.readouterr().out.startswith("out.png  (task ")
    assert left_in_journal() == []


def test_raw_keeps_the_answer_as_it_is(service):
    assert main(["remove", "photo.png", "--mask", "mask.png", "--raw", "-o", "out.png"]) == 0
    assert np.array_equal(pixels("out.png"), place_fill(quadrants(), hole()))


def test_addresses_instead_of_files(service):
    files = create_app(fill=place_fill, qps=None)
    files.add_url_rule("/<name>", "f", lambda name: Path(name).read_bytes())
    with running(files) as there:
        urls = ["--image-url", f"{there}/photo.png", "--mask-url", f"{there}/mask.png"]
        assert main(["remove", *urls, "-o", "out.png"]) == 0
    assert np.array_equal(pixels("out.png"), place_fill(quadrants(), hole()))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.png", "--mask", "mask.png"], "none.png cannot be read: No such file or directory."),
        (["photo.png", "--mask", "/dev/null"], "/dev/null cannot be read: no picture."),
        (
            ["photo.png", "--rectangles", "60,40,5,9"],
            "The rectangle 60,40,5,9 does not lie in the picture, which has 64 × 48 px.",
        ),
        (
            ["photo.png", "--rectangles", "0,0,64,25"],
            "52% of the picture is to be removed and the service allows 50%: "
            "remove less at a time.",
        ),
        (
            ["photo.png", "--mask", "black.png"],
            "The mask is black everywhere: paint white what should go.",
        ),
        (
            ["photo.png", "--mask", "turned.png"],
            "The mask has 48 × 64 px and the picture 64 × 48: they must be equal.",
        ),
        (
            ["photo.png", "--mask", "mask.png", "-o", "out.xyz"],
            "out.xyz cannot be written: its name must end in one of "
            ".jpg, .jpeg, .png, .webp, .bmp, .tif, .tiff.",
        ),
        (
            ["photo.png", "--mask", "mask.png", "-o", "no/where.png"],
            "no/where.png cannot be written: no is no folder in which files can be made.",
        ),
        (
            ["photo.png", "--mask", "mask.png", "--raw", "-o", "."],
            ". cannot be written: it is a folder.",
        ),
        (
            ["wide.png", "--mask", "mask.png", "-o", "out.webp"],
            "out.webp cannot be written: WEBP files have at most 16383 px a side.",
        ),
        (
            ["deep.png", "--mask", "mask.png"],
            "deep.png has more than 8 bits: open it in GIMP, which keeps them.",
        ),
        (
            ["photo.png", "--mask", "mask.png", "--service", "this-computer", "--sync"],
            "--sync is for the service alone: use it with --service picwish.",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_1(service, arguments, sentence, capsys):
    Path("black.png").write_bytes(png(hole() * 0))
    Path("turned.png").write_bytes(png(hole().T.copy()))
    Path("wide.png").write_bytes(png(np.zeros((1, 16_384, 3), np.uint8)))
    Path("deep.png").write_bytes(png(hole().astype(np.uint16)))
    assert main(["remove", "-o", "out.png", *arguments]) == 1
    assert capsys.readouterr().err == sentence + "\n"
    assert left_in_journal() == []


def test_exactly_half_of_the_picture_may_go(service):
    half = ["--rectangles", "0,0,64,24", "-o", "out.png"]
    assert main(["remove", "photo.png", *half]) == 0
    assert pixels("out.png")[12, 32, 2] == 77


def test_a_picture_of_too_many_pixels_is_one_sentence(service, monkeypatch, capsys):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64 * 48 // 2 - 1)
    assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]) == 1
    assert capsys.readouterr().err == "photo.png cannot be read: it has too many pixels.\n"


@pytest.fixture
def vanishing(here, monkeypatch):
    """A service during whose work the folder ``going`` is deleted."""

    def observe(_request):
        shutil.rmtree("going", ignore_errors=True)

    Path("going").mkdir()
    with local_service(observe) as address:
        monkeypatch.setenv("PICWISH_BASE_URL", address)
        yield address


def test_a_result_that_could_not_be_written_is_kept_and_recovered(vanishing, capsys):
    assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "going/out.png"]) == 1
    (task_id,) = left_in_journal()
    assert capsys.readouterr().err.splitlines() == [
        "going/out.png cannot be written: No such file or directory. Its result is paid for and "
        "kept: run the same again within the hour, at no new cost.",
        f"Task id for the service's support: {task_id}",
    ]
    assert main(["recover", "-o", "found"]) == 0
    assert [path.name for path in Path("found").iterdir()] == [f"removal-{task_id}.png"]
    assert left_in_journal() == []


def test_what_lies_on_the_disk_is_recovered_without_a_key(vanishing, monkeypatch, capsys):
    assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "going/out.png"]) == 1
    monkeypatch.delenv("PICWISH_API_KEY")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    assert main(["recover", "-o", "found"]) == 0
    assert left_in_journal() == []


def test_a_second_run_uses_what_was_paid_for(vanishing, capsys):
    arguments = ["remove", "photo.png", "--mask", "mask.png", "--raw", "-o"]
    assert main([*arguments, "going/out.png"]) == 1
    assert main([*arguments, "out.png"]) == 0
    assert capsys.readouterr().out.endswith(", paid for earlier)\n")


def test_recover_with_nothing_to_recover_says_so(service, capsys):
    assert main(["recover"]) == 0
    assert capsys.readouterr().out == "There is nothing to recover.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["remove"],
        ["remove", "photo.png", "-o", "out.png"],
        ["remove", "photo.png", "--image-url", "https://x/i.png", "--mask", "m", "-o", "o.png"],
        ["remove", "photo.png", "--mask", "m", "--mask-url", "https://x/m", "-o", "o.png"],
        ["remove", "photo.png", "--rectangles", "1,2,3", "-o", "o.png"],
        ["remove", "photo.png", "--rectangles", "-1,2,3,4", "-o", "o.png"],
        ["remove", "photo.png", "--mask", "mask.png"],
    ],
)
def test_wrong_usage_is_status_2(here, arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
