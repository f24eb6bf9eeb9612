"""A paid result that never arrived, brought back in a real GIMP."""

from __future__ import annotations

import shutil

import pytest

# Killed as soon as the task has been asked for: its id has then reached the machine.
LOSE = """
import threading

image = tools.new_image(500, 400)
layer = tools.add_layer(image, "photo", 480, 390, 11, 7, pixels=tools.flat_quadrants(480, 390))
tools.select(image, 200, 150, 16, 12)
image.clean_all()
before = tools.fingerprint(image)
killer = threading.Thread(target=tools.kill, args=(victim, "polled"))
killer.start()
lost = tools.remove(image, [layer], service="picwish")
killer.join()
untouched = tools.fingerprint(image) == before and not image.is_dirty()
recovered = []
while len(recovered) < 2:
    status, values, error = tools.call(
        "plug-in-object-removal-recover",
        run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=[layer],
    )
    recovered.append([status, error])
added = image.get_layers()[0]
_, x, y = added.get_offsets()
at = 4 * ((150 - y) * added.get_width() + 200 - x)
result = {
    "lost": lost[0],
    "words": lost[2],
    "untouched": untouched,
    "recovered": recovered,
    "layers": [each.get_name() for each in image.get_layers()],
    "filled": [(200 - x) % 256, (150 - y) % 256] == list(tools.read(added)[at:at + 2]),
}
image.delete()
"""


@pytest.mark.parametrize("victim", ["worker", "plug-in"])
def test_what_was_paid_survives_a_kill(gimp, service, victim):
    (gimp.home / "polled").unlink(missing_ok=True)
    # What other tests have paid for and left would be taken first.
    shutil.rmtree(gimp.home / ".local/share/gimp-object-removal/journal", ignore_errors=True)
    billed = service.tasks
    with service.on_poll((gimp.home / "polled").touch):
        result = gimp.run(LOSE, victim=victim)
    assert result["untouched"]
    assert result["lost"] != "success"
    if victim == "worker":
        assert "Recover Last Result" in result["words"]
    assert result["recovered"][0] == ["success", ""]
    assert result["recovered"][1][1].startswith("There is nothing to recover")
    assert result["layers"] == ["Object removed (recovered)", "photo"]
    assert result["filled"]
    assert service.tasks == billed + 1


ACTIVE = """
image = tools.new_image(60, 50)
layer = tools.add_layer(image, "photo", 60, 50)
mask = layer.create_mask(Gimp.AddMaskType.WHITE)
layer.add_mask(mask)
channel = Gimp.Channel.new(image, "marks", 60, 50, 50, Gegl.Color.new("red"))
image.insert_channel(channel, None, 0)
result = []
for active in (mask, channel):
    status, values, error = tools.call(
        "plug-in-object-removal-recover",
        run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=[active],
    )
    result.append([status, error])
image.delete()
"""


def test_an_active_mask_is_its_layers_and_a_channel_is_refused(gimp):
    shutil.rmtree(gimp.home / ".local/share/gimp-object-removal/journal", ignore_errors=True)
    (of_mask, said), (of_channel, refused) = gimp.run(ACTIVE)
    assert (of_mask, of_channel) == ("execution-error", "execution-error")
    assert said.startswith("There is nothing to recover")
    assert refused == "A channel or mask is active. Click the layer itself, then try again."
