"""Images in other colours than sRGB: the repair is in the image's own, nothing is clipped."""

from __future__ import annotations

import numpy as np
import pytest

# Adobe RGB's pure green lies far outside sRGB; every pixel but the selection's is that green.
GREEN = """
image = tools.new_image(160, 120, "RGB", precision)
image.set_color_profile(Gimp.ColorProfile.new_rgb_adobe())
layer = tools.add_layer(image, "photo", 160, 120)
own = tools.own_format(layer)
pixels = bytearray(bytes((0, 255, 0, 255)) * (160 * 120))
if object_there:
    for row in range(50, 60):
        pixels[4 * (160 * row + 70):4 * (160 * row + 82)] = bytes((200, 30, 90, 255)) * 12
tools.write(layer, bytes(pixels), own)
tools.select(image, 70, 50, 12, 10)
seen_before = tools.seen(image)
status, values, error = tools.remove(image, [layer], service=service)
outside, inside = tools.count_different(seen_before, tools.seen(image), 160, (70, 50, 12, 10))
added = values[0]
_, x, y = added.get_offsets()
at = 4 * ((55 - y) * added.get_width() + 75 - x)
result = [status, error, outside, list(tools.read(added, own)[at:at + 4])]
image.delete()
"""


@pytest.mark.parametrize("precision", ["U8_NON_LINEAR", "U16_LINEAR", "FLOAT_LINEAR"])
def test_the_engine_works_in_the_images_own_colours(gimp, precision):
    result = gimp.run(GREEN, precision=precision, service="this-computer", object_there=True)
    assert result == ["success", "", 0, [0, 255, 0, 255]]


@pytest.mark.parametrize("precision", ["U8_NON_LINEAR", "U16_LINEAR"])
def test_a_services_srgb_answer_is_fitted_to_the_images_own_colours(gimp, service, precision):
    # The service gives back the true background, as far as sRGB can hold it.
    with service.filling(lambda image, mask, **_: np.broadcast_to(image[0, 0], image.shape)):
        result = gimp.run(GREEN, precision=precision, service="picwish", object_there=True)
    status, error, outside, colour = result
    assert [status, error, outside] == ["success", "", 0]
    assert np.abs(np.subtract(colour, [0, 255, 0, 255])).max() <= 1
