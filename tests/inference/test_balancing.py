"""Other orders of the best items: by hand, beside a slow MMR, and what must hold."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfrecs.inference.balancing import balance, diversify, penalize_popularity

SCORES = st.lists(st.integers(-20, 20), min_size=1, max_size=12)
WEIGHTS = st.floats(0, 1)


def alike_from(seed, n):
    """Cosines of n random vectors."""
    vectors = np.random.default_rng(seed).normal(size=(n, 3))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


# Popularity


def test_the_penalty_is_what_its_formula_gives():
    # p = ln(1 + count) is 0, ln 2 and 2 ln 2; its mean is ln 2, its deviation
    # ln 2 sqrt(2/3). The scores' mean is 4, their deviation sqrt((9 + 0 + 9) / 3).
    found = penalize_popularity([7.0, 4.0, 1.0], [3, 1, 0], weight=0.5)
    step = 0.5 * math.sqrt(6) * math.log(2) / (math.log(2) * math.sqrt(2 / 3))
    np.testing.assert_allclose(found, [7 - step, 4, 1 + step])
    large = penalize_popularity([7005.0, 4005.0, 1005.0], [3, 1, 0], weight=0.5)
    np.testing.assert_allclose(large, 1000 * found + 5)  # whatever the scale


@given(scores=SCORES)
def test_a_weight_of_0_and_equal_counts_change_nothing(scores):
    counts = np.arange(len(scores))
    assert penalize_popularity(scores, counts, 0).tolist() == scores
    assert penalize_popularity(scores, 0 * counts + 5, 2).tolist() == scores


@given(
    scores=SCORES,
    weights=st.lists(st.floats(0, 3), min_size=2, max_size=4),
    data=st.data(),
)
def test_a_greater_weight_never_gives_more_popular_items(scores, weights, data):
    n = len(scores)
    counts = data.draw(arrays(np.int64, n, elements=st.integers(0, 50)))
    k = data.draw(st.integers(1, n))
    totals = []
    for weight in sorted(weights):
        best = np.argsort(-penalize_popularity(scores, counts, weight))[:k]
        totals.append(np.log1p(counts[best]).sum())
    # Equal scores leave a choice: the first weight's is the least popular only if > 0.
    if len(set(scores)) == n:
        assert all(b <= a + 1e-6 for a, b in pairwise(totals))


# Diversity


def slow_mmr(scores, alike, k, weight):
    """Maximal marginal relevance in plain Python."""
    low, high = min(scores), max(scores)
    relevance = [(s - low) / (high - low) if high > low else 0.0 for s in scores]
    rest = sorted(range(len(scores)), key=lambda i: -scores[i])
    chosen = [rest.pop(0)]
    while len(chosen) < k:
        gains = [
            (1 - weight) * relevance[i] - weight * max(alike[i][j] for j in chosen)
            for i in rest
        ]
        chosen.append(rest.pop(gains.index(max(gains))))
    return chosen


@given(scores=SCORES, weight=WEIGHTS, seed=st.integers(0, 99), data=st.data())
def test_diversity_is_what_a_slow_mmr_gives(scores, weight, seed, data):
    k = data.draw(st.integers(1, len(scores)))
    alike = alike_from(seed, len(scores))
    found = diversify(scores, alike, k, weight).tolist()
    assert found == slow_mmr(scores, alike.tolist(), k, weight)


def test_what_is_like_the_first_comes_later():
    # relevance 1, .9, .8 and 0; second is the best of .5 * .9 - .5 * 1 = -.05,
    # .5 * .8 - .5 * .2 = .3 and 0 - .5 * 0 = 0; third of -.05 and 0
    alike = np.eye(4)
    alike[0, 1] = alike[1, 0] = 1.0
    alike[0, 2] = alike[2, 0] = 0.2
    found = diversify([10.0, 9.0, 8.0, 0.0], alike, 4, 0.5)
    assert found.tolist() == [0, 2, 3, 1]


@given(scores=SCORES, seed=st.integers(0, 99))
def test_a_weight_of_0_keeps_the_order_with_ties_as_they_stood(scores, seed):
    order = np.argsort(-np.array(scores), kind="stable").tolist()
    alike = alike_from(seed, len(scores))
    assert diversify(scores, alike, len(scores), 0).tolist() == order
    counts = np.arange(len(scores))
    assert balance(scores, counts, alike, len(scores)).tolist() == order


@given(
    scores=SCORES, popularity=st.floats(0, 3), weight=WEIGHTS, seed=st.integers(0, 9)
)
def test_all_candidates_come_once_and_a_shorter_list_is_the_beginning(
    scores, popularity, weight, seed
):
    n = len(scores)
    counts = np.random.default_rng(seed).integers(0, 9, n)
    whole, part = (
        balance(
            scores,
            counts,
            alike_from(seed, n),
            k,
            popularity_weight=popularity,
            diversity_weight=weight,
        ).tolist()
        for k in (n, (n + 1) // 2)
    )
    assert sorted(whole) == list(range(n))
    assert part == whole[: len(part)]


def test_both_weights_together_are_one_after_the_other():
    scores, counts = np.array([5.0, 4.0, 3.0, 2.0]), np.array([99, 50, 3, 0])
    alike = alike_from(1, 4)
    fair = penalize_popularity(scores, counts, 0.8)
    found = balance(
        scores, counts, alike, 3, popularity_weight=0.8, diversity_weight=0.3
    )
    assert found.tolist() == diversify(fair, alike, 3, 0.3).tolist()
    assert found.tolist() != balance(scores, counts, alike, 3).tolist()


# What is refused


NAN = math.nan


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], [1], -0.1), "at least 0, .* Received: weight=-0.1"),
        (([1.0, NAN], [1, 1], 1), "`scores` must be finite .* 1 are finite"),
        (([1.0, 2.0], [3], 1), "`counts` .* each of 2 .* 1 from 3"),
        (([1.0, 2.0], [3, -1], 1), "`counts` .* Received: 2 from -1"),
    ],
)
def test_penalties_that_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        penalize_popularity(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], [[1.0]], 1, -0.1), "from 0 to 1. Received: weight=-0.1"),
        (([], np.empty((0, 0)), 1, 0.5), r"`scores` .* shape \[0\]"),
        (([1.0, 2.0], [[1.0, 0.0]], 1, 0.5), r"\[2, 2\] for .*: shape \[1, 2\]"),
        (([1.0], [[math.inf]], 1, 0.5), "`similarities` must be finite"),
        (([1.0], [[1.0]], 2, 0.5), "`k` must be at most num_items=1, .* k=2"),
    ],
)
def test_diversities_that_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        diversify(*arguments)
