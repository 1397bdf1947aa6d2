"""Splits: exact partitions over one vocabulary, and the same ones for the same seed."""

import dataclasses
from collections import Counter
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from tfrecs.data import splits
from tfrecs.data.interactions import Interactions
from tfrecs.data.readers import read_interactions
from tfrecs.data.splits import SPLITS

FRACTIONS = ("random", "stratified", "temporal", "cold-users", "cold-items")
LEAVE_OUT = ("leave-one-out", "leave-k-out", "leave-last-out")
PER_USER = ("stratified", *LEAVE_OUT)
BY_TIME = ("leave-last-out", "temporal")
# Small data have few users and items: a fifth of them may be none.
ENOUGH = {"cold-users": {"test_fraction": 0.5}, "cold-items": {"test_fraction": 0.5}}
every_split = pytest.mark.parametrize("name", SPLITS)


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
    lambda counts: max(counts) >= 3 and sum(count > 0 for count in counts) >= 2
)
seeds = st.integers(0, 1000)


# Laws of all splits


@every_split
@given(degrees, seeds)
def test_train_and_test_are_an_exact_partition(log, name, degrees, seed):
    data = log(degrees)
    split = SPLITS[name](data, seed=seed, **ENOUGH.get(name, {}))
    train, test = map(rows_of, split)
    assert sorted(train + test) == sorted(rows_of(data))
    assert train and test
    for part in split:
        assert part.ratings.tolist() == sorted(part.ratings)  # the order of rows
        assert part.users is data.users and part.items is data.items
    users, items = (
        sorted({*getattr(split.test, ids)} - {*getattr(split.train, ids)})
        for ids in ("user_ids", "item_ids")
    )
    assert split.cold_users.tolist() == users
    assert split.cold_items.tolist() == items


@pytest.mark.parametrize("name", PER_USER)
@given(degrees, seeds)
def test_every_user_keeps_one_in_train(log, name, degrees, seed):
    data = log(degrees)
    train, _ = SPLITS[name](data, seed=seed)
    assert set(train.user_ids) == set(data.user_ids)


@pytest.mark.parametrize("name", [*PER_USER, "random", "temporal"])
@given(degrees, seeds, st.randoms(use_true_random=False))
def test_rows_are_held_out_whatever_users_and_items_are_called(
    log, name, degrees, seed, random
):
    data = log(degrees)
    users, items = list(range(data.num_users)), list(range(data.num_items))
    random.shuffle(users)
    random.shuffle(items)
    renamed = dataclasses.replace(
        data,
        user_ids=np.array(users, np.int32)[data.user_ids],
        item_ids=np.array(items, np.int32)[data.item_ids],
    )
    test, renamed_test = (SPLITS[name](d, seed=seed).test for d in (data, renamed))
    assert renamed_test.ratings.tolist() == test.ratings.tolist()


@every_split
def test_the_seed_alone_decides(log, name):
    data = log([6] * 6, times=[0] * 36)
    np.random.seed(5)
    before = np.random.get_state()[1].tolist()
    first = in_train_of(3, data, name)
    assert np.random.get_state()[1].tolist() == before
    np.random.seed(6)
    assert in_train_of(3, data, name) == first
    draws_nothing = name == "leave-last-out"
    assert (in_train_of(4, data, name) == first) == draws_nothing


@every_split
def test_a_split_that_leaves_a_part_empty_is_refused(log, name):
    data = log([1, 1])
    choices = [{"test_fraction": 0.1}, {"test_fraction": 0}]
    if name == "k-fold":
        choices = [{"num_folds": 900}]  # the first has none of the two rows
    for options in choices if name not in LEAVE_OUT else [{}]:
        with pytest.raises(ValueError, match=r"Received: 0 of 2 for test.*k_core"):
            SPLITS[name](data, seed=0, **options)


def test_a_split_that_leaves_train_empty_is_refused(log):
    with pytest.raises(ValueError, match="Received: 3 of 3 for test"):
        splits.random_split(log([3]), seed=0, test_fraction=0.9)


@pytest.mark.parametrize("name", FRACTIONS)
def test_fractions_are_at_least_zero_and_below_one(log, name):
    expected = "`test_fraction` must be at least 0.*Received: test_fraction=1.0"
    with pytest.raises(ValueError, match=expected):
        SPLITS[name](log([4]), seed=0, test_fraction=1.0)


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        (splits.leave_last_out, {"seed": 0}),
        (splits.temporal_split, {"seed": 0}),
        (splits.temporal_cut, {"time": 1}),
    ],
)
def test_splits_by_time_need_timestamps(from_pairs, rule, options):
    with pytest.raises(ValueError, match="needs timestamps"):
        rule(from_pairs([(0, 0), (0, 1)], 1, 2), **options)


# The size of test


@pytest.mark.parametrize("name", ["random", "temporal"])
@pytest.mark.parametrize(
    ("fraction", "size"), [(0.2, 2), (0.34, 3), (0.36, 4), (0.9, 9)]
)
def test_a_fraction_of_all_is_rounded(log, name, fraction, size):
    _, test = SPLITS[name](log([4, 5, 1]), seed=0, test_fraction=fraction)
    assert len(test) == size


@pytest.mark.parametrize("name", [*FRACTIONS, "k-fold"])
def test_a_fifth_is_held_out_by_default(log, name):
    assert len(SPLITS[name](log([10] * 10), seed=0).test) == 20


@pytest.mark.parametrize(
    ("split", "options", "degrees", "held_out"),
    [
        # 0.6 * 1 = 0.6 -> 1, but one stays; 1.2 -> 1; 1.8 -> 2; 2.4 -> 2; 6
        ("stratified", {"test_fraction": 0.6}, [1, 2, 3, 4, 10], [0, 1, 2, 2, 6]),
        # of 1 the one stays; 0.14, 0.21 -> 1; 1.4 -> 2; 7, though 0.07 * 100 is more
        (
            "stratified",
            {"test_fraction": 0.07, "round_up": True},
            [1, 2, 3, 20, 100],
            [0, 1, 1, 2, 7],
        ),
        ("leave-k-out", {"k": 3}, [1, 2, 3, 4, 10], [0, 1, 2, 3, 3]),
        ("leave-k-out", {}, [14, 11], [10, 10]),
        ("leave-last-out", {}, [14, 11], [1, 1]),
        ("leave-one-out", {}, [14, 11], [1, 1]),
    ],
)
def test_each_user_keeps_at_least_one(log, split, options, degrees, held_out):
    _, test = SPLITS[split](log(degrees), seed=2, **options)
    found = np.bincount(test.user_ids, minlength=len(degrees))
    assert found.tolist() == held_out


@pytest.mark.parametrize("split", [splits.leave_k_out, splits.leave_last_out])
@pytest.mark.parametrize("k", [0, -2, 2.5, 2.0, True, "2", None])
def test_leave_k_out_takes_a_k_of_at_least_one(log, split, k):
    with pytest.raises(ValueError, match=f"`k` must be a whole number.*k={k!r}"):
        split(log([3]), seed=0, k=k)


# The choice of test rows


@pytest.mark.parametrize(
    ("name", "options", "share"),
    [
        ("random", {"test_fraction": 0.4}, 2 / 5),
        ("stratified", {"test_fraction": 0.4}, 2 / 5),
        ("leave-one-out", {}, 1 / 5),
        ("leave-k-out", {"k": 2}, 2 / 5),
        ("k-fold", {"fold": 1}, 1 / 5),
    ],
)
def test_each_interaction_is_as_likely_as_any_other(log, name, options, share):
    data = log([5, 5])
    drawn = np.zeros((2, 5))
    for seed in range(600):
        _, test = SPLITS[name](data, seed=seed, **options)
        drawn[test.user_ids, test.item_ids] += 1
    assert drawn.sum() == 600 * round(10 * share)
    assert stats.chisquare(drawn.ravel()).pvalue > 1e-3


@given(degrees, seeds, st.data())
def test_leave_last_out_takes_the_last_of_each_user(log, degrees, seed, data):
    size = sum(degrees)
    times = data.draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size))
    k = data.draw(st.integers(1, 3))
    train, test = splits.leave_last_out(log(degrees, times), seed=seed, k=k)
    held_out = Counter(test.user_ids.tolist())
    for user, degree in enumerate(degrees):
        assert held_out[user] == max(0, min(k, degree - 1))
    first = {}
    for row in rows_of(test):
        first[row[0]] = min(row[3], first.get(row[0], 9))
    assert all(first.get(row[0], 9) >= row[3] for row in rows_of(train))


@given(degrees, seeds, st.data())
def test_a_temporal_split_puts_no_test_before_train(log, degrees, seed, data):
    size = sum(degrees)
    times = data.draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size))
    rows = log(degrees, times)
    train, test = splits.temporal_split(rows, seed=seed, test_fraction=0.5)
    assert test.timestamps.min() >= train.timestamps.max()


def test_ties_in_time_are_cut_evenly_at_random(log):
    data = log([5], times=[7, 7, 1, 7, 7])
    drawn = Counter()
    for seed in range(400):
        _, test = splits.temporal_split(data, seed=seed, test_fraction=0.2)
        drawn[test.ratings.item()] += 1
    assert sorted(drawn) == [100, 101, 103, 104]  # all but the row of time 1
    assert stats.chisquare(list(drawn.values())).pvalue > 1e-3


def test_leave_last_out_takes_the_later_row_of_equal_times(log):
    data = log([4, 3], times=[7, 7, 1, 7, 5, 5, 5])
    expected = [
        max(rows_of(data.take(data.user_ids == user)), key=lambda row: row[3:])
        for user in (0, 1)
    ]
    for seed in range(3):
        parts = splits.with_validation(splits.leave_last_out, data, seed=seed)
        assert sorted(rows_of(parts.test)) == expected
        for user in (0, 1):
            ordered = [part.take(part.user_ids == user).weights for part in parts]
            times = [part.take(part.user_ids == user).timestamps for part in parts]
            keys = list(zip(map(max, times), map(max, ordered), strict=True))
            assert keys[1] < keys[2]


def test_leave_last_out_takes_the_end_of_each_line_of_lists(tmp_path):
    path = tmp_path / "lists.txt"
    path.write_text("5 30 10 20\n4 20 30\n6 10\n")
    parts = splits.leave_last_out(read_interactions(path), seed=0)
    assert [(p.users.ids[p.user_ids]).tolist() for p in parts] == [[5, 5, 4, 6], [5, 4]]
    assert parts.test.items.ids[parts.test.item_ids].tolist() == [20, 30]
    with pytest.raises(ValueError, match="needs timestamps"):
        splits.temporal_split(read_interactions(path), seed=0)


# Cold users and items


@pytest.mark.parametrize("side", ["user", "item"])
@given(degrees, seeds)
def test_all_rows_of_cold_users_and_items_are_in_test(log, side, degrees, seed):
    data = log(degrees)
    split = SPLITS[f"cold-{side}s"](data, seed=seed, test_fraction=0.5)
    train, test = (set(getattr(part, f"{side}_ids").tolist()) for part in split)
    active = set(getattr(data, f"{side}_ids").tolist())
    assert train.isdisjoint(test) and train | test == active
    assert len(test) == round(0.5 * len(active))
    assert getattr(split, f"cold_{side}s").tolist() == sorted(test)


@pytest.mark.parametrize("name", ["cold-users", "cold-items"])
def test_each_user_and_item_is_as_likely_to_be_cold(log, name):
    data = log([5] * 5)
    drawn = np.zeros(6)
    for seed in range(600):
        split = SPLITS[name](data, seed=seed, test_fraction=0.4)
        drawn[split.cold_users if name == "cold-users" else split.cold_items] += 1
    assert drawn[5] == 0  # neither the sixth user nor the sixth item has any
    assert drawn.sum() == 600 * 2
    assert stats.chisquare(drawn[:5]).pvalue > 1e-3


# Folds


@given(degrees, seeds, st.integers(2, 4))
def test_every_row_is_in_test_in_one_fold(log, degrees, seed, num_folds):
    data = log([*degrees, 4])  # enough for a row in each fold
    folds = list(splits.k_folds(data, seed=seed, num_folds=num_folds))
    tests = [rows_of(split.test) for split in folds]
    assert sorted(row for test in tests for row in test) == sorted(rows_of(data))
    sizes = [len(test) for test in tests]
    assert max(sizes) - min(sizes) <= 1
    per_user = np.array(
        [np.bincount(split.test.user_ids, minlength=8) for split in folds]
    )
    assert (per_user.max(axis=0) - per_user.min(axis=0) <= 1).all()
    for fold, split in enumerate(folds):
        assert sorted(rows_of(split.train) + tests[fold]) == sorted(rows_of(data))
        assert all(len(items_of(data, user)) == 1 for user in split.cold_users)
        one = splits.k_fold(data, seed=seed, num_folds=num_folds, fold=fold)
        assert rows_of(one.test) == tests[fold]


def items_of(data: Interactions, user: int) -> list[int]:
    return data.item_ids[data.user_ids == user].tolist()


def test_the_only_row_of_a_user_may_be_in_any_fold(log):
    drawn = Counter()
    data = log([1, 4])
    for seed in range(200):
        for fold, split in enumerate(splits.k_folds(data, seed=seed)):
            drawn[fold] += 0 in split.test.user_ids
    assert stats.chisquare([drawn[fold] for fold in range(5)]).pvalue > 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_folds": 1}, "`num_folds` must be at least 2.*num_folds=1"),
        ({"num_folds": 2.5}, "`num_folds` must be a whole number.*num_folds=2.5"),
        ({"num_folds": 3, "fold": 3}, "`fold` must be from 0 to 2. Received: fold=3"),
        ({"fold": -1}, "`fold` must be from 0 to 4. Received: fold=-1"),
    ],
)
def test_folds_that_there_are_not_are_refused(log, options, message):
    with pytest.raises(ValueError, match=message):
        splits.k_fold(log([5, 5]), seed=0, **options)


def test_folds_are_refused_when_they_are_asked_for(log):
    with pytest.raises(ValueError, match="num_folds=1"):
        splits.k_folds(log([5, 5]), seed=0, num_folds=1)  # before the first is taken


# Splits that are expected where to cut


@given(degrees, st.integers(-3, 3), st.data())
def test_a_cut_in_time_puts_what_is_from_then_on_into_test(log, degrees, time, data):
    size = sum(degrees)
    times = data.draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size))
    assume(min(times) < time <= max(times))
    rows = log(degrees, times)
    train, test = splits.temporal_cut(rows, time=time)
    assert (train.timestamps < time).all() and (test.timestamps >= time).all()
    assert len(train) + len(test) == size


@pytest.mark.parametrize(("time", "num_test"), [(0, 3), (3, 0), (float("nan"), 0)])
def test_a_cut_before_or_after_everything_is_refused(log, time, num_test):
    with pytest.raises(ValueError, match=f"Received: {num_test} of 3 for test"):
        splits.temporal_cut(log([3]), time=time)  # of times 2, 1 and 0


def test_a_mask_puts_what_it_marks_into_test(log):
    split = splits.masked_split(log([3, 2]), [True, False, False, True, False])
    assert split.test.ratings.tolist() == [100, 103]
    assert split.train.ratings.tolist() == [101, 102, 104]


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ([1, 0, 1], r"must be 3 booleans.*shape \(3,\), int64"),
        ([True, False], r"must be 3 booleans.*shape \(2,\), bool"),
        ([[True, False, True]], r"must be 3 booleans.*shape \(1, 3\), bool"),
        ([True] * 3, "Received: 3 of 3 for test"),
        ([False] * 3, "Received: 0 of 3 for test"),
    ],
)
def test_what_is_no_mask_of_both_parts_is_refused(log, mask, expected):
    with pytest.raises(ValueError, match=expected):
        splits.masked_split(log([3]), np.array(mask))


def test_given_parts_are_taken_as_they_are(log):
    train, test = splits.leave_one_out(log([3, 2]), seed=0)
    split = splits.given_split(train, test)
    assert split.train is train and split.test is test


def test_given_parts_that_share_a_row_are_refused(log):
    data = log([4])
    expected = (
        "Received: 2 of 3 in test that are in train too. Drop them with test.take"
    )
    with pytest.raises(ValueError, match=expected):
        splits.given_split(data.take([0, 1, 2]), data.take([1, 2, 3]))


def test_given_parts_of_two_vocabularies_are_refused(log):
    with pytest.raises(ValueError, match="must share one vocabulary"):
        splits.given_split(log([3, 3]), log([4]))


# Cold users and items of a split


@pytest.fixture
def part_cold(from_pairs):
    """Train has users 0 and 2 and items 0 and 1; user 4 and item 4 have nothing."""
    pairs = [(0, 0), (2, 1), (0, 1), (1, 0), (2, 3), (3, 3), (3, 0)]
    return splits.masked_split(from_pairs(pairs, 5, 5), np.arange(7) >= 2)


def test_users_and_items_without_training_data_are_reported(part_cold):
    assert part_cold.cold_users.tolist() == [1, 3]
    assert part_cold.cold_items.tolist() == [3]
    assert part_cold.cold_users.dtype == part_cold.cold_items.dtype == np.int32
    assert repr(part_cold) == (
        "<Split: 2 train and 5 test interactions, 2 users and 1 items not in train>"
    )


def test_cold_rows_are_left_out_of_test_only_when_asked(part_cold):
    warm = part_cold.without_cold()
    assert len(part_cold.test) == 5
    assert warm.train is part_cold.train
    assert list(zip(warm.test.user_ids, warm.test.item_ids, strict=True)) == [(0, 1)]
    assert repr(warm).endswith("1 test interactions, all users and items in train>")


def test_a_test_of_cold_rows_alone_is_not_emptied(log):
    split = splits.cold_user_split(log([3] * 10), seed=0)
    with pytest.raises(ValueError, match=r"in train. Received: none of 6. Split anoth"):
        split.without_cold()


# Validation


@every_split
def test_every_split_gives_a_validation_part(log, name):
    data = log([20] * 20)
    parts = splits.with_validation(SPLITS[name], data, seed=3)
    train, validation, test = map(rows_of, parts)
    assert sorted(train + validation + test) == sorted(rows_of(data))
    assert test == rows_of(SPLITS[name](data, seed=3).test)
    for part in parts:
        assert part.users is data.users and part.items is data.items
    if name in BY_TIME:
        last = dict.fromkeys(range(20), -1) | {row[0]: row[3] for row in validation}
        assert all(row[3] > last[row[0]] for row in test)


def test_validation_is_the_last_but_one_where_test_is_the_last(log):
    parts = splits.with_validation(splits.leave_last_out, log([3]), seed=0)
    assert [part.timestamps.tolist() for part in parts] == [[0], [1], [2]]


def test_validation_does_not_follow_test(log):
    """The same random numbers over again would choose the row after that of test."""
    follows = 0
    for seed in range(300):
        parts = splits.with_validation(splits.leave_one_out, log([10]), seed=seed)
        follows += parts.validation.ratings[0] == parts.test.ratings[0] + 1
    assert stats.binomtest(int(follows), 300, 1 / 10).pvalue > 1e-3


def test_validation_by_another_rule_leaves_test_alone(log):
    split = splits.temporal_cut(log([5, 5]), time=6)
    rule = partial(splits.random_split, test_fraction=0.5)
    parts = splits.with_validation(rule, split, seed=1)
    assert parts.test is split.test
    assert len(parts.train) == len(parts.validation) == 3
    rows = rows_of(parts.train) + rows_of(parts.validation)
    assert sorted(rows) == sorted(rows_of(split.train))


def test_three_parts_show_who_has_no_training_data(log):
    data = log([2] * 4)
    rule = partial(splits.cold_user_split, test_fraction=0.3)
    split = splits.masked_split(data, data.user_ids == 0)
    parts = splits.with_validation(rule, split, seed=0)
    (validated,) = parts.validation_split.cold_users
    assert parts.test_split.cold_users.tolist() == [0] != [validated]
    assert repr(parts) == (
        "<TrainValidationTest: 4 train, 2 validation (1 users and 0 items not in train) and 2 "  # noqa: E501
        "test interactions (1 users and 0 items not in train)>"
    )


# Golden splits


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
