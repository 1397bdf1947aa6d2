"""Splits: exact partitions over one vocabulary, and the same ones for the same seed."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tfrecs import splits
from tfrecs.interactions import Interactions
from tfrecs.splits import SPLITS

FRACTIONS = ("random", "stratified", "temporal")
PER_USER = ("stratified", "leave-k-out", "leave-last-out")


def rows_of(data: Interactions) -> list[tuple]:
    columns = ("user_ids", "item_ids", "ratings", "timestamps", "weights")
    return list(zip(*(getattr(data, name).tolist() for name in columns), strict=True))


def in_train_of(seed: int, data: Interactions, name: str, **options) -> list[tuple]:
    return rows_of(SPLITS[name](data, seed=seed, **options)[0])


@pytest.fixture(scope="session")
def log(from_pairs):
    """Makes rows with values that are all different; `times` may be given, to tie."""

    def make(degrees, times=None, seed=0) -> Interactions:
        pairs = [
            (user, item) for user, most in enumerate(degrees) for item in range(most)
        ]
        order = np.random.default_rng(seed).permutation(len(pairs))
        numbers = np.arange(len(pairs))
        times = numbers[::-1] if times is None else np.array(times)
        return from_pairs(
            np.array(pairs)[order],
            len(degrees) + 1,
            max(degrees) + 1,
            ratings=numbers + 100,
            timestamps=times,
            weights=numbers + 1000,
        )

    return make


degrees = st.lists(st.integers(0, 8), min_size=2, max_size=6).filter(
    lambda counts: sum(counts) >= 4 and max(counts) >= 3
)
seeds = st.integers(0, 1000)


# Laws of all splits


def test_the_registry_names_every_split():
    assert SPLITS == {
        "random": splits.random_split,
        "stratified": splits.stratified_split,
        "leave-k-out": splits.leave_k_out,
        "leave-last-out": splits.leave_last_out,
        "temporal": splits.temporal_split,
    }


@pytest.mark.parametrize("name", SPLITS)
@given(degrees, seeds)
def test_train_and_test_are_an_exact_partition(log, name, degrees, seed):
    data = log(degrees)
    train, test = map(rows_of, SPLITS[name](data, seed=seed))
    assert sorted(train + test) == sorted(rows_of(data))
    assert train and test


@pytest.mark.parametrize("name", SPLITS)
def test_parts_keep_the_order_of_rows_and_the_vocabularies(log, name):
    data = log([5, 4, 3])
    for part in SPLITS[name](data, seed=1):
        numbers = [row[2] for row in rows_of(part)]
        assert numbers == sorted(numbers)
        assert part.users is data.users and part.items is data.items


@pytest.mark.parametrize("name", PER_USER)
@given(degrees, seeds)
def test_every_user_keeps_one_in_train(log, name, degrees, seed):
    data = log(degrees)
    train, _ = SPLITS[name](data, seed=seed)
    assert set(train.user_ids) == set(data.user_ids)


@pytest.mark.parametrize("name", SPLITS)
def test_the_same_seed_gives_the_same_split_and_another_seed_another(log, name):
    data = log([6] * 6, times=[0] * 36)
    first = in_train_of(3, data, name)
    assert in_train_of(3, data, name) == first
    assert in_train_of(4, data, name) != first


@pytest.mark.parametrize("name", SPLITS)
def test_splits_leave_the_global_generator_alone(log, name):
    np.random.seed(5)
    before = np.random.get_state()[1].tolist()
    first = in_train_of(3, log([6] * 6), name)
    assert np.random.get_state()[1].tolist() == before
    np.random.seed(6)
    assert in_train_of(3, log([6] * 6), name) == first


@pytest.mark.parametrize("name", SPLITS)
def test_a_split_that_leaves_a_part_empty_is_refused(log, name):
    data = log([1, 1])
    choices = [{"test_fraction": 0.1}, {"test_fraction": 0}]
    for options in choices if name in FRACTIONS else [{}]:
        with pytest.raises(ValueError, match=r"Received: 0 of 2 for test.*k_core"):
            SPLITS[name](data, seed=0, **options)


def test_a_split_that_leaves_train_empty_is_refused(log):
    with pytest.raises(ValueError, match="Received: 3 of 3 for test"):
        splits.random_split(log([3]), seed=0, test_fraction=0.9)


@pytest.mark.parametrize("fraction", [1.0, -0.1, 1.5, float("nan")])
@pytest.mark.parametrize("name", FRACTIONS)
def test_fractions_are_at_least_zero_and_below_one(log, name, fraction):
    told = f"`test_fraction` must be at least 0.*Received: test_fraction={fraction}"
    with pytest.raises(ValueError, match=told):
        SPLITS[name](log([4]), seed=0, test_fraction=fraction)


@pytest.mark.parametrize("name", ["leave-last-out", "temporal"])
def test_splits_by_time_need_timestamps(from_pairs, name):
    with pytest.raises(ValueError, match=r"needs timestamps.*have none. Name the time"):
        SPLITS[name](from_pairs([(0, 0), (0, 1)], 1, 2), seed=0)


# How much goes into test


@pytest.mark.parametrize("name", ["random", "temporal"])
@pytest.mark.parametrize(
    ("fraction", "size"), [(0.2, 2), (0.34, 3), (0.36, 4), (0.9, 9)]
)
def test_a_fraction_of_all_is_rounded(log, name, fraction, size):
    _, test = SPLITS[name](log([4, 5, 1]), seed=0, test_fraction=fraction)
    assert len(test) == size


@pytest.mark.parametrize("name", FRACTIONS)
def test_a_fifth_is_held_out_by_default(log, name):
    assert len(SPLITS[name](log([10, 10]), seed=0)[1]) == 4


def test_stratified_takes_the_fraction_of_each_user_but_leaves_one(log):
    data = log([1, 2, 3, 4, 10])
    _, test = splits.stratified_split(data, seed=2, test_fraction=0.6)
    # 0.6 * 1 = 0.6 -> 1, but one stays; 1.2 -> 1; 1.8 -> 2; 2.4 -> 2; 6
    assert Counter(test.user_ids.tolist()) == {1: 1, 2: 2, 3: 2, 4: 6}


def test_leave_k_out_takes_k_of_each_user_but_leaves_one(log):
    _, test = splits.leave_k_out(log([1, 2, 3, 4, 10]), seed=2, k=3)
    assert Counter(test.user_ids.tolist()) == {1: 1, 2: 2, 3: 3, 4: 3}


def test_leave_k_out_takes_ten_by_default(log):
    assert len(splits.leave_k_out(log([14, 11]), seed=0)[1]) == 10 + 10


@pytest.mark.parametrize("k", [0, -2, 2.5, 2.0, True, "2", None])
def test_leave_k_out_takes_a_k_of_at_least_one(log, k):
    with pytest.raises(ValueError, match=f"`k` must be a whole number.*k={k!r}"):
        splits.leave_k_out(log([3]), seed=0, k=k)


# What goes into test


@pytest.mark.parametrize("name", ["random", "stratified", "leave-k-out"])
def test_each_interaction_is_as_likely_as_any_other_of_the_user(log, name):
    data = log([5, 5])
    options = {"k": 2} if name == "leave-k-out" else {"test_fraction": 0.4}
    drawn = np.zeros((2, 5))
    for seed in range(600):
        _, test = SPLITS[name](data, seed=seed, **options)
        drawn[test.user_ids, test.item_ids] += 1
    expected = np.full(10, 600 * 2 / 5)  # [users * items]
    assert stats.chisquare(drawn.ravel(), expected).pvalue > 1e-3


@given(degrees, seeds, st.data())
def test_leave_last_out_takes_the_last_of_each_user(log, degrees, seed, data):
    size = sum(degrees)
    times = data.draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size))
    train, test = splits.leave_last_out(log(degrees, times), seed=seed)
    held_out = {row[0]: row[3] for row in rows_of(test)}
    assert len(held_out) == len(test) == sum(degree > 1 for degree in degrees)
    assert all(held_out.get(row[0], 9) >= row[3] for row in rows_of(train))


@given(degrees, seeds, st.data())
def test_a_temporal_split_puts_no_test_before_train(log, degrees, seed, data):
    size = sum(degrees)
    times = data.draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size))
    rows = log(degrees, times)
    train, test = splits.temporal_split(rows, seed=seed, test_fraction=0.5)
    assert test.timestamps.min() >= train.timestamps.max()


@pytest.mark.parametrize("name", ["leave-last-out", "temporal"])
def test_ties_in_time_are_cut_evenly_at_random(log, name):
    data = log([5], times=[7, 7, 1, 7, 7])
    options = {"test_fraction": 0.2} if name == "temporal" else {}
    drawn = Counter()
    for seed in range(400):
        _, test = SPLITS[name](data, seed=seed, **options)
        drawn[test.ratings.item()] += 1
    assert sorted(drawn) == [100, 101, 103, 104]  # all but the row of time 1
    assert stats.chisquare(list(drawn.values())).pvalue > 1e-3


# Splits of before


@pytest.mark.parametrize(
    ("name", "options", "held_out"),
    [
        ("random", {}, [0, 4, 6, 13]),
        ("stratified", {}, [3, 6, 12, 13]),
        ("leave-k-out", {"k": 2}, [0, 3, 4, 6, 11, 12, 13, 14]),
        ("leave-last-out", {}, [2, 7, 12, 17]),
        ("temporal", {}, [2, 7, 12, 17]),
    ],
)
def test_a_seed_gives_the_rows_that_it_always_gave(from_pairs, name, options, held_out):
    """Published numbers are of these rows."""
    pairs = [
        (user, item)
        for user in range(4)
        for item in range(6)
        if (user * 5 + item * 3) % 4
    ]
    numbers = np.arange(18)
    data = from_pairs(pairs, 4, 6, ratings=numbers, timestamps=numbers * 7 % 5)
    _, test = SPLITS[name](data, seed=7, **options)
    assert test.ratings.tolist() == held_out
