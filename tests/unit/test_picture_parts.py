"""The parts of a mask that lie apart are found as SciPy's labels would tell them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask
from gimp_bridge.picture.parts import find_parts

SIDES = st.integers(1, 12)
CELL_PX = 64


@given(st.integers(0, 2**32 - 1), SIDES, SIDES, st.sampled_from([0.05, 0.2, 0.4, 1]))
def test_parts_are_the_connected_cells(seed, height, width, share):
    rng = np.random.default_rng(seed)
    cells = rng.random((height, width)) < share
    coverage = np.zeros((height * CELL_PX, width * CELL_PX), np.uint8)
    rows, columns = np.nonzero(cells)
    coverage[rows * CELL_PX + rng.integers(64), columns * CELL_PX + rng.integers(64)] = 9
    labels, count = ndimage.label(cells, np.ones((3, 3), int))
    expected = [np.flatnonzero(labels == number).size for number in range(1, count + 1)]
    parts = find_parts(Mask(Box(30, 70, width * CELL_PX, height * CELL_PX), coverage))
    assert [np.count_nonzero(part.coverage) for part in parts] == expected
    together = np.zeros_like(coverage)
    for part in parts:
        together[part.box.relative_to(Box(30, 70, 1, 1)).slices()] += part.coverage
    assert np.array_equal(together, coverage)
