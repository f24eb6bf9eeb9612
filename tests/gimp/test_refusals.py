"""Runs that cannot be: one clear sentence, and an image in which nothing at all has changed."""

from __future__ import annotations

import pytest

REFUSED = """
image = tools.new_image(300, 200)
layer = tools.add_layer(image, "photo", 200, 150, 50, 20)
{prepare}
image.clean_all()
before = tools.fingerprint(image)
status, values, error = tools.remove(image, drawables, **options)
result = {{
    "status": status,
    "error": error,
    "changed": [key for key, value in tools.fingerprint(image).items() if before[key] != value],
    "undo steps": image.is_dirty(),
}}
image.delete()
"""

CASES = {
    "nothing selected": (
        "drawables = [layer]",
        {},
        "Nothing is selected",
    ),
    "selected beside the layer": (
        "tools.select(image, 5, 5, 20, 10); drawables = [layer]",
        {},
        "outside the layer",
    ),
    "nearly all of the layer": (
        "tools.select(image, 50, 20, 200, 143); drawables = [layer]",
        {},
        "95.3 %",
    ),
    "only the selection is to be used": (
        "tools.select(image, 90, 60, 30, 30); drawables = [layer]",
        {"extent": "selection"},
        "100 %",
    ),
    "a layer too large to be sent whole": (
        "drawables = [tools.add_layer(image, 'wide', 5000, 10, 50, 20)]\n"
        "tools.select(image, 90, 22, 9, 3)",
        {"extent": "layer", "service": "picwish"},
        "4096",
    ),
    "two layers chosen": (
        "drawables = [layer, tools.add_layer(image, 'b', 9, 9)]; tools.select(image, 60, 60, 9, 9)",
        {},
        "Several layers",
    ),
    "a channel is active": (
        "tools.select(image, 60, 60, 9, 9)\n"
        "drawables = [Gimp.Channel.new(image, 'c', 300, 200, 50, Gegl.Color.new('red'))]\n"
        "image.insert_channel(drawables[0], None, 0)",
        {},
        "channel or mask",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_says_why_and_changes_nothing(gimp, case):
    prepare, options, sentence = CASES[case]
    result = gimp.run(REFUSED.format(prepare=prepare), options=options)
    assert result["status"] in ("execution-error", "calling-error")
    assert sentence in result["error"]
    assert result["changed"] == []
    assert not result["undo steps"]
