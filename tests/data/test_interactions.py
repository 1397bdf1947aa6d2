"""Interactions: every row keeps its values, and errors show them."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.data.interactions import Interactions
from tfrecs.data.vocabulary import Vocabulary

ROWS = {  # (user, item) -> rating, timestamp, weight; no two numbers are equal
    ("bob", 30): (4.0, 13, 0.5),
    ("ann", 30): (2.0, 11, 0.25),
    ("bob", 10): (5.0, 12, 0.125),
    ("cat", 20): (1.0, 14, 3.0),
}


def small(**changes) -> Interactions:
    users, items = zip(*ROWS, strict=True)
    ratings, timestamps, weights = zip(*ROWS.values(), strict=True)
    columns = {"ratings": ratings, "timestamps": timestamps, "weights": weights}
    return Interactions.from_arrays(users, items, **{**columns, **changes})


def raw_pairs(data: Interactions) -> list[tuple]:
    users, items = data.users.ids[data.user_ids], data.items.ids[data.item_ids]
    return list(zip(users.tolist(), items.tolist(), strict=True))


def raw_rows(data: Interactions) -> dict[tuple, tuple]:
    values = zip(data.ratings, data.timestamps, data.weights, strict=True)
    return dict(zip(raw_pairs(data), map(tuple, values), strict=True))


def of_ids(user_ids=(0, 1), item_ids=(1, 0), **columns) -> Interactions:
    users, items = Vocabulary(["ann", "bob"], "users"), Vocabulary([7, 8, 9], "items")
    return Interactions(np.array(user_ids), np.array(item_ids), users, items, **columns)


# Made from arrays


def test_every_row_keeps_its_values_in_the_order_given():
    data = small()
    assert raw_rows(data) == ROWS
    assert raw_pairs(data) == list(ROWS)
    assert data.user_ids.dtype == data.item_ids.dtype == np.int32
    assert data.ratings.dtype == data.weights.dtype == np.float32


def test_indices_may_be_lists():
    names = Vocabulary(["ann", "bob"], "users"), Vocabulary([7, 8], "items")
    assert raw_pairs(Interactions([1, 0], [0, 1], *names)) == [("bob", 7), ("ann", 8)]


@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(), st.text(max_size=2)),
            st.tuples(st.integers(0, 2), st.text(max_size=1)),
        ),
        min_size=1,
        unique=True,
        max_size=10,
    )
)
def test_raw_pairs_come_back(pairs):
    assert raw_pairs(Interactions.from_arrays(*zip(*pairs, strict=True))) == pairs


def test_given_vocabularies_are_used_as_they_are():
    train = small()
    test = Interactions.from_arrays(
        ["cat"], [10], user_vocabulary=train.users, item_vocabulary=train.items
    )
    assert test.users is train.users and test.items is train.items
    assert (test.user_ids[0], test.item_ids[0]) == (2, 0)


def test_datetimes_become_seconds_since_1970():
    times = np.array(["1970-01-01T00:00:01.5", "1970-01-02"], dtype="datetime64[ms]")
    assert of_ids(timestamps=times).timestamps.tolist() == [1.5, 86400.0]
    assert of_ids(timestamps=pd.to_datetime(pd.Series(times))).timestamps[0] == 1.5


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ([1, 2], np.int64),
        ([1.5, 2], np.float64),
        ([True, 2], np.int64),
        ([2**53, 2**53 + 1], np.int64),
        (np.array([0.1, 0.2], np.float32), np.float64),
    ],
)
def test_numeric_times_keep_their_precision(given, kind):
    times = of_ids(timestamps=given).timestamps
    assert times.dtype == kind
    assert times.tolist() == np.array(given).tolist()


# Repeated pairs

TWICE = {
    "users": ["ann", "bob", "ann", "ann"],
    "items": [1, 1, 1, 2],
    "ratings": [5, 4, 2, 3],
    "timestamps": [20, 30, 10, 40],
    "weights": [0.5, 8, 0.25, 16],
}


@pytest.mark.parametrize(
    ("policy", "ann_1"),
    [
        ({}, (5, 20, 0.5)),
        ({"duplicates": "last"}, (5, 20, 0.5)),
        ({"duplicates": "first"}, (2, 10, 0.25)),
        ({"duplicates": "max"}, (5, 20, 0.5)),
        ({"duplicates": "sum"}, (5 + 2, 20, 0.5 + 0.25)),
    ],
)
def test_a_repeated_pair_is_merged_by_the_policy(policy, ann_1):
    data = Interactions.from_arrays(**TWICE, **policy)
    others = {("bob", 1): (4, 30, 8), ("ann", 2): (3, 40, 16)}
    assert raw_rows(data) == {("ann", 1): ann_1, **others}


@pytest.mark.parametrize(
    ("policy", "ratings", "times", "expected"),
    [
        # by row if there are no times, or equal ones
        ("last", [1, 2, 3, 2], None, (2, None)),
        ("first", [1, 2, 3, 2], None, (1, None)),
        ("last", [1, 2, 3, 2], [9, 9, 9, 8], (3, 9)),
        ("first", [1, 2, 3, 2], [9, 9, 9, 9], (1, 9)),
        ("max", [1, 5, 3, 5], [4, 3, 2, 1], (5, 1)),
        ("sum", None, None, (4, None)),  # counts occurrences
    ],
)
def test_the_kept_row_of_a_pair(policy, ratings, times, expected):
    data = Interactions.from_arrays(
        "aaaab", "xxxxx",
        ratings=ratings and [*ratings, 1],
        timestamps=times and [*times, 9],
        duplicates=policy,
    )  # fmt: skip
    row = raw_pairs(data).index(("a", "x"))
    time = None if times is None else data.timestamps[row]
    assert (data.ratings[row], time) == expected
    assert data.ratings[1 - row] == 1


def test_sum_of_weights_alone_makes_no_ratings():
    data = Interactions.from_arrays("aa", "xx", weights=[1, 2], duplicates="sum")
    assert data.ratings is None
    assert data.weights.tolist() == [3]


def test_merged_rows_stay_in_the_order_of_the_kept_rows():
    last = Interactions.from_arrays("abca", "xxxx")
    assert raw_pairs(last) == [("b", "x"), ("c", "x"), ("a", "x")]
    first = Interactions.from_arrays("abca", "xxxx", duplicates="first")
    assert raw_pairs(first) == [("a", "x"), ("b", "x"), ("c", "x")]


def test_error_lets_distinct_pairs_through():
    assert len(Interactions.from_arrays("ab", "xx", duplicates="error")) == 2


# Made from a frame


def test_a_frame_gives_the_named_columns():
    users, items = zip(*ROWS, strict=True)
    values = np.array(list(ROWS.values())).T
    frame = pd.DataFrame({"u": users, "i": items})
    frame[["r", "t", "w"]] = values.T
    frame.index = [5, 5, 6, 7]
    named = {"rating_col": "r", "time_col": "t", "weight_col": "w"}
    data = Interactions.from_frame(frame, user_col="u", item_col="i", **named)
    assert raw_rows(data) == ROWS


@pytest.mark.parametrize(
    "names",
    [("user_id", "item_id", "rating", "time"), ("userId", "Film", "Stars", "date")],
)
def test_columns_of_a_frame_are_found_by_usual_names(names):
    rows = {"item": [7, 8], "user": ["b", "a"], "rating": [1, 2], "time": [5, 4]}
    renamed = dict(zip(("user", "item", "rating", "time"), names, strict=True))
    data = Interactions.from_frame(pd.DataFrame(rows).rename(columns=renamed))
    assert raw_pairs(data) == [("b", 7), ("a", 8)]
    assert data.ratings.tolist() == [1, 2]
    assert data.timestamps.tolist() == [5, 4]
    assert data.weights is None


def test_a_frame_needs_only_users_and_items():
    data = Interactions.from_frame(pd.DataFrame({"item": [7], "user": ["b"], 5: [1]}))
    assert data.ratings is data.timestamps is data.weights is None
    message = "`frame`: must have a column of item ids with a usual name.*`item_col`"
    with pytest.raises(ValueError, match=message):
        Interactions.from_frame(pd.DataFrame({"user": ["b"], "what": [1], 5: [1]}))


def test_times_that_need_a_conversion_are_left_out_unless_named(caplog):
    frame = pd.DataFrame({"user": [1, 1], "item": [2, 3], "date": ["3 May", "4 May"]})
    assert Interactions.from_frame(frame).timestamps is None
    assert "the column 'date' must hold numbers or datetimes" in caplog.text
    assert Interactions.from_frame(frame.assign(date=[1.0, None])).timestamps is None
    with pytest.raises(TypeError, match=r"datetimes\. Received: .*to_datetime"):
        Interactions.from_frame(frame, time_col="date")


def test_a_frame_passes_on_policy_and_features():
    frame = pd.DataFrame({"user_id": [1, 1], "item_id": [2, 2], "r": [3, 4]})
    ages = pd.DataFrame({"age": [30]}, index=[1])
    years = pd.DataFrame({"year": [1995]}, index=[2])
    data = Interactions.from_frame(
        frame,
        rating_col="r",
        duplicates="sum",
        user_features=ages,
        item_features=years,
    )
    assert data.ratings.tolist() == [7]
    assert data.user_features["age"].tolist() == [30]
    assert data.item_features["year"].tolist() == [1995]


@pytest.mark.parametrize(
    "role", ["user_col", "item_col", "rating_col", "time_col", "weight_col"]
)
def test_a_column_that_a_frame_lacks_is_named_with_those_it_has(role):
    frame = pd.DataFrame({"user_id": [1], "item_id": [2]})
    expected = f"the column 'stars', named in `{role}`. Received: columns user_id, item"
    with pytest.raises(ValueError, match=expected):
        Interactions.from_frame(frame, **{role: "stars"})


# Made from a matrix

MATRIX = np.array([[0, 5, 0, 2], [0, 0, 0, 3]])


@pytest.mark.parametrize("kind", [np.array, sp.csr_array, sp.csc_matrix, sp.coo_array])
def test_what_is_not_zero_in_a_matrix_is_an_interaction(kind):
    data = Interactions.from_matrix(kind(MATRIX), users="ab", items=[9, 8, 7, 6])
    rated = dict(zip(raw_pairs(data), data.ratings.tolist(), strict=True))
    assert rated == {("a", 8): 5, ("a", 6): 2, ("b", 6): 3}
    assert (data.num_users, data.num_items) == (2, 4)


def test_rows_and_columns_are_numbered_by_default():
    data = Interactions.from_matrix(MATRIX)
    assert (data.users.ids.tolist(), data.items.ids.tolist()) == ([0, 1], [0, 1, 2, 3])


def test_repeated_entries_of_a_matrix_add_up_and_stored_zeros_do_not_count():
    entries = ([1, 2, 0, 3, -3], ([0, 0, 1, 1, 1], [1, 1, 0, 2, 2]))
    coo = sp.coo_array(entries, shape=(2, 3))
    data = Interactions.from_matrix(coo)
    assert (raw_pairs(data), data.ratings.tolist()) == ([(0, 1)], [3])
    assert coo.nnz == 5


def test_a_matrix_takes_features_in_the_order_of_their_ids():
    years = pd.DataFrame({"year": [1, 2, 3, 4]}, index=[3, 2, 1, 0])
    ages = pd.DataFrame({"age": [30, 40]}, index=[1, 0])
    data = Interactions.from_matrix(MATRIX, item_features=years, user_features=ages)
    assert data.item_features["year"].tolist() == [4, 3, 2, 1]
    assert data.user_features["age"].tolist() == [40, 30]


@pytest.mark.parametrize(
    ("matrix", "given", "expected"),
    [
        (np.ones(3), {}, r"users x items. Received: shape \(3,\)"),
        (np.ones((1, 2, 3)), {}, r"users x items. Received: shape \(1, 2, 3\)"),
        (MATRIX, {"users": "abc"}, r"shape \(2, 4\) and 3 users\.$"),
        (MATRIX, {"items": "abc"}, r"shape \(2, 4\) and 3 items\.$"),
        (MATRIX, {"users": "abcd"}, r"4 users\. It looks transposed: pass matrix.T"),
        (MATRIX, {"items": "ab"}, r"2 items\. It looks transposed: pass matrix.T"),
        (np.array([[1.0, np.nan]]), {}, "`ratings` must be finite.*the first nan"),
        (np.array([[1.0, -1.0]]), {}, "`ratings` must be finite.*the first -1.0"),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused(matrix, given, expected):
    with pytest.raises(ValueError, match=expected):
        Interactions.from_matrix(matrix, **given)


# The matrix


def test_every_item_is_counted_with_those_that_nobody_has(from_pairs):
    train = from_pairs([(0, 1), (1, 1), (1, 3)], 2, 5)
    assert train.item_counts.tolist() == [0, 2, 0, 1, 0]


def test_the_items_of_each_row_of_the_matrix_are_sorted(from_pairs):
    data = from_pairs([(0, 3), (1, 0), (0, 1), (0, 2)], 2, 4)
    assert data.matrix.indices.tolist() == [1, 2, 3, 0]


@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1))
def test_a_matrix_comes_back(pairs):
    dense = np.zeros((5, 7), dtype=np.float32)
    dense[tuple(np.array(list(pairs)).T)] = 1
    matrix = Interactions.from_matrix(dense).matrix
    assert (matrix.toarray() == dense).all()
    assert matrix.dtype == np.float32


# Parts


@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([1, 0, 1, 0], dtype=bool)])
def test_take_gives_the_rows_with_all_that_is_known_of_them(rows):
    data = small()
    part = data.take(rows)
    pairs = [list(ROWS)[row] for row in np.arange(4)[rows]]
    assert raw_rows(part) == {pair: ROWS[pair] for pair in pairs}
    assert raw_pairs(part) == pairs
    assert part.users is data.users and part.items is data.items


def test_at_least_includes_its_minimum():
    assert raw_pairs(small().at_least(4)) == [("bob", 30), ("bob", 10)]
    assert small().at_least(4).num_items == 3
    assert len(small().at_least(5)) == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ratings": None}, "`at_least` needs ratings"),
        ({}, "must be at most 5, the highest rating. Received: min_rating=5.5"),
    ],
)
def test_at_least_needs_ratings_as_high(changes, expected):
    with pytest.raises(ValueError, match=expected):
        small(**changes).at_least(5.5)


def test_contains_shows_for_each_pair_of_the_other():
    data = small()
    part = data.take(np.array([3, 0]))
    assert part.contains(data).tolist() == [True, False, False, True]
    assert data.contains(part).tolist() == [True, True]
    assert data.num_shared(part) == part.num_shared(data) == 2


def test_contains_does_not_mistake_a_pair_for_another(from_pairs):
    data = from_pairs([(0, 1), (2, 3)], 4, 4)
    others = from_pairs([(1, 0), (3, 2), (2, 1), (2, 3)], 4, 4)
    assert data.contains(others).tolist() == [False, False, False, True]
    assert data.num_shared(others) == 1


@pytest.mark.parametrize("others", [["p", "q"], ["p", "q", "r"]])
@pytest.mark.parametrize("axis", ["users", "items"])
def test_contains_needs_one_vocabulary(axis, others):
    mine = {"users": ["ann", "bob", "cat"], "items": ["x", "y", "x"]}
    theirs = {**mine, axis: [*others, *others][:3]}
    expected = f"must share one vocabulary.*Received: .* {axis}: .* {axis}: 'p', 'q'"
    with pytest.raises(ValueError, match=expected):
        Interactions.from_arrays(**mine).contains(Interactions.from_arrays(**theirs))
    with pytest.raises(ValueError, match=expected):
        Interactions.from_arrays(**mine).num_shared(Interactions.from_arrays(**theirs))


# Cores


def slow_core(pairs: set, user: int, item: int) -> set:
    while True:
        kept = {
            (u, i)
            for u, i in pairs
            if sum(v == u for v, _ in pairs) >= user
            and sum(j == i for _, j in pairs) >= item
        }
        if kept == pairs:
            return kept
        pairs = kept


@given(
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_k_core_is_what_dropping_one_at_a_time_leaves(pairs, user, item):
    data = Interactions.from_arrays(*zip(*sorted(pairs), strict=True))
    core = slow_core(pairs, user, item)
    if core:
        kept = data.k_core(user=user, item=item)
        assert raw_pairs(kept) == sorted(core)
        assert kept.users.ids.tolist() == sorted({u for u, _ in core})
        assert kept.items.ids.tolist() == sorted({i for _, i in core})
    else:
        with pytest.raises(ValueError, match=f"user={user}, item={item}. Lower them"):
            data.k_core(user=user, item=item)


@pytest.mark.parametrize(("size", "bad"), [("user", 0), ("item", -1), ("user", 1.5)])
def test_k_core_takes_sizes_of_at_least_one(size, bad):
    with pytest.raises(ValueError, match=f"`{size}` must be.*Received: {size}={bad}"):
        small().k_core(**{size: bad})


def test_k_core_counts_any_rating_and_that_of_positives_none_of_0():
    data = Interactions.from_arrays("aabb", "xyxz", ratings=[1, 0, 1, 1])
    assert raw_pairs(data.k_core(user=2)) == raw_pairs(data)
    assert raw_pairs(data.positives.k_core(user=2)) == [("b", "x"), ("b", "z")]


def test_compact_drops_ids_and_features_without_interactions():
    years = pd.DataFrame({"year": [1, 2, 3]}, index=[10, 20, 30])
    ages = pd.DataFrame({"age": [5, 6, 7]}, index=["ann", "bob", "cat"])
    data = small(item_features=years, user_features=ages).take(np.array([3, 1]))
    part = data.compact()
    assert raw_rows(part) == raw_rows(data)
    assert part.users.ids.tolist() == ["ann", "cat"]
    assert part.items.ids.tolist() == [20, 30]
    assert part.item_features["year"].tolist() == [2, 3]
    assert part.user_features["age"].tolist() == [5, 7]
    assert (part.users.name, part.items.name) == ("users", "items")


# Features


def test_features_stand_in_the_order_of_the_ids():
    years = pd.DataFrame({"year": [1, 2, 3]}, index=[30, 10, 20])
    data = small(item_features=years)
    assert data.item_features.index.tolist() == data.items.ids.tolist() == [10, 20, 30]
    assert data.item_features["year"].tolist() == [2, 3, 1]


def test_ids_without_features_have_missing_values_and_others_are_dropped():
    ages = pd.DataFrame({"age": [6.0, 9.0]}, index=["bob", "zoe"])
    data = small(user_features=ages)
    assert data.user_features["age"].fillna(-1).tolist() == [-1, 6, -1]


def test_tuples_can_index_features():
    index = pd.Index([(2, "b"), (1, "a")], tupleize_cols=False)
    data = Interactions.from_arrays(
        [(1, "a"), (2, "b")], [5, 6], user_features=pd.DataFrame({"x": [8, 9]}, index)
    )
    assert data.user_features["x"].tolist() == [9, 8]


@pytest.mark.parametrize(
    ("name", "index", "expected"),
    [
        ("item_features", [30, 30, 10], "have one row for each id. Received: 30 more"),
        (
            "user_features",
            [0, 1, 2],
            r"have rows for ids such as 'ann'.*none of them, but such as 0.*index",
        ),
    ],
)
def test_features_are_indexed_once_by_raw_id(name, index, expected):
    with pytest.raises(ValueError, match=f"`{name}` must {expected}"):
        small(**{name: pd.DataFrame({"x": [1, 2, 3]}, index=index)})


# Nothing can change


@pytest.mark.parametrize(
    "name", ["user_ids", "item_ids", "ratings", "timestamps", "weights"]
)
def test_arrays_are_copied_and_read_only(name):
    given = {"user_ids": [0, 1], "item_ids": [1, 0], "timestamps": [3, 4]}
    arrays = {**given, "ratings": [5, 6], "weights": [7, 8]}
    arrays = {key: np.array(values) for key, values in arrays.items()}
    data = of_ids(**arrays)
    first = int(arrays[name][0])
    arrays[name][0] = 99
    assert getattr(data, name)[0] == first
    with pytest.raises(ValueError, match="read-only"):
        getattr(data, name)[0] = 0


def test_attributes_cannot_be_set():
    with pytest.raises(dataclasses.FrozenInstanceError, match="ratings"):
        small().ratings = None


# Representation


def test_it_shows_sizes_density_and_what_is_known():
    assert repr(small()) == (
        "<Interactions: 4 of 3 users x 3 items, density 44.44%, "
        "with ratings, timestamps, weights>"
    )
    features = pd.DataFrame({"x": [1]}, index=["a"])
    assert repr(Interactions.from_arrays("a", "x", user_features=features)) == (
        "<Interactions: 1 of 1 user x 1 item, density 100.00%, with user features>"
    )


# Errors

NOT_A_TIME = np.array(["2024-01-01", "NaT", "NaT"], dtype="datetime64[s]")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"users": [], "items": []}, "`users` must hold at least one interact.*none"),
        ({"users": ["a", None, "c"]}, r"`users` must have no missing.*row 1"),
        ({"items": [np.nan, 2, 3]}, r"`items` must have no missing.*row 0"),
        ({"items": "xy"}, "`items` must be as long as `users`. Received: 2 and 3"),
        ({"timestamps": [1]}, "`timestamps` must be as long as `users`.*: 1 and 3"),
        ({"timestamps": [1, np.nan, np.inf]}, "missing. Received: 2 .* first in row 1"),
        (
            {"timestamps": NOT_A_TIME},
            "missing. Received: 2 missing, the first in row 1",
        ),
        ({"timestamps": [[1]] * 3}, r"one dimension.*Received: shape \(3, 1\)"),
        (
            {"duplicates": "mean"},
            "one of last, first, max, sum, keep, error. Received: 'mean",
        ),
        ({"duplicates": "max"}, '`duplicates="max"`.*pass `ratings`'),
        (
            {"users": "aaa", "items": "xxx", "duplicates": "error"},
            "must be unique. Received: 2 repeated",
        ),
        (
            {"users": ["ann", "dan", "ann"], "user_vocabulary": small().users},
            "`users` must be known.*1 of 3 unknown, the first 'dan'",
        ),
        (
            {"items": [10, 10, 11], "item_vocabulary": small().items},
            "`items` must be known.*1 of 3 unknown, the first 11",
        ),
    ],
)
def test_bad_columns_are_refused(columns, expected):
    with pytest.raises(ValueError, match=expected):
        Interactions.from_arrays(**{"users": "abc", "items": "xyz", **columns})


@pytest.mark.parametrize("name", ["ratings", "weights"])
@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([1, 2], "must be as long as `users`. Received: 2 and 3"),
        ([[1], [2], [3]], r"must have one dimension.*Received: shape \(3, 1\)"),
        *(
            ([0, bad, bad], f"must be finite .* Received: 2 .* first {bad} in row 1")
            for bad in (np.nan, np.inf, -0.5)
        ),
    ],
)
def test_amounts_are_finite_and_at_least_zero(name, amounts, expected):
    with pytest.raises(ValueError, match=f"`{name}` {expected}"):
        Interactions.from_arrays("abc", "xyz", **{name: amounts})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ratings", "good", "must be numbers.*'good'"),
        ("weights", {}, "must be numbers.*'dict'"),
        ("timestamps", "2024-01-01", "must be numbers or datetimes. Received: <U10"),
        ("timestamps", None, "must be numbers or datetimes. Received: object"),
        ("timestamps", True, "must be numbers or datetimes. Received: bool"),
    ],
)
def test_values_of_another_kind_are_refused(name, value, expected):
    with pytest.raises(TypeError, match=f"`{name}` {expected}"):
        Interactions.from_arrays("a", "x", **{name: [value]})


@pytest.mark.parametrize("name", ["item_ids", "ratings", "timestamps", "weights"])
def test_every_column_has_one_value_for_each_interaction(name):
    with pytest.raises(ValueError, match=f"`{name}` must be as long as `user_ids`.*3"):
        of_ids(**{name: [0, 1, 2]})


def test_a_part_is_not_empty():
    with pytest.raises(ValueError, match=r"at least one interaction. Received: none"):
        small().take(np.zeros(4, dtype=bool))


@pytest.mark.parametrize(
    ("user_ids", "item_ids", "expected"),
    [
        ([0, 1, 0, 1], [2, 2, 2, 2], "unique. Received: 2 repeated. Use from_arrays"),
        ([0, 2], [0, 1], "`user_ids` must be from 0 to 1. Received: 0 to 2"),
        ([-1, 1], [0, 1], "`user_ids` must be from 0 to 1. Received: -1 to 1"),
        ([0, 1], [3, 2], "`item_ids` must be from 0 to 2. Received: 2 to 3"),
    ],
)
def test_indices_are_distinct_pairs_within_their_vocabulary(
    user_ids, item_ids, expected
):
    with pytest.raises(ValueError, match=expected):
        of_ids(user_ids, item_ids)


@pytest.mark.parametrize("ids", [[0.0, 1.0], ["0", "1"], [[0, 1]], [True, False]])
@pytest.mark.parametrize("name", ["user_ids", "item_ids"])
def test_indices_are_one_dimensional_ints(name, ids):
    array = np.array(ids)
    expected = f"`{name}` must be ints of 1 dim.*{array.shape[0]}.*{array.dtype}"
    with pytest.raises(TypeError, match=f"{expected}.*from_arrays"):
        of_ids(**{name: ids})
