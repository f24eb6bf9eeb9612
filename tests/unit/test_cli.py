"""The commands as a person calls them: what they write, say and leave behind."""

from __future__ import annotations

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
from PIL.PngImagePlugin import PngInfo

from gimp_bridge.cli import main
from gimp_bridge.cli.consent import agreed_service
from gimp_bridge.server import create_app, running
from gimp_bridge.service.journal import Journal
from gimp_bridge.settings import Settings, journal_folder
from tests.faults.hostile import Hostile
from tests.service_peer import KEY, hole, local_service, place_fill, png, quadrants

ROOT = Path(__file__).parents[2]
OUTSIDE = hole() == 0


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a picture and its mask, and folders of its own for settings and journal."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PICWISH_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(png(quadrants()))
    Path("mask.png").write_bytes(png(hole()))
    return tmp_path


@pytest.fixture
def service(here, monkeypatch):
    with local_service() as address:
        monkeypatch.setenv("PICWISH_BASE_URL", address)
        yield address


def pixels(name: str) -> np.ndarray:
    return np.asarray(Image.open(name))


def left_in_journal() -> list[str | None]:
    return [entry.task_id for entry in Journal(journal_folder()).unclaimed()]


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


def test_what_a_file_says_about_its_owner_is_not_uploaded(here, monkeypatch):
    notes = PngInfo()
    notes.add_text("Author", "Jane Roe, 5 Any Street")
    photo = Image.fromarray(quadrants())
    photo.save("photo.png", pnginfo=notes, exif=b"Exif\0\0MM\0*\0\0\0\x08 GPS of home")
    with Hostile() as server:
        monkeypatch.setenv("PICWISH_BASE_URL", server.address)
        assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "jane.png"]) == 0
    sent = bytes(server.received)
    assert b"IHDR" in sent
    for trace in (b"Jane", b"jane", b"GPS", b"photo.png", b"eXIf", b"tEXt", str(here).encode()):
        assert trace not in sent


def test_alpha_stays(service):
    rgba = np.dstack([quadrants(), np.full((48, 64), 200, np.uint8)])
    rgba[0, 0, 3] = 0
    Path("photo.png").write_bytes(png(rgba))
    assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]) == 0
    assert np.array_equal(pixels("out.png")[..., 3], rgba[..., 3])


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


@pytest.fixture
def keyless(here, monkeypatch):
    monkeypatch.delenv("PICWISH_API_KEY")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


REMOVE = ["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]


def test_without_a_key_the_way_out_is_named(keyless, capsys):
    assert main([*REMOVE, "--service", "picwish"]) == 1
    assert "choose “This computer”, which needs none" in capsys.readouterr().err


@pytest.mark.parametrize("service", ["auto", "this-computer"])
def test_without_a_key_this_computer_does_it(keyless, service, capsys):
    assert main([*REMOVE, "--service", service]) == 0
    result = pixels("out.png")
    assert np.array_equal(result[OUTSIDE], quadrants()[OUTSIDE])
    assert not np.array_equal(result, quadrants())
    assert capsys.readouterr() == ("out.png  (by this computer)\n", "")


def settings_with(consents: list[str]) -> Settings:
    return Settings(region="other", address="https://pics.example", consents=tuple(consents))


def test_nothing_is_sent_to_a_host_nobody_agreed_to(here, capsys):
    assert agreed_service("auto", settings_with(["elsewhere.example"])) == "this-computer"
    assert capsys.readouterr().err == (
        "Nobody has agreed yet to send pictures to pics.example, so this computer does it. "
        "To send them, add --service picwish.\n"
    )


@pytest.mark.parametrize(
    ("service", "consents", "chosen"),
    [
        ("auto", ["pics.example"], "picwish"),
        ("picwish", [], "picwish"),
        ("this-computer", ["pics.example"], "this-computer"),
    ],
)
def test_who_is_named_or_agreed_to_does_it(here, service, consents, chosen, capsys):
    assert agreed_service(service, settings_with(consents)) == chosen
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", ["remove photo.png", "batch in"])
def test_the_commands_send_nothing_unless_it_was_agreed_to(here, command, monkeypatch, capsys):
    monkeypatch.setenv("PICWISH_BASE_URL", "https://pics.invalid")
    Path("in").mkdir()
    shutil.copy("photo.png", "in/out.png")
    output = "out.png" if "remove" in command else "."
    assert main([*command.split(), "--mask", "mask.png", "-o", output]) == 0
    assert capsys.readouterr().err.startswith("Nobody has agreed yet to send pictures to pics.inv")
    assert np.array_equal(pixels("out.png")[OUTSIDE], quadrants()[OUTSIDE])


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
    assert main(["remove", "photo.png", *how, "-o", "out.png", "--service", by]) == 0
    result = pixels("out.png")
    assert np.array_equal(result[OUTSIDE], quadrants()[OUTSIDE])
    assert not np.array_equal(result, quadrants())
    assert Image.open("out.png").info["icc_profile"] == profile


def test_the_command_serves_on_a_free_port_and_says_where(here):
    arguments = [sys.executable, "-m", "gimp_bridge", "serve", "--port", "0", "--key", "k"]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as child:
        line = child.stdout.readline().decode()
        child.kill()
    assert line.startswith("http://127.0.0.1:")


def test_ctrl_c_while_a_task_runs_loses_nothing(here):
    """The command in a process of its own, interrupted while the service is busy."""
    busy = threading.Event()

    def fill(image, mask, **keywords):
        busy.set()
        time.sleep(0.6)
        return place_fill(image, mask)

    with local_service(fill=fill) as address:
        environment = {**os.environ, "PICWISH_BASE_URL": address}
        arguments = ["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]
        with subprocess.Popen(
            [sys.executable, ROOT / "gimp_bridge" / "__main__.py", *arguments],
            env=environment,
            stderr=subprocess.PIPE,
        ) as child:
            busy.wait(30)
            time.sleep(0.2)
            child.send_signal(signal.SIGINT)
            said = child.stderr.read().decode()
    assert child.returncode == 130
    (task_id,) = left_in_journal()
    assert said.startswith(f"Cancelled, but task {task_id} was already under way")


def test_a_python_without_the_packages_is_told_in_a_sentence():
    bare = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "gimp_bridge" / "__main__.py"), "recover"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert bare.returncode == 1
    assert bare.stderr.startswith("The package ")
    assert "pipx install" in bare.stderr
    assert len(bare.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("/home/ann/.local/bin/gimp-object-removal", "gimp-object-removal"),
        ("C:/Users/ann/gimp-object-removal.exe", "gimp-object-removal"),
        ("/src/gimp_bridge/__main__.py", f"{Path(sys.executable).name} -m gimp_bridge"),
    ],
)
def test_people_are_told_the_command_that_they_called(monkeypatch, capsys, program, command):
    monkeypatch.setattr(sys, "argv", [program])
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out.startswith(f"usage: {command} [-h]")
