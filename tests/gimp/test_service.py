"""Removals in a real GIMP by the service, over real HTTP to the local server."""

from __future__ import annotations

import subprocess

from tests.service_peer import KEY

# The server's fill writes (column, row, 77) of the window it was sent, each modulo 256, into each
# removed pixel.
REMOVE = """
image = tools.new_image(700, 500)
layer = tools.add_layer(image, "photo", 640, 480, 31, -12, pixels=tools.flat_quadrants(640, 480))
tools.select(image, 300, 220, 16, 12)
before, seen_before = tools.fingerprint(image), tools.seen(image)
status, values, error = tools.remove(image, [layer], service=service)
after, seen_after = tools.fingerprint(image), tools.seen(image)
added = after["layers"].pop(0)
pixels = tools.read(image.get_layers()[0])
left, top = 300 - added["offsets"][0], 220 - added["offsets"][1]
wide = added["size"][0]
result = {
    "status": (status, error),
    "changed": [key for key in before if before[key] != after[key]],
    "differing": tools.count_different(seen_before, seen_after, 700, (300, 220, 16, 12)),
    "corner": [left, top],
    "filled": [list(pixels[4 * (wide * (top + y) + left + x):][:4]) for x, y in ((0, 0), (15, 11))],
}
image.delete()
"""


def test_the_answer_lands_where_it_belongs(gimp):
    result = gimp.run(REMOVE, service="picwish")
    left, top = result["corner"]
    assert result["status"] == ["success", ""]
    assert result["filled"] == [
        [left % 256, top % 256, 77, 255],
        [(left + 15) % 256, (top + 11) % 256, 77, 255],
    ]
    assert result["differing"] == [0, 16 * 12]
    assert result["changed"] == []


def test_automatic_is_the_service_where_a_key_is_known(gimp):
    result = gimp.run(REMOVE, service="auto")
    assert [pixel[2] for pixel in result["filled"]] == [77, 77]


def test_the_key_is_in_no_file_and_no_command_line(gimp):
    gimp.run(REMOVE, service="picwish")
    found = subprocess.run(["grep", "-rlF", KEY, str(gimp.home)], capture_output=True, text=True)
    assert found.stdout == ""
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert KEY not in processes.stdout.replace(f"PICWISH_API_KEY={KEY}", "")
