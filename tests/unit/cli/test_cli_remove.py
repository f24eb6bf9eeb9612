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
from tests.unit.cli.left import EXACT, OUTSIDE, left_in_journal, pixels


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
    assert main(["remove", "photo.png", *how, *EXACT, "-o", "out.png"]) == 0
    result = pixels("out.png")
    assert np.array_equal(result[OUTSIDE], quadrants()[OUTSIDE])
    assert not np.array_equal(result, quadrants())
    direct = "--sync" in how or "--return-type" in how
    by = "task " if direct else f"by {service.removeprefix('http://')})"
    assert capsys.readouterr().out.startswith(f"out.png  ({by}")
    assert left_in_journal() == []


WIDE = Image.effect_noise((5000, 600), 90).convert("RGB")
"""Nothing of it can be compressed, so that the size of what is sent tells how much that is."""


@pytest.fixture
def wide(here, monkeypatch):
    """A picture wider than the service takes, with a mask; the sizes of the pictures sent."""
    WIDE.save("wide.png")
    mask = np.zeros((600, 5000), np.uint8)
    mask[310:330, 4000:4040] = 255
    Path("wide-mask.png").write_bytes(png(mask))
    sent = []

    def observe(request):
        if "image_file" in request.files:
            sent.append((request.content_length, Image.open(request.files["image_file"]).size))
            request.files["image_file"].seek(0)

    with local_service(observe) as address:
        monkeypatch.setenv("PICWISH_BASE_URL", address)
        yield sent


@pytest.mark.parametrize("what", [["--mask", "wide-mask.png"], ["--rectangles", "4000,310,40,20"]])
def test_of_a_picture_larger_than_the_service_takes_only_a_window_is_sent(wide, what):
    assert main(["remove", "wide.png", *what, *EXACT, "-o", "out.png"]) == 0
    [(size_bytes, size_px)] = wide
    assert size_px == (512, 512)
    assert size_bytes < 300_000  # all of it has 3 MB, losslessly
    changed = (np.asarray(WIDE) != pixels("out.png")).any(axis=2)
    # A pixel of noise here and there comes out as it was.
    assert changed[310:330, 4000:4040].mean() > 0.98
    changed[310:330, 4000:4040] = False
    assert not changed.any()


def test_all_of_it_cannot_be_sent(wide, capsys):
    how = ["--mask", "wide-mask.png", "--raw", "-o", "out.png"]
    assert main(["remove", "wide.png", *how]) == 1
    assert capsys.readouterr().err.startswith("The picture has 5000 × 600 px and the service takes")
    assert wide == []


def test_a_mask_of_another_size_is_carried_over(wide):
    assert main(["remove", "wide.png", "--mask", "mask.png", "--align", "top-right",
                 *EXACT, "-o", "out.png"]) == 0  # fmt: skip
    changed = (np.asarray(WIDE) != pixels("out.png")).any(axis=2)
    rows, columns = np.nonzero(hole())
    right = 5000 - hole().shape[1]
    assert changed[rows, columns + right].mean() > 0.9
    changed[rows, columns + right] = False
    assert not changed.any()


def test_a_result_paid_for_and_not_written_is_used_by_the_next_run(vanishing, capsys):
    assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "going/out.png"]) == 1
    assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert (
        said[1] == "The result of an earlier, already paid run was used; you are not charged again."
    )
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
        (["photo.png", "--mask", "/dev/null"], "/dev/null cannot be read: it is not a picture."),
        (
            ["photo.png", "--rectangles", "60,40,5,9"],
            "The rectangle 60,40,5,9 does not lie in the picture, which has 64 × 48 px.",
        ),
        (
            ["photo.png", "--rectangles", "0,0,64,25", *EXACT],
            "The area to remove is 52.1 % of the layer, and at most 50 % can be removed at once; "
            "select less, or grow the selection less.",
        ),
        (
            ["photo.png", "--rectangles", "0,0,64,25", "--raw"],
            "52% of the picture is to be removed and the service allows 50%: "
            "remove less at a time.",
        ),
        (
            ["photo.png", "--mask", "black.png"],
            "The mask is black everywhere: paint white what should go.",
        ),
        (
            ["photo.png", "--mask", "turned.png"],
            "The mask has 48 × 64 px and the picture 64 × 48: make them equal, or use --align.",
        ),
        (
            ["photo.png", "--mask", "mask.png", "-o", "out.xyz"],
            "out.xyz cannot be written: its name must end in one of "
            ".jpg, .jpeg, .png, .webp, .bmp, .tif, .tiff, .jpe, .jfif.",
        ),
        (
            ["photo.png", "--mask", "mask.png", "-o", "no/where.png"],
            "no/where.png cannot be written: files cannot be created in no.",
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
            ["photo.png", "--mask", "mask.png", "--service", "this-computer", "--sync"],
            "--sync is for the service alone: use it with --service picwish.",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_1(service, arguments, sentence, capsys):
    Path("black.png").write_bytes(png(hole() * 0))
    Path("turned.png").write_bytes(png(hole().T.copy()))
    Path("wide.png").write_bytes(png(np.zeros((1, 16_384, 3), np.uint8)))
    assert main(["remove", "-o", "out.png", *arguments]) == 1
    assert capsys.readouterr().err == sentence + "\n"
    assert left_in_journal() == []


def test_exactly_half_of_the_picture_may_go(service):
    half = ["--rectangles", "0,0,64,24", "-o", "out.png"]
    assert main(["remove", "photo.png", *EXACT, *half]) == 0
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
    assert sorted(path.name for path in Path("found").iterdir()) == [
        f"removal-{task_id}-mask.png",
        f"removal-{task_id}.png",
    ]
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
