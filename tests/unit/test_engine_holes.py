"""Which holes are solved together, and from which part of the picture."""

import numpy as np
import pytest

from gimp_bridge.engine.holes import separate
from gimp_bridge.engine.parameters import Parameters


def test_distant_holes_are_apart_and_keep_their_sizes():
    hidden = np.zeros((300, 400), bool)
    hidden[20:30, 40:45] = True
    hidden[200:203, 350:390] = True
    found = separate(hidden, Parameters())
    assert [hole.size for hole in found] == [50, 120]


def test_a_window_reaches_48_px_beyond_a_small_hole():
    hidden = np.zeros((300, 400), bool)
    hidden[120:130, 200:205] = True
    (hole,) = separate(hidden, Parameters())
    assert hole.window == (slice(72, 178), slice(152, 253))
    assert hole.mask[48:58, 48:53].all()


def test_a_window_ends_at_the_picture():
    hidden = np.zeros((300, 400), bool)
    hidden[100:200, 0:60] = True
    (hole,) = separate(hidden, Parameters())
    assert hole.window == (slice(0, 300), slice(0, 160))


def test_letters_of_a_word_are_one_hole():
    hidden = np.zeros((100, 200), bool)
    hidden[40:50, 60:64] = True
    hidden[40:50, 70:74] = True
    assert len(separate(hidden, Parameters())) == 1


@pytest.mark.parametrize(("between_px", "holes"), [(24, 1), (25, 2)])
def test_holes_are_apart_from_25_px_between_them(between_px, holes):
    hidden = np.zeros((100, 200), bool)
    hidden[40:50, 60:64] = True
    hidden[40:50, 64 + between_px : 70 + between_px] = True
    assert len(separate(hidden, Parameters())) == holes


def test_a_window_reaches_beyond_what_is_excluded():
    hidden, excluded = np.zeros((2, 400, 500), bool)
    hidden[200:210, 300:310] = True
    excluded[100:350, 150:450] = True
    (hole,) = separate(hidden, Parameters(), excluded)
    rows, columns = hole.window
    assert (~excluded[rows, columns]).sum() > 100
    assert hole.mask.sum() == hole.size == 100
