"""A service that answers with no repair, and a hole of more than half, in a real GIMP."""

from __future__ import annotations

import shutil

import pytest

from tests.service_peer import place_fill

# A dark object in one of the quadrants, selected with some room.
RUN = """
image = tools.new_image(500, 400)
pixels = bytearray(tools.flat_quadrants(480, 390))
for y in range(140, 156):
    for x in range(180, 204):
        pixels[4 * (480 * y + x):4 * (480 * y + x) + 3] = bytes((10, 20, 30))
layer = tools.add_layer(image, "photo", 480, 390, 11, 7, pixels=bytes(pixels))
tools.select(image, 187, 143, 32, 24)
image.clean_all()
before = tools.fingerprint(image)
refused = [tools.remove(image, [layer], service="picwish")[::2] for _ in "12"]
untouched = tools.fingerprint(image) == before and not image.is_dirty()
recovered = tools.call(
    "plug-in-object-removal-recover",
    run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=[layer],
)

def middle():
    added = image.get_layers()[0]
    _, x, y = added.get_offsets()
    at = 4 * (added.get_width() * (155 - y) + 203 - x)
    return added.get_name(), list(tools.read(added)[at:at + 4])

brought = middle()
image.remove_layer(image.get_layers()[0])
again = tools.remove(image, [layer], service="picwish")
result = {
    "refused": refused, "untouched": untouched, "recovered": recovered[0],
    "brought": brought, "again": again[0], "repaired": middle(),
}
image.delete()
"""


def test_what_was_sent_is_refused_kept_and_not_paid_for_again_unasked(gimp, service):
    # What other tests have paid for and left would be taken first.
    shutil.rmtree(gimp.home / ".local/share/gimp-object-removal/journal", ignore_errors=True)
    billed, sent = service.tasks, []

    def fill(image, mask, **options):
        sent.append(image)
        return image if len(sent) == 1 else place_fill(image, mask)

    with service.filling(fill):
        result = gimp.run(RUN)
    (status, first), (_, second) = result["refused"]
    assert status == "execution-error"
    assert first.startswith("The service answered with what was sent")
    for told in ("may have billed", "kept for an hour", "Recover Last Result", "This computer"):
        assert told in first
    assert "Nothing was sent now" in second
    assert result["untouched"]
    assert result["recovered"] == "success"
    assert result["brought"] == ["Object removed (recovered)", [10, 20, 30, 255]]
    assert result["again"] == "success"
    assert result["repaired"][0] == "Object removed"
    assert result["repaired"][1][2] == 77
    assert service.tasks == billed + 2


HALF = """
image = tools.new_image(120, 100)
layer = tools.add_layer(image, "photo", 120, 100)
tools.select(image, 0, 0, 72, 100)
status, values, error = tools.remove(image, [layer], service=service, extent="layer")
added = [each for each in image.get_layers()][:-1]
result = [status, error, [[each.get_width(), each.get_height()] for each in added]]
image.delete()
"""


@pytest.mark.parametrize("chosen", ["this-computer", "picwish"])
def test_more_than_half_is_for_this_computer_alone(gimp, service, chosen):
    billed = service.tasks
    status, error, added = gimp.run(HALF, service=chosen)
    if chosen == "this-computer":
        assert (status, len(added)) == ("success", 1)
    else:
        assert (status, added) == ("execution-error", [])
        assert "60 %" in error
        assert "50 %" in error
    assert service.tasks == billed
