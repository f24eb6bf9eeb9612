"""Images in every kind of colours: the repair is in the image's own, and what is sent is sRGB."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from tests.gimp import profiles

# A flat photograph of ``own`` (8-bit, in the image's colours) with an object of another colour.
REMOVE = """
import base64
image = tools.new_image(64, 56, base, precision)
if profile:
    icc = base64.b64decode(profile)
    image.set_color_profile(Gimp.ColorProfile.new_from_icc_profile(icc))
layer = tools.add_layer(image, "photo", 64, 56, kind=base + "_IMAGE")
form = tools.own_format(layer)
pixels = bytearray(bytes((*own, 255)) * (64 * 56))
for row in range(20, 28):
    pixels[4 * (64 * row + 30):4 * (64 * row + 40)] = bytes((*object, 255)) * 10
tools.write(layer, bytes(pixels), form)
tools.select(image, 30, 20, 10, 8)
display = tools.show(image) if undo else None
spot, before, seen = (30, 20, 10, 8), tools.fingerprint(image), tools.seen(image)
status, values, error = tools.remove(image, [layer], service=service)
result = {"status": [status, error]}
if status == "success":
    added = values[0]
    _, x, y = added.get_offsets()
    at = (23 - y) * added.get_width() + 34 - x
    srgb = tools.read(added)[4 * at:4 * at + 3]
    result |= {
        "outside": tools.count_different(
            seen, tools.seen(image), 64, spot, tools.rounding(image))[0],
        "own": list(tools.read(added, form)[4 * at:4 * at + 3]),
        "own around": list(tools.read(layer, form)[:3]),
        "srgb": list(srgb),
        "around": list(tools.read(layer)[:3]),
    }
    added = None
if undo:
    result["undone"] = tools.undo(image, lambda: len(image.get_layers()) == 1)
    result["changed"] = tools.differing(before, tools.fingerprint(image))
    display.delete()
else:
    image.delete()
"""

RGB_PRECISIONS = [
    ["U8_NON_LINEAR", "U16_LINEAR", "FLOAT_PERCEPTUAL"],
    ["U8_LINEAR", "U16_NON_LINEAR", "HALF_LINEAR"],
    ["U8_PERCEPTUAL", "U16_PERCEPTUAL", "FLOAT_LINEAR"],
]
CASES = [
    (name, precision)
    for number, name in enumerate(profiles.RGB)
    for precision in RGB_PRECISIONS[number % 3]
]
# A phone's and a camera's photograph, and a render, come in all of them.
CASES += [
    (name, precision)
    for name in ("Display P3", "linear sRGB")
    for precisions in RGB_PRECISIONS
    for precision in precisions
    if (name, precision) not in CASES
]
CASES += [("gray 2.2", precision) for precision in ("U8_NON_LINEAR", "U16_LINEAR", "FLOAT_LINEAR")]


def run(gimp, name, precision, service, own=(70, 130, 40), undo=False):
    gray = name == "gray 2.2"
    icc = profiles.gray_profile(2.2) if gray else profiles.rgb_profile(name)
    return gimp.run(
        REMOVE,
        base="GRAY" if gray else "RGB",
        precision=precision,
        profile=base64.b64encode(icc).decode(),
        own=(own[1],) * 3 if gray else own,
        object=(200, 200, 200) if gray else (200, 30, 90),
        service=service,
        undo=undo,
    )


def check(result):
    assert result["status"] == ["success", ""]
    assert result["outside"] == 0
    assert result.get("undone", True)
    assert result.get("changed", []) == []


@pytest.mark.parametrize(("name", "precision"), CASES, ids=["-".join(case) for case in CASES])
def test_this_computer_works_in_the_images_own_colours(gimp, name, precision):
    result = run(gimp, name, precision, "this-computer")
    check(result)
    if name == "gray 2.2":
        assert np.ptp(result["srgb"] + result["around"]) <= 1
    else:
        assert result["own"] == result["own around"]


@pytest.mark.parametrize(("name", "precision"), CASES, ids=["-".join(case) for case in CASES])
def test_a_service_gets_srgb_and_its_srgb_is_put_into_the_images_colours(
    gimp, service, name, precision
):
    sent = []

    def fill(image, mask, **_options):
        sent.append(image[0, 0].tolist())
        return np.where(mask[..., None] > 0, np.array((96, 120, 84), np.uint8), image)

    with service.filling(fill):
        # Inside sRGB in every profile, or what is sent would be another colour than what is there.
        result = run(gimp, name, precision, "picwish", own=(110, 125, 100))
    check(result)
    assert sent == [result["around"]]
    # A gray image has no colour.  In linear light half a level of the bright surroundings is more
    # than a level of the darker answer, and eight linear bits are coarse in the dark.
    wanted = (result["srgb"][0],) * 3 if name == "gray 2.2" else (96, 120, 84)
    linear = profiles.RGB.get(name, (0, 0, 0))[2] == 1.0
    tolerance = 3 if linear and precision.startswith("U8") else 2 if linear else 1
    assert np.abs(np.subtract(result["srgb"], wanted)).max() <= tolerance


@pytest.mark.parametrize("precision", ["U16_LINEAR", "FLOAT_LINEAR"])
@pytest.mark.parametrize("service_of", ["this-computer", "picwish"])
def test_the_dark_of_a_deep_linear_image_is_not_coarse(gimp, service, precision, service_of):
    with service.filling(lambda image, mask, **_: np.broadcast_to(image[0, 0], image.shape)):
        result = run(gimp, "linear P3", precision, service_of, own=(3, 2, 1))
    check(result)
    assert np.abs(np.subtract(result["srgb"], result["around"])).max() <= 1


# Adobe RGB's pure green lies far outside sRGB.
@pytest.mark.parametrize("precision", ["U8_NON_LINEAR", "U16_LINEAR", "FLOAT_LINEAR"])
@pytest.mark.parametrize("service_of", ["this-computer", "picwish"])
def test_colours_outside_srgb_are_kept(gimp, service, precision, service_of):
    # The service gives back the true background, as far as sRGB can hold it.
    with service.filling(lambda image, mask, **_: np.broadcast_to(image[0, 0], image.shape)):
        result = run(gimp, "Adobe RGB", precision, service_of, own=(0, 255, 0), undo=True)
    check(result)
    assert np.abs(np.subtract(result["own"], (0, 255, 0))).max() <= (service_of == "picwish")
