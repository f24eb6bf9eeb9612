"""The picture's address instead of its pixels: only where ticked and where nothing differs."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from PIL import Image

from tests.faults.elsewhere import Elsewhere
from tests.service_peer import KEY, png
from tests.worker.peer import Picture, flat_quadrants

WIDTH, HEIGHT = 700, 500


@pytest.fixture
def web():
    with Elsewhere() as server:
        server.files["/photo.png"] = png(flat_quadrants(WIDTH, HEIGHT)[..., :3])
        yield server


@pytest.fixture
def picture(web):
    """A picture opened from the web, an ellipse selected off its middle."""
    picture = Picture(flat_quadrants(WIDTH, HEIGHT))
    picture.address = f"{web.address}/photo.png"
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    picture.selection[((x - 320) / 20) ** 2 + ((y - 250) / 12) ** 2 <= 1] = 255
    return picture


class Service:
    """Notes the fields of each create request, and when a task is first asked for."""

    def __init__(self):
        self.creates = []
        self.polled = threading.Event()

    def __call__(self, request):
        if request.method == "POST":
            self.creates.append({**request.form, **request.files})
        else:
            self.polled.set()


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def worker(served, service):
    return served(observe=service)


def remove(peer, picture, **options):
    return peer.run(picture, service="picwish", **{"send-address": True, **options})


def what_went(service):
    """The names under which the picture went, request by request."""
    return [[name for name in fields if name.startswith("image")] for fields in service.creates]


def check_filled(peer, *, whole):
    """The server fills with the place in what it was sent, which is the whole or the window."""
    place, pixels, mask = peer.patch()
    rows, columns = np.nonzero(mask)
    assert (rows.size, place["x"] + columns.min(), place["y"] + rows.min()) == (749, 300, 238)
    x, y = (place["x"], place["y"]) if whole else (0, 0)
    assert place["width"] < WIDTH
    at = (rows[0], columns[0])
    expected = [(x + columns[0]) % 256, (y + rows[0]) % 256, 77, 255]
    assert pixels[at].tolist() == expected


def test_the_address_goes_instead_of_the_pixels(worker, service, picture, web):
    peer = worker()
    frame = remove(peer, picture)
    assert (frame.kind, frame.fields["message"]) == ("finished", None)
    assert what_went(service) == [["image_url"]]
    assert service.creates[0]["image_url"] == f"{web.address}/photo.png"
    check_filled(peer, whole=True)
    assert b"GET /photo.png" in web.received
    assert KEY.encode() not in web.received


def test_rectangles_then_count_from_the_picture_s_corner(worker, service, picture):
    picture.selection[:] = 0
    picture.selection[200:212, 300:316] = 255
    assert remove(worker(), picture).kind == "finished"
    assert what_went(service) == [["image_url"]]
    assert service.creates[0]["rectangles"] == '[{"x":300,"y":200,"width":16,"height":12}]'


def test_a_grown_selection_goes_as_a_mask_of_the_whole_picture(worker, service, picture):
    peer = worker()
    assert remove(peer, picture, grow=2).fields["message"] is None
    assert what_went(service) == [["image_url"]]
    assert "mask_file" in service.creates[0]
    place, pixels, mask = peer.patch()
    y, x = np.argwhere(mask)[0]
    assert pixels[y, x].tolist() == [(place["x"] + x) % 256, (place["y"] + y) % 256, 77, 255]


def test_without_the_tick_the_pixels_go_and_nothing_is_fetched(worker, service, picture, web):
    peer = worker()
    remove(peer, picture, **{"send-address": False})
    assert what_went(service) == [["image_file"]]
    check_filled(peer, whole=False)
    assert not web.received


def retouched(picture, web):
    picture.layer[40, 50, 1] += 3


def cropped(picture, web):
    web.files["/photo.png"] = png(flat_quadrants(WIDTH, HEIGHT)[1:, :, :3])


def moved(picture, web):
    picture.x, picture.width = 1, WIDTH + 1
    picture.selection = np.pad(picture.selection, ((0, 0), (0, 1)))


def half_transparent(picture, web):
    picture.layer[40, 50, 3] = 254


def turned_by_its_exif(picture, web):
    file = io.BytesIO()
    stored = Image.fromarray(np.ascontiguousarray(picture.layer[::-1, ::-1, :3]))
    exif = Image.Exif()
    exif[0x0112] = 3  # shown by half a turn
    stored.save(file, "PNG", exif=exif)
    web.files["/photo.png"] = file.getvalue()


def no_picture(picture, web):
    web.files["/photo.png"] = b"<html>Sign in</html>"


@pytest.mark.parametrize(
    "change", [retouched, cropped, moved, half_transparent, turned_by_its_exif, no_picture]
)
def test_what_differs_from_its_address_goes_as_pixels(worker, service, picture, web, change):
    change(picture, web)
    frame = remove(worker(), picture)
    assert frame.kind == "finished"
    assert "is not the same as at its address" in frame.fields["message"]
    assert what_went(service) == [["image_file"]]


def test_a_jpeg_may_differ_by_what_decoders_do(worker, service, picture, web):
    file = io.BytesIO()
    Image.fromarray(picture.layer[..., :3]).save(file, "JPEG", quality=95)
    web.files["/photo.png"] = file.getvalue()
    picture.layer[..., :3] = np.asarray(Image.open(file))
    picture.layer[::3, ::5, 2] ^= 2
    assert remove(worker(), picture).fields["message"] is None
    assert what_went(service) == [["image_url"]]


def test_an_address_that_is_gone_is_told_and_the_pixels_go(worker, service, picture, web):
    web.files.clear()
    frame = remove(worker(), picture)
    assert frame.kind == "finished"
    assert "could not be had from its address" in frame.fields["message"]
    assert what_went(service) == [["image_file"]]


def test_where_the_service_cannot_fetch_it_the_pixels_go(worker, service, picture, web):
    """Gone between our look and the service's."""
    read, files = [], web.files

    class Once(dict):
        def get(self, path):
            read.append(path)
            return files.get(path) if len(read) == 1 else None

    web.files = Once()
    peer = worker()
    frame = remove(peer, picture)
    assert frame.kind == "finished"
    assert "could not be had from its address" in frame.fields["message"]
    assert what_went(service) == [["image_url"], ["image_file"]]
    check_filled(peer, whole=False)


def test_a_lost_result_is_recovered_into_its_window(served, service, picture):
    worker = served(observe=service, task_seconds=1.0)
    lost = worker()
    lost.greet()
    job = picture.job(service="picwish", **{"send-address": True})
    lost.send("run", {"job": job})
    while not service.polled.is_set():
        lost.answer(lost.receive(), picture)
    lost.process.kill()
    lost.process.wait()
    peer = worker()
    peer.greet()
    frame = peer.request("recover", picture)
    assert (frame.kind, frame.fields["message"]) == ("finished", None)
    check_filled(peer, whole=True)
    assert len(service.creates) == 1


def test_the_preview_says_that_the_address_would_go(worker, picture):
    peer = worker()
    peer.greet()
    job = picture.job(service="picwish", **{"send-address": True})
    _, answer = peer.call("preview", {"job": job, "thumbnail": [64, 48]}, picture=picture)
    assert answer.fields["by_address"] is True
    job["options"]["send-address"] = False
    _, answer = peer.call("preview", {"job": job, "thumbnail": [64, 48]}, picture=picture)
    assert answer.fields["by_address"] is False
