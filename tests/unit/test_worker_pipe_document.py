"""GIMP's picture as a document: what is read ahead is what GIMP would say, and nothing else is."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from gimp_bridge import wire
from gimp_bridge.errors import DocumentRefused
from gimp_bridge.picture.geometry import Box
from gimp_bridge.worker.job import Job
from gimp_bridge.worker.pipe import STRIP_PX, Pipe
from gimp_bridge.worker.pipe_document import PipeDocument
from gimp_bridge.worker.removal import AHEAD_MARGIN_PX, likely_window

CANVAS = Box(0, 0, 3000, 2000)
JOB = Job(
    name="picture", canvas=CANVAS, layer=CANVAS, base="rgb", precision="u8-non-linear",
    own_colours=False, has_alpha=False, has_mask=False, sample="layer",
    selection=Box(1400, 900, 200, 160), service="picwish", extent="auto", grow_px=4, feather_px=2.0,
)  # fmt: skip
WINDOW = Box(1244, 722, 512, 512)


class Gimp(Pipe):
    """A pipe whose other end answers a read with bytes that tell their place, once it may."""

    def __init__(self, bytes_per_pixel=3, refuses=False):
        self.bytes_per_pixel = bytes_per_pixel
        self.refuses = refuses
        self.asked = []
        self.answered = 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def send(self, kind, fields=None, payload=b""):
        self.asked.append((kind, fields))

    def request(self, kind, fields=None, payload=b"", *, answer="done"):
        self.send(kind, fields)
        assert self.may_answer.wait(30)
        self.answered += 1
        if self.refuses:
            raise DocumentRefused("The image was closed.")
        if kind != "read":
            return wire.Frame(answer, {})
        return wire.Frame(answer, {}, self.pixels(Box(*(fields[n] for n in Box._fields))))

    def pixels(self, box):
        """Each pixel's place, as far as its bytes hold it."""
        rows, columns = np.mgrid[box.y : box.bottom, box.x : box.right]
        place = np.stack([columns, rows, columns >> 8, rows >> 8] * 4, axis=-1)
        return place[..., : self.bytes_per_pixel].astype(np.uint8).tobytes()


def ahead(document, job=JOB):
    return document.reading_ahead(likely_window(job))


def test_the_window_comes_from_what_was_read_ahead():
    gimp = Gimp()
    document = PipeDocument(gimp, JOB)
    with ahead(document):
        assert document.pixels(WINDOW).tobytes() == gimp.pixels(WINDOW)
    [(_kind, asked)] = gimp.asked
    assert (asked["what"], asked["format"], asked["own"]) == ("layer", "R'G'B' u8", False)
    assert asked["width"] <= 512 + 2 * AHEAD_MARGIN_PX
    assert asked["height"] <= 512 + 2 * AHEAD_MARGIN_PX


@pytest.mark.parametrize(
    ("precision", "has_alpha", "bytes_per_pixel", "shape"),
    [
        ("u8-non-linear", True, 4, (512, 512, 4)),
        ("u16-non-linear", False, 6, (512, 512, 3)),
        ("float-linear", True, 16, (512, 512, 4)),
    ],
)
def test_any_kind_of_pixel_is_cut_right(precision, has_alpha, bytes_per_pixel, shape):
    gimp = Gimp(bytes_per_pixel)
    document = PipeDocument(gimp, replace(JOB, precision=precision, has_alpha=has_alpha))
    with ahead(document):
        pixels = document.pixels(WINDOW)
    assert (pixels.shape, pixels.tobytes()) == (shape, gimp.pixels(WINDOW))
    assert len(gimp.asked) == 1


def test_it_is_asked_for_before_anybody_wants_it():
    gimp = Gimp()
    gimp.may_answer.clear()
    document = PipeDocument(gimp, JOB)
    with ahead(document):  # begins, though GIMP has not answered
        gimp.may_answer.set()
        assert document.pixels(WINDOW).tobytes() == gimp.pixels(WINDOW)


def test_the_answer_is_awaited_where_nobody_wants_it():
    gimp = Gimp()
    gimp.may_answer.clear()
    threading.Timer(0.2, gimp.may_answer.set).start()
    with pytest.raises(RuntimeError, match="refused"), ahead(PipeDocument(gimp, JOB)):
        raise RuntimeError("refused before anything was read")
    assert gimp.answered == 1


@pytest.mark.parametrize(
    ("box", "srgb"),
    [
        (Box(0, 0, 512, 512), False),
        (WINDOW.pad(AHEAD_MARGIN_PX + 1), False),
        (WINDOW, True),
    ],
    ids=["another place", "more of it", "other colours"],
)
def test_anything_else_is_read_by_gimp(box, srgb):
    gimp = Gimp()
    document = PipeDocument(gimp, replace(JOB, own_colours=True))
    with ahead(document):
        assert document.pixels(box, srgb=srgb).tobytes() == gimp.pixels(box)
    assert [asked["own"] for _kind, asked in gimp.asked] == [True, not srgb]


def test_it_answers_once_and_is_forgotten():
    gimp = Gimp()
    document = PipeDocument(gimp, JOB)
    with ahead(document):
        assert np.array_equal(document.pixels(WINDOW), document.pixels(WINDOW))
    assert len(gimp.asked) == 2


def test_a_refusal_is_told_where_the_pixels_are_wanted():
    document = PipeDocument(Gimp(refuses=True), JOB)
    with ahead(document), pytest.raises(DocumentRefused, match="closed"):
        document.pixels(WINDOW)


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
    with ahead(PipeDocument(gimp, job), job):
        pass
    assert gimp.asked == []


def test_a_large_selection_is_read_in_strips():
    gimp = Gimp(bytes_per_pixel=1)
    job = replace(JOB, selection=Box(100, 200, 2000, 1200))
    selected = PipeDocument(gimp, job).selection()
    assert (selected.box, selected.coverage.tobytes()) == (job.selection, gimp.pixels(selected.box))
    assert [asked["height"] for _kind, asked in gimp.asked] == [524, 524, 152]
    assert STRIP_PX >= 2000 * 524


def test_a_picture_of_a_batch_numbers_what_it_asks_and_asks_nobody():
    gimp = Gimp()
    document = PipeDocument(gimp, JOB, number=7)
    document.pixels(WINDOW)
    document.tell("Blending")
    document.tell("Blending", 0.5)  # nothing new
    assert document.ask("Send?", ["Send"]) is None
    assert [(kind, asked["job"]) for kind, asked in gimp.asked] == [("read", 7), ("progress", 7)]
