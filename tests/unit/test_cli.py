"""The commands as a person calls them: what they write, say and leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gimp_bridge.cli import main
from gimp_bridge.server import create_app, running
from gimp_bridge.service.journal import Journal
from gimp_bridge.settings import journal_folder
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
            "out.xyz cannot be written: unknown file extension: .xyz.",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_1(service, arguments, sentence, capsys):
    Path("black.png").write_bytes(png(hole() * 0))
    Path("turned.png").write_bytes(png(hole().T.copy()))
    assert main(["remove", "-o", "out.png", *arguments]) == 1
    assert capsys.readouterr().err == sentence + "\n"


def test_a_result_that_could_not_be_written_is_kept_and_recovered(service, capsys):
    arguments = ["remove", "photo.png", "--mask", "mask.png", "-o"]
    assert main([*arguments, "out.xyz"]) == 1
    (task_id,) = left_in_journal()
    assert main(["recover", "-o", "found"]) == 0
    assert [path.name for path in Path("found").iterdir()] == [f"removal-{task_id}.png"]
    assert left_in_journal() == []


def test_a_folder_that_does_not_exist_is_one_sentence(service, capsys):
    arguments = ["remove", "photo.png", "--mask", "mask.png", "--raw", "-o", "no/where.png"]
    assert main(arguments) == 1
    assert capsys.readouterr().err == "no/where.png: No such file or directory.\n"
    assert len(left_in_journal()) == 1


def test_a_second_run_uses_what_was_paid_for(service, capsys):
    arguments = ["remove", "photo.png", "--mask", "mask.png", "-o"]
    main([*arguments, "out.xyz"])
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


def test_without_a_key_the_way_out_is_named(here, monkeypatch, capsys):
    monkeypatch.delenv("PICWISH_API_KEY")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    assert main(["remove", "photo.png", "--mask", "mask.png", "-o", "out.png"]) == 1
    assert "needs a key" in capsys.readouterr().err


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
