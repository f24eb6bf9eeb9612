"""Windows: enough to look at, within the limits, inside the layer, as few as possible."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_bridge.errors import AreaTooLarge, WindowTooLarge
from gimp_bridge.picture.geometry import Box
from gimp_bridge.picture.mask import Mask
from gimp_bridge.picture.parts import join
from gimp_bridge.picture.upload import scale_removal
from gimp_bridge.picture.window import Limits, likely, plan

LIMITS = Limits()
LAYER = Box(-100, -50, 3000, 2000)


def solid(box):
    return Mask(box, np.full((box.height, box.width), 255, np.uint8))


def masks(*boxes):
    return join([solid(box) for box in boxes])


def contains(outer, inner):
    return inner.clamp(outer) == inner


def test_auto_puts_half_of_the_selections_longer_side_around_it():
    [window] = plan(solid(Box(1000, 700, 600, 500)), LAYER, "auto", LIMITS)
    assert window.box == Box(700, 398, 1200, 1104)
    assert window.scale == 1.0
    assert window.size == (1200, 1104)
    assert window.share == pytest.approx(600 * 500 / (1200 * 1104))


def test_auto_gives_a_blemish_a_window_a_model_can_work_on():
    [window] = plan(solid(Box(1000, 700, 8, 8)), LAYER, "auto", LIMITS)
    assert window.box == Box(748, 448, 512, 512)


def test_auto_adds_no_more_than_the_ceiling_around_a_large_selection():
    layer = Box(0, 0, 6000, 5000)
    [window] = plan(solid(Box(2000, 1500, 2000, 1600)), layer, "auto", LIMITS)
    assert window.box == Box(1488, 988, 3024, 2624)


def test_auto_makes_up_on_the_other_side_for_what_the_layers_edge_cuts_off():
    [window] = plan(solid(Box(-100, 700, 600, 600)), LAYER, "auto", LIMITS)
    assert window.box == Box(-100, 400, 1200, 1200)


def test_auto_sends_the_whole_of_a_small_layer():
    layer = Box(30, 40, 200, 150)
    [window] = plan(solid(Box(100, 80, 40, 30)), layer, "auto", LIMITS)
    assert window.box == layer


def test_auto_widens_a_thin_window_to_one_in_three():
    [window] = plan(solid(Box(0, 500, 1500, 4)), LAYER, "auto", LIMITS)
    assert (window.box.width, window.box.height) == (2528, 1032)


def test_auto_widens_until_no_more_than_half_is_removed():
    layer = Box(0, 0, 1000, 3000)
    [window] = plan(solid(Box(0, 100, 1000, 1400)), layer, "auto", LIMITS)
    assert window.share <= 0.5
    assert window.box.height >= 2800
    assert contains(layer, window.box)


def test_auto_gives_up_with_the_numbers_where_more_than_half_of_the_layer_is_selected():
    layer = Box(10, 10, 1000, 1000)
    with pytest.raises(AreaTooLarge, match=r"80 % of the layer, and at most 50 %"):
        plan(solid(Box(10, 10, 800, 1000)), layer, "auto", LIMITS)


def test_where_more_may_be_hole_all_of_the_layer_is_used_first():
    layer = Box(10, 10, 1000, 1000)
    limits = Limits(most_share=0.9)
    [window] = plan(solid(Box(10, 10, 800, 1000)), layer, "auto", limits)
    assert (window.box, window.share) == (layer, 0.8)
    [window] = plan(solid(Box(10, 10, 400, 1000)), layer, "auto", limits)
    assert window.share <= 0.5
    with pytest.raises(AreaTooLarge, match=r"95 % of the layer, and at most 90 %"):
        plan(solid(Box(10, 10, 950, 1000)), layer, "auto", limits)


def test_auto_shrinks_the_context_before_it_scales_down():
    layer = Box(0, 0, 9000, 9000)
    [window] = plan(solid(Box(3000, 3000, 3900, 2000)), layer, "auto", LIMITS)
    assert (window.box.width, window.box.height) == (4096, 3856)
    assert window.scale == 1.0


def test_auto_scales_a_selection_larger_than_the_limit_down():
    layer = Box(0, 0, 12000, 9000)
    [window] = plan(solid(Box(2000, 2000, 5000, 5000)), layer, "auto", LIMITS)
    assert max(window.size) == 4096
    assert window.scale == pytest.approx(4096 / window.box.width)
    assert window.share <= 0.5
    assert contains(window.box, Box(2000, 2000, 5000, 5000))


def test_parts_that_fit_one_window_are_one_paid_task():
    mask = masks(Box(0, 0, 50, 50), Box(2700, 1800, 50, 60))
    [window] = plan(mask, LAYER, "auto", LIMITS)
    assert window.box == LAYER
    assert window.mask.box == Box(0, 0, 2750, 1860)


def test_parts_too_far_apart_for_one_window_become_one_each():
    layer = Box(0, 0, 12000, 9000)
    mask = masks(Box(500, 600, 100, 80), Box(9000, 7000, 60, 200))
    first, second = plan(mask, layer, "auto", LIMITS)
    assert (first.mask.box, second.mask.box) == (Box(500, 600, 100, 80), Box(9000, 7000, 60, 200))
    assert first.scale == second.scale == 1.0
    assert contains(first.box, first.mask.box)
    assert contains(second.box, second.mask.box)


def test_five_parts_in_two_far_corners_are_two_tasks():
    layer = Box(0, 0, 12000, 9000)
    near = [Box(100, 100, 90, 90), Box(1500, 300, 90, 90), Box(700, 2500, 90, 90)]
    far = [Box(10000, 8000, 90, 90), Box(9000, 6500, 90, 90)]
    windows = plan(masks(*near, *far), layer, "auto", LIMITS)
    assert len(windows) == 2
    assert join([window.mask for window in windows]).box == Box(100, 100, 9990, 7990)


def test_hundreds_of_parts_are_shared_out_among_few_tasks():
    layer = Box(0, 0, 12000, 9000)
    dust = [
        Box(100 + 600 * column, 90 + 500 * row, 6, 5) for row in range(15) for column in range(15)
    ]
    windows = plan(masks(*dust), layer, "auto", LIMITS)
    assert len(windows) <= 12
    assert sum(np.count_nonzero(window.mask.coverage) for window in windows) == 15 * 15 * 30


def test_what_is_sent_scaled_down_keeps_the_rule_as_it_is_sent():
    layer = Box(0, 0, 9000, 9000)
    mask = solid(Box(1000, 1000, 4200, 4200))
    [window] = plan(mask, layer, "auto", LIMITS)
    sent = scale_removal(mask.within(window.box), window.size)
    assert window.share == np.count_nonzero(sent) / sent.size
    assert window.share <= 0.5


def test_the_engine_gets_a_window_for_each_part_that_lies_apart():
    mask = masks(Box(0, 0, 50, 50), Box(300, 40, 50, 50), Box(2700, 1800, 50, 60))
    windows = plan(mask, LAYER, "auto", LIMITS, per_part=True)
    assert [window.mask.box for window in windows] == [
        Box(0, 0, 350, 90),
        Box(2700, 1800, 50, 60),
    ]


def test_a_window_counts_what_another_one_repairs():
    first = solid(Box(0, 0, 3000, 60))
    second = solid(Box(0, 300, 60, 7000))
    [*windows] = plan(join([first, second]), Box(0, 0, 9000, 9000), "auto", Limits(4096, 0.5))
    assert len(windows) == 2
    [unscaled] = [window for window in windows if window.scale == 1.0]
    own = np.count_nonzero(unscaled.mask.coverage)
    both = np.count_nonzero(join([first, second]).within(unscaled.box))
    assert both > own
    assert unscaled.share == both / unscaled.box.area


def test_extent_layer_sends_exactly_the_layer():
    [window] = plan(solid(Box(1000, 700, 60, 50)), LAYER, "layer", LIMITS)
    assert window.box == LAYER
    assert window.share == 3000 / 6_000_000


def test_extent_layer_is_refused_with_the_numbers_where_the_layer_is_too_large():
    layer = Box(0, 0, 6000, 4000)
    with pytest.raises(WindowTooLarge, match=r"The layer is 6000 × 4000 px.*4096 × 4096 px"):
        plan(solid(Box(1000, 700, 60, 50)), layer, "layer", LIMITS)


def test_extent_selection_sends_exactly_the_selections_bounds():
    mask = masks(Box(100, 100, 20, 20), Box(280, 180, 20, 20))
    [window] = plan(mask, LAYER, "selection", LIMITS)
    assert window.box == Box(100, 100, 200, 100)
    assert window.share == 0.04


def test_extent_selection_is_refused_where_nothing_else_would_be_seen():
    with pytest.raises(AreaTooLarge, match=r"100 % of what would be used.*its surroundings"):
        plan(solid(Box(1000, 700, 60, 50)), LAYER, "selection", LIMITS)


sides = st.integers(1, 700)


@given(
    st.builds(Box, st.integers(-500, 500), st.integers(-500, 500), sides, sides),
    st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=4),
    st.integers(64, 800),
    st.booleans(),
)
def test_every_window_keeps_the_rules_and_all_of_the_mask_is_repaired_once(
    layer, corners, max_side_px, per_part
):
    boxes = []
    for left, top, width, height in corners:
        x, y = layer.x + int(left * (layer.width - 1)), layer.y + int(top * (layer.height - 1))
        box = Box(x, y, 1 + int(width * layer.width / 3), 1 + int(height * layer.height / 3))
        boxes.append(box.clamp(layer))
    mask = masks(*boxes)
    try:
        windows = plan(mask, layer, "auto", Limits(max_side_px, 0.5), per_part=per_part)
    except AreaTooLarge:
        return
    repaired = np.zeros_like(mask.coverage, dtype=int)
    for window in windows:
        assert contains(layer, window.box)
        assert contains(window.box, window.mask.box)
        assert window.share <= 0.5
        assert 0 < window.scale <= 1
        assert min(window.size) >= 1
        assert max(window.size) <= max_side_px
        repaired += window.mask.within(mask.box) > 0
    assert np.array_equal(repaired, (mask.coverage > 0).astype(int))


@given(st.builds(Box, st.integers(0, 2000), st.integers(0, 1500), sides, sides))
def test_auto_refuses_only_where_the_whole_layer_breaks_the_area_rule(box):
    layer = Box(0, 0, 2000, 1500)
    box = box.clamp(layer)
    if not box.area:
        return
    [window] = plan(solid(box), layer, "auto", LIMITS)
    assert window.share <= 0.5


@given(
    x=st.integers(-100, 2800), y=st.integers(-50, 1900),
    width=st.integers(1, 1500), height=st.integers(1, 1500), reach=st.integers(0, 12),
)  # fmt: skip
def test_the_likely_window_is_the_one_that_is_planned(x, y, width, height, reach):
    selection = Box(x, y, width, height).clamp(LAYER)
    mask = solid(selection.pad(reach).clamp(LAYER))
    thought = likely(selection, reach, LAYER, LIMITS)
    [window] = plan(mask, LAYER, "auto", Limits(max_share=1.0))
    assert thought == window.box


def test_the_likely_window_contains_one_whose_mask_ends_a_little_earlier():
    for less in range(1, 5):
        mask = solid(Box(1000, 700, 300, 200).pad(12 - less))
        [window] = plan(mask, LAYER, "auto", LIMITS)
        assert contains(likely(Box(1000, 700, 300, 200), 12, LAYER, LIMITS).pad(16), window.box)


@pytest.mark.parametrize("selection", [Box(5000, 0, 9, 9), Box(0, 0, 5000, 60)])
def test_no_window_is_likely_where_none_or_several_are_planned(selection):
    assert likely(selection, 4, Box(0, 0, 4900, 500), LIMITS) is None
