"""Names in figures: where they stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.evaluation.means import frontier
from tfrecs.reporting.plots import metric_by_seconds
from tfrecs.reporting.plots.names import spread

heights = st.lists(st.floats(0, 100), min_size=1, max_size=8)


@given(heights, st.floats(1, 10))
def test_names_are_a_line_apart_between_the_ends_in_their_order(wishes, gap):
    placed = spread(wishes, gap, 0, 100)
    assert len(placed) == len(wishes)
    order = np.argsort(wishes, kind="stable")
    assert (np.diff(np.array(placed)[order]) >= gap - 1e-9).all()
    assert min(placed) >= -1e-9
    assert max(placed) <= 100 + 1e-9


@pytest.mark.parametrize(
    ("wishes", "gap", "high", "placed"),
    [
        ([50, 10, 90], 20, 100, [50, 10, 90]),  # there is room
        ([50, 50], 10, 100, [45, 55]),  # both move equally
        ([7, 7, 7], 10, 10, [0, 5, 10]),  # too many for their gap
        ([50], 200, 100, [50]),
        ([], 10, 100, []),
    ],
)
def test_names_move_no_more_than_they_must(wishes, gap, high, placed):
    assert spread(wishes, gap, 0, high) == pytest.approx(placed)


def test_a_crowd_of_points_has_no_names_upon_each_other():
    metrics = {f"m{n:02}": {"mrr": 0.3 + n / 1e4} for n in range(18)}
    metrics["far"] = {"mrr": 0.1}
    seconds = {model: 1 + n / 100 for n, model in enumerate(metrics)}
    figure = metric_by_seconds(metrics, seconds, "mrr", highlighted=["m05"])
    texts = figure.axes[0].texts
    assert "m05" in {text.get_text() for text in texts}
    assert 2 < len(texts) < 19
    boxes = [text.get_window_extent() for text in texts]
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:place])


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=9)
)
def test_the_frontier_is_what_nothing_dominates(points):
    costs = {f"{n}": cost for n, (cost, _) in enumerate(points)}
    gains = {f"{n}": gain for n, (_, gain) in enumerate(points)}
    free = {
        (costs[a], gains[a])
        for a in costs
        if not any(
            (costs[b] <= costs[a] and gains[b] > gains[a])
            or (costs[b] < costs[a] and gains[b] >= gains[a])
            for b in costs
        )
    }
    found = [(costs[name], gains[name]) for name in frontier(costs, gains)]
    assert set(found) == free
    assert found == sorted(found)
