"""Every procedure has its icon: GIMP refuses to register one whose icon's file is missing."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "plugin" / "object-removal"
NAMES = re.findall(
    r'^[A-Z]+ = "(plug-in-[a-z-]+)"$',
    (FOLDER / "object_removal" / "names.py").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_procedures_were_found():
    assert "plug-in-object-removal" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_icon_is_a_picture_of_a_menu_icons_size(name):
    root = ElementTree.parse(FOLDER / "icons" / f"{name}.svg").getroot()
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("16", "16", "0 0 16 16")
