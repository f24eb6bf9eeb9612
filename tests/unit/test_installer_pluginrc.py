"""Our entry in GIMP's cache of registrations: seen, and taken out without touching the rest."""

import pytest

from gimp_bridge.installer import pluginrc

BEFORE = (
    '(file-version 1)\n(plug-in-def "${gimp_dir}/plug-ins/other/other.py" 17\n    (proc-def "a"))\n'
)
OURS = (
    '(plug-in-def "${gimp_dir}/plug-ins/object-removal/object-removal.py" 1795386480\n'
    '    (proc-def "plug-in-object-removal" 1\n'
    '        "a \\"quoted) bracket\\" and ("\n'
    '        (menu-path "<Image>/Filters/Object Removal")))\n'
)
AFTER = '(plug-in-def "/usr/lib/gimp/3.0/plug-ins/zoom/zoom" 18)\n'


def test_only_our_entry_is_taken_out():
    assert pluginrc.without_entry(BEFORE + OURS + AFTER) == BEFORE + AFTER


def test_an_entry_with_windows_separators_is_ours():
    ours = OURS.replace("plug-ins/object-removal/", "plug-ins\\\\object-removal\\\\")
    assert pluginrc.without_entry(BEFORE + ours + AFTER) == BEFORE + AFTER


def test_a_file_without_our_entry_stays_as_it_is():
    assert pluginrc.without_entry(BEFORE + AFTER) == BEFORE + AFTER


def test_an_entry_that_never_ends_goes_with_all_after_it():
    assert pluginrc.without_entry(BEFORE + OURS.rstrip(")\n")) == BEFORE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        (BEFORE + AFTER, None),
        (BEFORE + OURS + AFTER, True),
        (OURS.split("\n", 1)[0] + ")\n" + BEFORE, False),
    ],
)
def test_whether_gimp_knows_our_procedures(tmp_path, text, expected):
    if text is not None:
        (tmp_path / "pluginrc").write_text(text)
    assert pluginrc.registered(tmp_path) is expected


def test_icons_that_are_no_text_survive(tmp_path):
    icon = b'(icon pixbuf 4 "\x89PNG\xff")\n'
    (tmp_path / "pluginrc").write_bytes(BEFORE.encode() + icon + OURS.encode())
    assert pluginrc.forget(tmp_path) is True
    assert (tmp_path / "pluginrc").read_bytes() == BEFORE.encode() + icon
    assert pluginrc.forget(tmp_path) is False
    assert [path.name for path in tmp_path.iterdir()] == ["pluginrc"]
