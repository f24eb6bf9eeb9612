"""kill -9 of the plug-in and of the worker at twenty moments of a run, in a real GIMP.

After each, recovery brings every task whose id had reached the machine into a layer, and no run
is billed twice.  What was in flight, its id not yet here, is told as "may have been billed".
"""

from __future__ import annotations

import pytest

MOMENTS_MS = [90 * number for number in range(20)]

RUN = """
import threading

image = tools.new_image(500, 400)
layer = tools.add_layer(image, "photo", 480, 390, 11, 7, pixels=tools.flat_quadrants(480, 390))
tools.select(image, 200, 150, 16, 12)
killer = threading.Thread(target=tools.kill, args=(victim,), kwargs={"after_s": moment_ms / 1000})
killer.start()
status, values, error = tools.remove(image, [layer], service="picwish")
killer.join()
layers = len(image.get_layers()) - 1
while True:
    recovered, _, words = tools.call(
        "plug-in-object-removal-recover",
        run_mode=Gimp.RunMode.NONINTERACTIVE, image=image, drawables=[layer],
    )
    if recovered != "success":
        break
result = {"layers": [layers, len(image.get_layers()) - 1], "status": status, "words": words}
image.delete()
"""


@pytest.mark.parametrize("moment_ms", MOMENTS_MS)
def test_nothing_is_lost_and_nothing_billed_twice(gimp, service, moment_ms):
    victim = "plug-in" if moment_ms // 90 % 2 else "worker"
    billed = service.tasks
    result = gimp.run(RUN, victim=victim, moment_ms=moment_ms)
    before, after = result["layers"]
    maybe_billed = "may have been done and billed" in result["words"]
    assert service.tasks - billed <= 1
    # Killed between the insertion and its acknowledgement, a result may come a second time.
    assert after + maybe_billed >= service.tasks - billed
    assert after >= before
    if not maybe_billed:
        assert result["words"].startswith("There is nothing to recover")
