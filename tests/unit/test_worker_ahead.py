"""What is read ahead answers the removal as GIMP would, to the byte, and nothing else does."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from gimp_bridge import wire
from gimp_bridge.errors import HostRefused
from gimp_bridge.picture.geometry import Box
from gimp_bridge.worker.ahead import MARGIN_PX, reading_ahead
from gimp_bridge.worker.host import Host, read
from gimp_bridge.worker.job import Job

CANVAS = Box(0, 0, 3000, 2000)
JOB = Job(
    name="picture", canvas=CANVAS, layer=CANVAS, base="rgb", precision="u8-non-linear",
    own_colours=False, has_alpha=False, has_mask=False, sample="layer",
    selection=Box(1400, 900, 200, 160), service="picwish", extent="auto", grow_px=4, feather_px=2.0,
)  # fmt: skip
WINDOW = Box(1244, 722, 512, 512)


class Gimp(Host):
    """Answers a read with bytes that tell their place, once it may."""

    def __init__(self, bytes_per_pixel=3, refuses=False):
        self.bytes_per_pixel = bytes_per_pixel
        self.refuses = refuses
        self.asked = []
        self.answered = 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def request(self, kind, fields=None, payload=b"", *, answer="done"):
        self.asked.append((kind, fields))
        assert self.may_answer.wait(60)
        self.answered += 1
        if self.refuses:
            raise HostRefused("The image was closed.")
        if kind != "read":
            return wire.Frame(answer, {})
        return wire.Frame(answer, {}, self.pixels(Box(*(fields[n] for n in Box._fields))))

    def pixels(self, box):
        """Each pixel's place, as far as its bytes hold it."""
        rows, columns = np.mgrid[box.y : box.bottom, box.x : box.right]
        place = np.stack([columns, rows, columns >> 8, rows >> 8] * 4, axis=-1)
        return place[..., : self.bytes_per_pixel].astype(np.uint8).tobytes()


def wanted(host, box=WINDOW, what="layer", form="R'G'B' u8", *, own=False):
    return bytes(read(host, what, form, box._asdict(), own=own))


def test_the_window_comes_from_what_was_read_ahead():
    gimp = Gimp()
    with reading_ahead(gimp, JOB) as host:
        assert wanted(host) == gimp.pixels(WINDOW)
    [(_kind, ahead)] = gimp.asked
    assert (ahead["what"], ahead["format"], ahead["own"]) == ("layer", "R'G'B' u8", False)
    assert ahead["width"] <= 512 + 2 * MARGIN_PX
    assert ahead["height"] <= 512 + 2 * MARGIN_PX


@pytest.mark.parametrize(
    ("precision", "has_alpha", "bytes_per_pixel"),
    [("u8-non-linear", True, 4), ("u16-non-linear", False, 6), ("float-linear", True, 16)],
)
def test_any_kind_of_pixel_is_cut_right(precision, has_alpha, bytes_per_pixel):
    gimp = Gimp(bytes_per_pixel)
    job = replace(JOB, precision=precision, has_alpha=has_alpha)
    with reading_ahead(gimp, job) as host:
        assert wanted(host, form=job.read_format) == gimp.pixels(WINDOW)
    assert len(gimp.asked) == 1


def test_it_is_asked_for_before_anybody_wants_it():
    gimp = Gimp()
    gimp.may_answer.clear()
    with reading_ahead(gimp, JOB) as host:  # begins, though GIMP has not answered
        gimp.may_answer.set()
        assert wanted(host) == gimp.pixels(WINDOW)


def test_the_answer_is_awaited_where_nobody_wants_it():
    gimp = Gimp()
    gimp.may_answer.clear()
    threading.Timer(0.2, gimp.may_answer.set).start()
    with pytest.raises(RuntimeError, match="refused"), reading_ahead(gimp, JOB):
        raise RuntimeError("refused before anything was read")
    assert gimp.answered == 1


@pytest.mark.parametrize(
    "other",
    [
        {"box": Box(0, 0, 512, 512)},
        {"box": WINDOW.pad(MARGIN_PX + 1)},
        {"what": "visible"},
        {"form": "R'G'B'A u8"},
        {"own": True},
    ],
)
def test_anything_else_is_read_by_gimp(other):
    gimp = Gimp()
    with reading_ahead(gimp, JOB) as host:
        wanted(host, **other)
    assert len(gimp.asked) == 2


def test_it_answers_once_and_is_forgotten():
    gimp = Gimp()
    with reading_ahead(gimp, JOB) as host:
        assert wanted(host) == wanted(host)
    assert len(gimp.asked) == 2


def test_other_wishes_are_gimps():
    gimp = Gimp()
    with reading_ahead(gimp, JOB) as host:
        wanted(host)
        assert host.request("insert", {"on_top": False}).kind == "done"
    assert gimp.asked[-1] == ("insert", {"on_top": False})


def test_a_refusal_is_told_where_the_pixels_are_wanted():
    with reading_ahead(Gimp(refuses=True), JOB) as host, pytest.raises(HostRefused, match="closed"):
        wanted(host)


@pytest.mark.parametrize(
    "job",
    [
        replace(JOB, extent="layer"),
        replace(JOB, selection=Box(4000, 3000, 10, 10)),
        replace(JOB, layer=Box(0, 0, 9000, 9000), selection=Box(10, 10, 8000, 50)),
    ],
    ids=["exactly the layer", "outside the layer", "more than one window"],
)
def test_nothing_is_read_where_the_window_is_not_known(job):
    gimp = Gimp()
    with reading_ahead(gimp, job) as host:
        assert host is gimp
    assert gimp.asked == []
