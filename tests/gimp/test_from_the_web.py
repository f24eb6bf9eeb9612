"""A picture opened over HTTP by GIMP itself: its address goes only where ticked and unchanged."""

from __future__ import annotations

import pytest

from tests.faults.elsewhere import Elsewhere
from tests.gimp.conftest import start_gimp
from tests.gimp.gvfs import INSIDE, unpack_gvfs
from tests.service_peer import KEY, png, quadrants
from tools.private_debian.root import SUITES

OPEN_AND_REMOVE = """
import time

bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
place = ("org.gimp.GIMP.UI", "/org/gimp/GIMP/UI", "org.gimp.GIMP.UI")
bus.call_sync(*place, "Open", GLib.Variant("(s)", (url,)), None, 0, 20000, None)
def opened():
    files = [(image, image.get_imported_file()) for image in Gimp.get_images()]
    return [image for image, file in files if file is not None and file.get_uri() == url]

while not opened():
    time.sleep(0.1)
(image,) = opened()
(layer,) = image.get_layers()
tools.select(image, 300, 220, 16, 12)


def remove(ticked):
    before, seen_before = tools.fingerprint(image), tools.seen(image)
    status, values, error = tools.remove(image, [layer], service="picwish", send_address=ticked)
    after, seen_after = tools.fingerprint(image), tools.seen(image)
    added = after["layers"].pop(0)
    pixels = tools.read(values[0])
    wide = added["size"][0]
    left, top = 300 - added["offsets"][0], 220 - added["offsets"][1]
    image.remove_layer(values[0])
    return {
        "status": [status, error],
        "changed": [key for key in before if before[key] != after[key]],
        "differing": tools.count_different(seen_before, seen_after, 640, (300, 220, 16, 12)),
        "corner": [left, top],
        "first": list(pixels[4 * (wide * top + left):][:4]),
    }


result = [remove(False), remove(True)]
buffer = layer.get_buffer()
buffer.set(Gegl.Rectangle.new(5, 5, 1, 1), "R'G'B' u8", bytes((9, 9, 9)))
buffer.flush()
result.append(remove(True))
image.clean_all()
"""


@pytest.fixture(scope="module")
def web():
    with Elsewhere() as server:
        yield server


@pytest.fixture(scope="module", params=SUITES, ids=[f"gimp-{v}" for v in SUITES.values()])
def gimp(request, tmp_path_factory, service):
    """A GIMP that can open web addresses."""

    def with_gvfs(root):
        folder = tmp_path_factory.mktemp("gvfs")
        try:
            return {folder: INSIDE}, unpack_gvfs(root, folder)
        except OSError as error:
            pytest.skip(str(error))

    session = start_gimp(request.param, tmp_path_factory, service, with_gvfs)
    yield session
    session.close()


def test_the_address_goes_only_if_ticked_and_unchanged(gimp, service, web):
    web.files["/photo.png"] = png(quadrants(640, 480))
    results = gimp.run(OPEN_AND_REMOVE, url=f"{web.address}/photo.png")
    # Not ticked; ticked; ticked, but one pixel was retouched before.
    assert [fields[0] for fields in service.sent[-3:]] == ["image_file", "image_url", "image_file"]
    for result, whole in zip(results, (False, True, False), strict=True):
        left, top = (300, 220) if whole else result["corner"]
        assert result["status"] == ["success", ""]
        assert result["first"] == [left % 256, top % 256, 77, 255]
        assert result["differing"] == [0, 16 * 12]
        assert result["changed"] == []
    assert KEY.encode() not in web.received
