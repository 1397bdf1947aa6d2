"""Metrics of lists: numbers worked out by hand, a slow oracle, and laws."""

import math
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse, stats
from sklearn.metrics.pairwise import cosine_similarity

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation import metrics
from tfrecs.evaluation.measures import choose_measures, mean_where_defined
from tfrecs.evaluation.metrics import (
    FEATURE_METRICS,
    LIST_METRICS,
    SYSTEM_METRICS,
    content,
)
from tfrecs.evaluation.metrics.lists import Lists

NAN = math.nan


def close(values, abs=1e-9):
    return pytest.approx(values, abs=abs, nan_ok=True)


def measured(lists, cutoffs, names=(*LIST_METRICS, *SYSTEM_METRICS)):
    features = lists.item_features
    return choose_measures(names, cutoffs, item_features=features).of_lists(lists)


# Numbers worked out by hand

TRAIN = Interactions.from_matrix(
    np.array(
        [
            [1, 1, 0, 0, 0, 0],
            [1, 0, 1, 0, 0, 0],
            [1, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0],  # has nothing, so four users have something
            [1, 1, 0, 0, 0, 0],
        ]
    )
)
#          A  B  C
GENRES = [
    [1, 0, 0],
    [1, 1, 0],
    [0, 1, 0],
    [0, 0, 0],
    [0, 0, 1],
    [1, 0, 0],
]
LISTS = Lists(
    items=[[2, 3, 4], [1, 3, -1], [-1, -1, -1], [1, 2, -1], [0, 2, -1]],
    user_ids=[0, 1, 4, 2, 3],
    train=TRAIN,
    item_features=np.array(GENRES),
)


def test_novelty_is_the_mean_of_bits():
    # 4, 2 and 1 of 4 users have items 0, 1 and 2; nobody has item 3 or 4.
    bits = [math.log2(4 / count) for count in (4, 2, 1, 1, 1)]
    assert bits == [0, 1, 2, 2, 2]
    expected = [(2 + 2 + 2) / 3, (1 + 2) / 2, NAN, (1 + 2) / 2, (0 + 2) / 2]
    assert metrics.novelty(LISTS).tolist() == close(expected)


def test_popularity_is_the_mean_number_of_users():
    expected = [(1 + 0 + 0) / 3, (2 + 0) / 2, NAN, (2 + 1) / 2, (4 + 1) / 2]
    assert metrics.popularity(LISTS).tolist() == close(expected)


@pytest.mark.parametrize(
    ("head", "weights"),
    [
        (0.01, [1, 0, 0, 0, 0]),  # 0.06 items, rounded up to one
        (1e-12, [1, 0, 0, 0, 0]),
        (2 / 6, [1, 1, 0, 0, 0]),
        (2.1 / 6, [1, 1, 1, 0, 0]),
        (4 / 6, [1, 1, 1, 1 / 3, 1 / 3]),  # one place for items 3, 4 and 5
        (1, [1, 1, 1, 1, 1]),
    ],
)
def test_the_head_is_the_most_popular_items(head, weights):
    expected = [
        (weights[2] + weights[3] + weights[4]) / 3,
        (weights[1] + weights[3]) / 2,
        NAN,
        (weights[1] + weights[2]) / 2,
        (weights[0] + weights[2]) / 2,
    ]
    assert metrics.head_share(LISTS, head=head).tolist() == close(expected)


def test_the_head_is_one_hundredth_and_does_not_grow_by_rounding():
    train = Interactions.from_matrix(np.arange(100)[:, None] <= np.arange(100))
    lists = Lists(np.arange(100)[None], [0], train)
    assert metrics.head_share(lists).tolist() == close([1 / 100])
    assert 0.07 * 100 > 7
    assert metrics.head_share(lists, head=0.07).tolist() == close([7 / 100])


def test_diversity_is_one_less_the_mean_cosine():
    # Items 2 and 4 share nothing (3 has no genre); 1 is alone beside 3; of AB and B the
    # cosine is 1 / sqrt 2; A and B share nothing.
    expected = [1 - 0, NAN, NAN, 1 - 1 / math.sqrt(2), 1 - 0]
    assert metrics.diversity(LISTS).tolist() == close(expected)


def test_diversity_is_of_directions_and_may_reach_two():
    features = np.array([[1.0, 0], [50, 0], [-3, 0], [0, 0], [0, 1], [0, 1]])
    lists = Lists([[0, 1], [0, 2]], [0, 1], TRAIN, features)
    assert metrics.diversity(lists).tolist() == close([0, 2])
    parallel = np.random.default_rng(3).random((1, 5)) * np.arange(1, 7)[:, None]
    [value] = metrics.diversity(Lists([range(6)], [0], TRAIN, parallel))
    assert 0 <= value < 1e-12


def test_miscalibration_is_the_divergence_of_genres():
    # User 0 had A and AB: A (1 + 1/2) / 2, B (1/2) / 2; gets B, nothing, C: halves.
    of_0 = 3 / 4 * math.log(3 / 4 / (0.01 * 3 / 4)) + 1 / 4 * math.log(
        1 / 4 / (0.99 * 1 / 2 + 0.01 * 1 / 4)
    )
    # User 1 had A and B, and gets AB (and an item without genres): the same halves.
    # User 4 had something, and gets nothing.
    of_4 = math.log(1 / 0.01)
    # User 2 had A, and gets AB and B: A is (1/2) / 2.
    of_2 = math.log(1 / (0.99 * 1 / 4 + 0.01))
    expected = [of_0, 0, of_4, of_2, NAN]  # user 3 had nothing
    assert metrics.miscalibration(LISTS).tolist() == close(expected)


def test_miscalibration_without_a_genre_in_common_is_as_high_as_can_be():
    lists = Lists([[4], [3]], [2, 2], TRAIN, np.array(GENRES))
    for alpha in (0.01, 0.5):
        values = metrics.miscalibration(lists, alpha=alpha)
        assert values.tolist() == close([math.log(1 / alpha)] * 2)


def test_exposure_is_counted_over_the_whole_catalogue():
    # Items 0 to 5 are in 1, 2, 3, 2, 1 and 0 lists, which have 9 places.
    assert metrics.coverage(LISTS) == 5 / 6
    ascending = -5 * 0 - 3 * 1 - 1 * 1 + 1 * 2 + 3 * 2 + 5 * 3
    assert metrics.gini(LISTS) == close(ascending / (6 * 9))
    shares = [1 / 9, 2 / 9, 3 / 9, 2 / 9, 1 / 9]
    bits = -sum(share * math.log2(share) for share in shares)
    assert metrics.exposure_entropy(LISTS) == close(bits)


def test_equal_exposure_is_even_and_one_item_is_not():
    train = Interactions.from_matrix(np.eye(8))
    even = Lists(np.arange(8)[:, None], np.arange(8), train)
    assert [metric(even) for metric in SYSTEM_METRICS.values()] == close([1, 0, 3])
    one = Lists(np.full((8, 1), 5), np.arange(8), train)
    expected = [1 / 8, 1 - 1 / 8, 0]
    assert [metric(one) for metric in SYSTEM_METRICS.values()] == close(expected)
    assert math.copysign(1, metrics.exposure_entropy(one)) == 1


# A slow oracle, in plain Python


def slow_exposure(items, num_items) -> dict[str, float]:
    shown = [sum(item in row for row in items) for item in range(num_items)]
    places = sum(shown)
    gaps = sum(abs(x - y) for x in shown for y in shown)
    return {
        "coverage": sum(count > 0 for count in shown) / num_items,
        "gini": gaps / (2 * num_items * places),  # of mean absolute differences
        "exposure_entropy": sum(
            count / places * math.log2(places / count) for count in shown if count
        ),
    }


def slow_head_share(row, popularity) -> float:
    """Ties in popularity broken in every order."""
    num_items = len(popularity)
    places = math.ceil(num_items / 100)
    shares = []
    for order in permutations(range(num_items)):
        head = sorted(order, key=lambda item: -popularity[item])[:places]
        shares.append(sum(item in head for item in row) / len(row))
    return sum(shares) / len(shares)


def slow_genres(items, features) -> list[float] | None:
    total = [0.0] * len(features[0])
    for item in items:
        for genre, amount in enumerate(features[item]):
            if sum(features[item]):
                total[genre] += amount / sum(features[item])
    return [x / sum(total) for x in total] if sum(total) else None


def slow_miscalibration(row, history, features) -> float:
    wanted, given_ = slow_genres(history, features), slow_genres(row, features)
    if wanted is None:
        return NAN
    given_ = given_ or [0.0] * len(wanted)
    return sum(
        p * math.log(p / (0.99 * q + 0.01 * p))
        for p, q in zip(wanted, given_, strict=True)
        if p
    )


def slow_diversity(row, features) -> float:
    def length(item):
        return math.sqrt(sum(x * x for x in features[item]))

    cosines = [
        sum(x * y for x, y in zip(features[i], features[j], strict=True))
        / (length(i) * length(j))
        for i, j in combinations([item for item in row if length(item)], 2)
    ]
    return 1 - sum(cosines) / len(cosines) if cosines else NAN


def slow_user(row, user, train, features) -> dict[str, float]:
    popularity = [sum(column) for column in zip(*train, strict=True)]
    num_users = sum(any(had) for had in train)
    history = [item for item, had in enumerate(train[user]) if had]
    bits = [math.log2(num_users / max(1, popularity[item])) for item in row]
    return {
        "novelty": sum(bits) / len(row) if row else NAN,
        "popularity": sum(popularity[i] for i in row) / len(row) if row else NAN,
        "head_share": slow_head_share(row, popularity) if row else NAN,
        "diversity": slow_diversity(row, features),
        "miscalibration": slow_miscalibration(row, history, features),
    }


@st.composite
def cases(draw):
    """Items of each list, whose they are, the train matrix, features, and a k."""
    num_users, num_items = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    flags = st.integers(0, 1)
    train = draw(arrays(np.int8, (num_users, num_items), elements=flags))
    train[0, 0] = 1
    features = draw(arrays(np.int8, (num_items, 3), elements=st.integers(0, 3)))
    width = draw(st.integers(1, num_items))
    of_user = st.permutations(range(num_items)).flatmap(
        lambda order: st.integers(0, width).map(lambda length: order[:length])
    )
    rows = draw(st.lists(of_user, min_size=1, max_size=4).filter(any))
    users = [draw(st.integers(0, num_users - 1)) for _ in rows]
    return rows, users, train, features, draw(st.integers(1, width)), width


def as_lists(rows, users, train, features, width) -> Lists:
    padded = [[*row, *[-1] * (width - len(row))] for row in rows]
    return Lists(padded, users, Interactions.from_matrix(train), features)


@given(cases())
def test_every_metric_is_what_walking_over_the_lists_gives(case):
    rows, users, train, features, k, width = case
    lists = as_lists(rows, users, train, features, width)
    of_users, overall = measured(lists, (width, k))
    for cutoff in (k, width):
        cut = [row[:cutoff] for row in rows]
        for name, expected in slow_exposure(cut, train.shape[1]).items():
            assert overall[f"{name}@{cutoff}"] == close(expected), name
        for place, (row, user) in enumerate(zip(cut, users, strict=True)):
            expected = slow_user(row, user, train.tolist(), features.tolist())
            found = {name: of_users[f"{name}@{cutoff}"][place] for name in expected}
            assert found == close(expected)
    names = [f"{name}@{cutoff}" for cutoff in (width, k) for name in LIST_METRICS]
    assert list(of_users) == list(dict.fromkeys(names))


def random_lists(seed: int = 0, num_users: int = 40, num_items: int = 70) -> Lists:
    rng = np.random.default_rng(seed)
    items = rng.permuted(np.tile(np.arange(num_items), (num_users, 1)), axis=1)[:, :9]
    items = np.where(np.arange(9) < rng.integers(1, 10, (num_users, 1)), items, -1)
    return Lists(
        items,
        rng.permutation(num_users),
        Interactions.from_matrix(rng.random((num_users, num_items)) < 0.1),
        rng.random((num_items, 4)) * (rng.random((num_items, 4)) < 0.4),
    )


# Others' numbers


def test_entropy_divergence_and_cosine_are_those_of_scipy_and_scikit_learn():
    lists = random_lists(4)
    bits = stats.entropy(lists.exposure, base=2)
    assert metrics.exposure_entropy(lists) == close(bits)
    features, train = lists.item_features.toarray(), lists.train.matrix.toarray()
    shares = features / np.maximum(features.sum(axis=1, keepdims=True), 1e-300)
    diversity = metrics.diversity(lists)
    miscalibration = metrics.miscalibration(lists)
    for place, (row, user) in enumerate(zip(lists.items, lists.user_ids, strict=True)):
        shown = row[row >= 0]
        wanted, got = (x @ shares for x in (train[user], np.isin(np.arange(70), shown)))
        if wanted.any() and got.any():
            mixed = 0.99 * got / got.sum() + 0.01 * wanted / wanted.sum()
            assert miscalibration[place] == close(stats.entropy(wanted, mixed))
        known = shown[features[shown].any(axis=1)]
        if len(known) > 1:
            pairs = np.triu_indices(len(known), 1)
            cosine = cosine_similarity(features[known])[pairs].mean()
            assert diversity[place] == close(1 - cosine)


# Laws


def stored_zeros(features):
    """Makes a sparse matrix that stores its zeros."""
    matrix = sparse.csr_array(features + 1.0)
    matrix.data -= 1
    return matrix


@pytest.mark.parametrize(
    "kind", [np.array, np.float32, sparse.coo_matrix, stored_zeros]
)
@pytest.mark.parametrize("name", FEATURE_METRICS)
def test_features_of_any_kind_are_measured(name, kind):
    lists = random_lists(2)
    features = kind(lists.item_features.toarray())
    other = Lists(lists.items, lists.user_ids, lists.train, features)
    assert LIST_METRICS[name](other) == close(LIST_METRICS[name](lists), 1e-6)


@pytest.mark.parametrize("block", [1, 30, 10**6])
@pytest.mark.parametrize("name", ["diversity", "miscalibration"])
def test_results_do_not_depend_on_the_size_of_blocks(monkeypatch, name, block):
    lists = random_lists(1)
    expected = LIST_METRICS[name](lists)
    monkeypatch.setattr(content, "BLOCK", block)
    assert LIST_METRICS[name](lists).tolist() == close(expected.tolist(), 1e-12)


# What is measured, and what is refused


def test_named_metrics_are_measured_alone():
    of_users, overall = measured(LISTS, (1, 3), ["gini", "novelty"])
    assert list(of_users) == ["novelty@1", "novelty@3"]
    assert list(overall) == ["gini@1", "gini@3"]
    assert of_users["novelty@3"].dtype == np.float64
    assert type(overall["gini@3"]) is float


def test_a_mean_leaves_out_what_is_not_defined():
    assert mean_where_defined(np.array([1.0, NAN, 2.0])) == 1.5
    assert math.isnan(mean_where_defined(np.array([NAN, NAN])))


PLAIN = replace(LISTS, item_features=None)
NEGATIVE = replace(LISTS, item_features=np.array(GENRES) - 0.5)


@pytest.mark.parametrize(
    ("lists", "name", "message"),
    [
        (PLAIN, "diversity", "`diversity` needs the features of items"),
        (PLAIN, "miscalibration", "Received: item_features=None"),
        (NEGATIVE, "miscalibration", r"at least 0\. Received: -0\.5"),
    ],
)
def test_what_cannot_be_measured_is_refused(lists, name, message):
    with pytest.raises(ValueError, match=message):
        LIST_METRICS[name](lists)
    with pytest.raises(ValueError, match=r"one of precision, .*'gini@1'"):
        measured(lists, (1,), ["gini@1"])


def test_shares_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"at most 1. Received: head=0"):
        metrics.head_share(LISTS, head=0)
    for alpha in (0, 1):
        with pytest.raises(ValueError, match=f"less than 1. Received: alpha={alpha}"):
            metrics.miscalibration(LISTS, alpha=alpha)
