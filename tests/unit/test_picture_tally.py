"""Counting by the table gives what counting every pixel gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask
from gimp_bridge.picture.tally import Tally

COVERAGE = np.where(np.random.default_rng(8).random((150, 230)) < 0.4, 77, 0).astype(np.uint8)
MASK = Mask(Box(-20, 30, 230, 150), COVERAGE)
TALLY = Tally(MASK)


@given(
    st.builds(
        Box, st.integers(-60, 230), st.integers(-10, 200), st.integers(1, 300), st.integers(1, 250)
    )
)
def test_any_box_is_counted_exactly(box):
    assert TALLY.count(box) == np.count_nonzero(MASK.within(box))


def test_the_share_is_of_the_whole_box_also_outside_the_mask():
    mask = Mask(Box(10, 10, 4, 2), np.full((2, 4), 1, np.uint8))
    assert Tally(mask).share(Box(12, 8, 10, 4)) == 0.1
