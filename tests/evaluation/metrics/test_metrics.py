"""Metrics: numbers worked out by hand, a slow oracle, and laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_metrics import slow_metrics

from tfrecs.evaluation.metrics import METRICS, WHOLE_METRICS
from tfrecs.evaluation.metrics import ranking as metrics
from tfrecs.evaluation.metrics.ranking import Ranks


def ranks_of(*users: list[int], num_candidates: int) -> Ranks:
    """Pads each user's ranks with inf to the longest."""
    most = max(map(len, users))
    padded = [
        [*map(float, ranks), *[math.inf] * (most - len(ranks))] for ranks in users
    ]
    counts = np.array([len(ranks) for ranks in users])
    return Ranks(np.array(padded), counts, np.full(len(users), num_candidates))


# Two relevant items at ranks 1 and 4, one at rank 3, and four at ranks 2, 3, 5 and 6.
USERS = ranks_of([1, 4], [3], [2, 3, 5, 6], num_candidates=7)


def log2(x: float) -> float:
    return math.log(x) / math.log(2)


# Numbers worked out by hand

GOLDEN = {
    ("hits", 1): [1, 0, 0],
    ("hits", 3): [1, 1, 2],
    ("hits", 5): [2, 1, 3],
    ("precision", 1): [1 / 1, 0, 0],
    ("precision", 3): [1 / 3, 1 / 3, 2 / 3],
    ("precision", 5): [2 / 5, 1 / 5, 3 / 5],
    ("recall", 1): [1 / 2, 0, 0],
    ("recall", 3): [1 / 2, 1 / 1, 2 / 4],
    ("recall", 5): [2 / 2, 1 / 1, 3 / 4],
    ("hit_rate", 1): [1, 0, 0],
    ("hit_rate", 2): [1, 0, 1],
    ("hit_rate", 3): [1, 1, 1],
    ("ndcg", 1): [1, 0, 0],
    ("ndcg", 3): [
        1 / (1 + 1 / log2(3)),
        (1 / log2(4)) / 1,
        (1 / log2(3) + 1 / log2(4)) / (1 + 1 / log2(3) + 1 / log2(4)),
    ],
    ("ndcg", 5): [
        (1 + 1 / log2(5)) / (1 + 1 / log2(3)),
        (1 / log2(4)) / 1,
        (1 / log2(3) + 1 / log2(4) + 1 / log2(6))
        / (1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5)),
    ],
    ("average_precision", 1): [1 / 1, 0, 0],
    ("average_precision", 3): [(1 / 1) / 2, 1 / 3, (1 / 2 + 2 / 3) / 3],
    ("average_precision", 5): [(1 + 2 / 4) / 2, 1 / 3, (1 / 2 + 2 / 3 + 3 / 5) / 4],
    ("average_precision_of_all", 1): [(1 / 1) / 2, 0, 0],
    ("average_precision_of_all", 3): [(1 / 1) / 2, 1 / 3, (1 / 2 + 2 / 3) / 4],
    ("average_precision_of_all", 5): [
        (1 + 2 / 4) / 2,
        (1 / 3) / 1,
        (1 / 2 + 2 / 3 + 3 / 5) / 4,
    ],
    ("capped_recall", 1): [1 / 1, 0, 0],
    ("capped_recall", 3): [1 / 2, 1 / 1, 2 / 3],
    ("capped_recall", 5): [2 / 2, 1 / 1, 3 / 4],
}


@pytest.mark.parametrize(("name", "k"), GOLDEN)
def test_at_k_values_are_those_worked_out_by_hand(name, k):
    values = getattr(metrics, name)(USERS, k)
    assert values.dtype == np.float64
    assert values.tolist() == pytest.approx(GOLDEN[name, k], abs=1e-12)


def test_reciprocal_rank_is_of_the_first_relevant_item():
    assert metrics.reciprocal_rank(USERS).tolist() == [1 / 1, 1 / 3, 1 / 2]


def test_r_precision_looks_at_as_many_places_as_there_are_relevant_items():
    # Of ranks 1 and 4, one is within 2; 3 is not within 1; 2 and 3 are within 4.
    assert metrics.r_precision(USERS).tolist() == [1 / 2, 0 / 1, 2 / 4]


def test_auc_is_the_share_of_pairs_in_the_right_order():
    # Others that stand before each relevant item: 0, 2 of 5; 2 of 6; 1, 1, 2, 2 of 3.
    wrong = [(0 + 2) / (2 * 5), 2 / (1 * 6), (1 + 1 + 2 + 2) / (4 * 3)]
    assert metrics.auc(USERS).tolist() == pytest.approx([1 - w for w in wrong])
    assert metrics.auc(ranks_of([8, 9], num_candidates=9)).tolist() == [0]
    assert metrics.auc(ranks_of([1, 2], num_candidates=2)).tolist() == [0.5]


def test_a_perfect_list_has_one_everywhere_and_precision_is_bounded_by_k():
    perfect = ranks_of([1, 2, 3], num_candidates=9)
    for name in METRICS.keys() - {"precision"}:
        assert METRICS[name](perfect, 5).tolist() == pytest.approx([1.0])
    assert metrics.precision(perfect, 5).tolist() == [3 / 5]
    for metric in WHOLE_METRICS.values():
        assert metric(perfect).tolist() == [1.0]


def test_a_perfect_list_of_fewer_places_than_relevant_items_tells_metrics_apart():
    perfect = ranks_of([1, 2, 3, 4], num_candidates=9)
    values = {name: metric(perfect, 2).tolist() for name, metric in METRICS.items()}
    best = {name: [1.0] for name in ("precision", "ndcg", "hit_rate", "map")}
    capped = {"capped_recall": [2 / 2], "map_all": [(1 / 1 + 2 / 2) / 4]}
    assert values == best | capped | {"recall": [2 / 4]}


# A slow oracle, which walks down each list


@st.composite
def lists_of_ranks(draw):
    num_candidates = draw(st.integers(1, 20))
    ranks = st.sets(st.integers(1, num_candidates), min_size=1).map(sorted)
    users = draw(st.lists(ranks, min_size=1, max_size=5))
    return users, num_candidates, draw(st.integers(1, num_candidates))


@given(lists_of_ranks())
def test_every_metric_is_what_walking_down_the_list_gives(lists):
    users, num_candidates, k = lists
    ranked = ranks_of(*users, num_candidates=num_candidates)
    fast = {f"{name}@{k}": metric(ranked, k) for name, metric in METRICS.items()}
    fast |= {name: metric(ranked) for name, metric in WHOLE_METRICS.items()}
    for place, ranks in enumerate(users):
        of_user = {name: values[place] for name, values in fast.items()}
        expected = [rank in ranks for rank in range(1, num_candidates + 1)]
        assert of_user == pytest.approx(slow_metrics(expected, k), abs=1e-9)
