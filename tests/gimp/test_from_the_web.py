"""A picture opened over HTTP by GIMP itself: its address goes only where ticked and unchanged."""

from __future__ import annotations

import pytest

from gimp_bridge.installer.debian_root import SUITES
from tests.faults.elsewhere import Elsewhere
from tests.gimp.conftest import start_gimp
from tests.gimp.gvfs import INSIDE, unpack_gvfs
from tests.service_peer import KEY, png, quadrants

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
if retouched:
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(5, 5, 1, 1), "R'G'B' u8", bytes((9, 9, 9)))
    buffer.flush()
before, seen_before = tools.fingerprint(image), tools.seen(image)
status, values, error = tools.remove(image, [layer], service="picwish", send_address=ticked)
after, seen_after = tools.fingerprint(image), tools.seen(image)
added = after["layers"].pop(0)
pixels = tools.read(image.get_layers()[0])
wide = added["size"][0]
left, top = 300 - added["offsets"][0], 220 - added["offsets"][1]
result = {
    "status": [status, error],
    "changed": [key for key in before if before[key] != after[key]],
    "differing": tools.count_different(seen_before, seen_after, 640, (300, 220, 16, 12)),
    "corner": [left, top],
    "first": list(pixels[4 * (wide * top + left):][:4]),
}
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


@pytest.mark.parametrize(
    ("ticked", "retouched", "sent"),
    [
        (True, False, "image_url"),
        (True, True, "image_file"),
        (False, False, "image_file"),
    ],
    ids=["ticked", "ticked but retouched", "not ticked"],
)
def test_the_address_goes_only_if_ticked_and_unchanged(gimp, service, web, ticked, retouched, sent):
    # A name of its own for each: GIMP and gvfs may keep what they have read.
    name = f"/photo-{ticked}-{retouched}-{gimp.version}.png"
    web.files[name] = png(quadrants(640, 480))
    result = gimp.run(OPEN_AND_REMOVE, url=web.address + name, ticked=ticked, retouched=retouched)
    assert result["status"] == ["success", ""]
    assert service.sent[-1] == [sent, "rectangles", "return_type", "sync"]
    left, top = (300, 220) if sent == "image_url" else result["corner"]
    assert result["first"] == [left % 256, top % 256, 77, 255]
    assert result["differing"] == [0, 16 * 12]
    assert result["changed"] == []
    assert KEY.encode() not in web.received
