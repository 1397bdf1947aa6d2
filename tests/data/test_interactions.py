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


def test_ids_are_int32_and_values_float32():
    data = small()
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
    [([1, 2], np.int64), ([1.5, 2], np.float64), ([True, 2], np.int64)],
)
def test_numeric_times_keep_their_precision(given, kind):
    assert of_ids(timestamps=given).timestamps.dtype == kind
    assert of_ids(timestamps=given).timestamps.tolist() == given


def test_large_times_are_exact():
    times = np.array([2**53, 2**53 + 1])
    assert of_ids(timestamps=times).timestamps.tolist() == times.tolist()
    small_floats = np.array([0.1, 0.2], dtype=np.float32)
    assert of_ids(timestamps=small_floats).timestamps.dtype == np.float64


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


@pytest.mark.parametrize(("policy", "rating"), [("last", 2), ("first", 5)])
def test_without_time_rows_are_in_the_order_of_time(policy, rating):
    columns = {**TWICE, "timestamps": None}
    data = Interactions.from_arrays(**columns, duplicates=policy)
    assert data.ratings[data.item_ids == 0].tolist() == (
        [rating, 4] if policy == "first" else [4, rating]
    )


@pytest.mark.parametrize(("policy", "rating"), [("last", 3), ("first", 1)])
def test_rows_of_equal_time_are_in_the_order_of_time(policy, rating):
    data = Interactions.from_arrays(
        "aaa", "xxx", ratings=[1, 2, 3], timestamps=[9, 9, 9], duplicates=policy
    )
    assert data.ratings.tolist() == [rating]


def test_max_keeps_the_highest_rating_wherever_it_stands():
    ratings, times = [1, 5, 3, 5], [4, 3, 2, 1]
    data = Interactions.from_arrays(
        "aaaa", "xxxx", ratings=ratings, timestamps=times, duplicates="max"
    )
    assert (data.ratings[0], data.timestamps[0]) == (5, 1)


def test_sum_counts_occurrences_where_there_is_nothing_to_sum():
    data = Interactions.from_arrays("abaa", "xxxy", duplicates="sum")
    counts = dict(zip(raw_pairs(data), data.ratings.tolist(), strict=True))
    assert counts == {("a", "x"): 2, ("b", "x"): 1, ("a", "y"): 1}


def test_sum_of_weights_alone_makes_no_ratings():
    data = Interactions.from_arrays("aa", "xx", weights=[1, 2], duplicates="sum")
    assert data.ratings is None
    assert data.weights.tolist() == [3]


def test_merged_rows_stay_in_the_order_of_the_kept_rows():
    last = Interactions.from_arrays("abca", "xxxx")
    assert raw_pairs(last) == [("b", "x"), ("c", "x"), ("a", "x")]
    first = Interactions.from_arrays("abca", "xxxx", duplicates="first")
    assert raw_pairs(first) == [("a", "x"), ("b", "x"), ("c", "x")]


def test_error_lets_distinct_pairs_through_and_counts_the_others():
    assert len(Interactions.from_arrays("ab", "xx", duplicates="error")) == 2
    with pytest.raises(ValueError, match=r"must be unique. Received: 2 repeated"):
        Interactions.from_arrays("abaa", "xxxx", duplicates="error")


def test_max_needs_ratings():
    with pytest.raises(ValueError, match=r'`duplicates="max"`.*pass `ratings`'):
        Interactions.from_arrays("ab", "xx", weights=[1, 2], duplicates="max")


def test_an_unknown_policy_is_refused_with_the_known_ones():
    expected = (
        "`duplicates` must be one of last, first, max, sum, error. Received: 'mean'"
    )
    with pytest.raises(ValueError, match=expected):
        Interactions.from_arrays("a", "x", duplicates="mean")


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


def test_a_frame_needs_only_user_id_and_item_id():
    frame = pd.DataFrame({"item_id": [7, 8], "user_id": ["b", "a"], "rating": [1, 2]})
    data = Interactions.from_frame(frame)
    assert raw_pairs(data) == [("b", 7), ("a", 8)]
    assert data.ratings is data.timestamps is data.weights is None


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
    expected = "must have a column 'stars'. Received: columns user_id, item_id"
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
    assert data.users.ids.tolist() == [0, 1]
    assert data.items.ids.tolist() == [0, 1, 2, 3]


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


@pytest.mark.parametrize("shape", [(3,), (1, 2, 3)])
def test_a_matrix_has_two_dimensions(shape):
    expected = rf"users x items. Received: shape \({', '.join(map(str, shape))},?\)"
    with pytest.raises(ValueError, match=expected):
        Interactions.from_matrix(np.ones(shape))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"users": "abc"}, r"shape \(2, 4\) and 3 users\.$"),
        ({"items": "abc"}, r"shape \(2, 4\) and 3 items\.$"),
        ({"users": "abcd"}, r"and 4 users\. It looks transposed: pass matrix.T"),
        ({"items": "ab"}, r"and 2 items\. It looks transposed: pass matrix.T"),
        ({"item_features": pd.DataFrame({"x": [1, 2]})}, "and 2 items. It looks tran"),
        ({"user_features": pd.DataFrame({"x": [1] * 4})}, "and 4 users. It looks tra"),
    ],
)
def test_ids_and_features_that_do_not_fit_the_matrix_are_refused(given, expected):
    with pytest.raises(ValueError, match=expected):
        Interactions.from_matrix(MATRIX, **given)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_a_matrix_holds_ratings(bad):
    with pytest.raises(ValueError, match=f"`ratings` must be finite.*the first {bad}"):
        Interactions.from_matrix(np.array([[1.0, bad]]))


# The matrix


def test_the_matrix_has_a_one_for_each_interaction():
    data = small()
    assert data.matrix.dtype == np.float32
    assert data.matrix.toarray().tolist() == [[0, 0, 1], [1, 0, 1], [0, 1, 0]]


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
    assert (Interactions.from_matrix(dense).matrix.toarray() == dense).all()


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


def test_at_least_needs_ratings():
    with pytest.raises(ValueError, match=r"`at_least` needs ratings"):
        small(ratings=None).at_least(1)


def test_at_least_shows_the_highest_rating():
    expected = "must be at most 5, the highest rating. Received: min_rating=5.5"
    with pytest.raises(ValueError, match=expected):
        small().at_least(5.5)


def test_contains_shows_for_each_pair_of_the_other():
    data = small()
    part = data.take(np.array([3, 0]))
    assert part.contains(data).tolist() == [True, False, False, True]
    assert data.contains(part).tolist() == [True, True]
    assert data.num_shared(part) == part.num_shared(data) == 2


def test_contains_does_not_mistake_a_pair_for_another(from_pairs):
    data = from_pairs([(0, 1), (2, 3)], 4, 4)
    others = from_pairs([(1, 0), (3, 2), (2, 1)], 4, 4)
    assert not data.contains(others).any()
    assert data.num_shared(others) == 0


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


def test_vocabularies_of_equal_ids_are_one(from_pairs):
    assert from_pairs([(0, 1)], 2, 3).contains(from_pairs([(0, 1)], 2, 3)).all()


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


def test_a_core_of_one_keeps_everything():
    assert raw_rows(small().k_core()) == ROWS


@pytest.mark.parametrize(("size", "bad"), [("user", 0), ("item", -1), ("user", 1.5)])
def test_k_core_takes_sizes_of_at_least_one(size, bad):
    with pytest.raises(ValueError, match=f"`{size}` must be.*Received: {size}={bad}"):
        small().k_core(**{size: bad})


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


def test_features_have_one_row_for_each_id():
    years = pd.DataFrame({"year": [1, 2]}, index=[30, 30])
    expected = "`item_features` must have one row for each id.*30.* more than once"
    with pytest.raises(ValueError, match=expected):
        small(item_features=years)


def test_features_that_are_not_indexed_by_raw_id_are_refused():
    ages = pd.DataFrame({"age": [1, 2, 3]})
    expected = (
        r"`user_features` must be indexed by raw id, such as 'ann'.*none.*but \[0\]"
    )
    with pytest.raises(ValueError, match=expected):
        small(user_features=ages)


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
    assert repr(Interactions.from_arrays("a", "x")) == (
        "<Interactions: 1 of 1 user x 1 item, density 100.00%>"
    )


def test_it_shows_of_features():
    one = pd.DataFrame({"x": [1]}, index=[7])
    data = Interactions.from_arrays([7], [7], user_features=one, item_features=one)
    assert repr(data).endswith("with user features, item features>")


# Errors


@pytest.mark.parametrize("name", ["items", "ratings", "timestamps", "weights"])
def test_columns_are_as_long_as_users(name):
    columns = {"users": "ab", "items": "xy", name: [1, 2, 3]}
    with pytest.raises(
        ValueError, match=f"`{name}` must be as long.*Received: 3 and 2"
    ):
        Interactions.from_arrays(**columns)


@pytest.mark.parametrize("name", ["item_ids", "ratings", "timestamps", "weights"])
def test_every_column_has_one_value_for_each_interaction(name):
    expected = f"`{name}` must have one value for each.*3 values and 2 user ids"
    with pytest.raises(ValueError, match=expected):
        of_ids(**{name: [0, 1, 2]})


def test_no_interactions_are_refused():
    with pytest.raises(ValueError, match=r"`users` must hold at least one id.*none"):
        Interactions.from_arrays([], [])
    with pytest.raises(ValueError, match=r"at least one interaction. Received: none"):
        small().take(np.zeros(4, dtype=bool))


def test_repeated_index_pairs_are_counted():
    with pytest.raises(ValueError, match=r"unique. Received: 2 repeated. Use from_a"):
        of_ids([0, 1, 0, 1], [2, 2, 2, 2])


@pytest.mark.parametrize("ids", [[0.0, 1.0], ["0", "1"], [[0, 1]], [True, False]])
@pytest.mark.parametrize("name", ["user_ids", "item_ids"])
def test_indices_are_one_dimensional_ints(name, ids):
    array = np.array(ids)
    expected = (
        f"`{name}` must be a one-dim.*{array.shape[0]}.*{array.dtype}.*from_arrays"
    )
    with pytest.raises(TypeError, match=expected):
        of_ids(**{name: ids})


@pytest.mark.parametrize(
    ("name", "ids", "expected"),
    [
        ("user_ids", [0, 2], "`user_ids` must be from 0 to 1. Received: 0 to 2"),
        ("user_ids", [-1, 1], "`user_ids` must be from 0 to 1. Received: -1 to 1"),
        ("item_ids", [3, 2], "`item_ids` must be from 0 to 2. Received: 2 to 3"),
    ],
)
def test_indices_are_within_their_vocabulary(name, ids, expected):
    with pytest.raises(ValueError, match=expected):
        of_ids(**{name: ids})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.5])
@pytest.mark.parametrize("name", ["ratings", "weights"])
def test_amounts_are_finite_and_at_least_zero(name, bad):
    expected = (
        f"`{name}` must be finite and at least 0. Received: 2 .* first {bad} in row 1"
    )
    with pytest.raises(ValueError, match=expected):
        Interactions.from_arrays("abc", "xyz", **{name: [0, bad, bad]})


@pytest.mark.parametrize("name", ["ratings", "weights"])
def test_amounts_are_numbers(name):
    with pytest.raises(TypeError, match=f"`{name}` must be numbers.*'good'"):
        Interactions.from_arrays("a", "x", **{name: ["good"]})
    with pytest.raises(TypeError, match=f"`{name}` must be numbers.*'dict'"):
        Interactions.from_arrays("a", "x", **{name: [{}]})


@pytest.mark.parametrize("name", ["ratings", "weights", "timestamps"])
def test_values_have_one_dimension(name):
    expected = rf"`{name}` must have one dimension.*Received: shape \(2, 1\)"
    with pytest.raises(ValueError, match=expected):
        Interactions.from_arrays("ab", "xy", **{name: [[1], [2]]})


@pytest.mark.parametrize(
    "times",
    [
        np.array([1.0, np.nan, np.inf]),
        np.array(["2024-01-01", "NaT", "NaT"], dtype="datetime64[s]"),
    ],
)
def test_times_are_not_missing(times):
    expected = (
        "`timestamps` must not be missing. Received: 2 missing, the first in row 1"
    )
    with pytest.raises(ValueError, match=expected):
        Interactions.from_arrays("abc", "xyz", timestamps=times)


@pytest.mark.parametrize("times", [["2024-01-01"], [None], [True]])
def test_times_are_numbers_or_datetimes(times):
    expected = (
        f"`timestamps` must be numbers or datetimes. Received: {np.array(times).dtype}"
    )
    with pytest.raises(TypeError, match=expected):
        Interactions.from_arrays("a", "x", timestamps=times)


@pytest.mark.parametrize(
    ("users", "items", "expected"),
    [
        (["dan"], [10], r"`users` must be known.*1 of 1 unknown, the first 'dan'"),
        (["ann"], [11], r"`items` must be known.*1 of 1 unknown, the first 11"),
    ],
)
def test_ids_that_a_given_vocabulary_lacks_are_refused(users, items, expected):
    train = small()
    with pytest.raises(ValueError, match=expected):
        Interactions.from_arrays(
            users, items, user_vocabulary=train.users, item_vocabulary=train.items
        )


def test_missing_raw_ids_are_refused_by_the_name_of_their_column():
    with pytest.raises(ValueError, match=r"`users` must have no missing.*row 1"):
        Interactions.from_arrays(["a", None], [1, 2])
    with pytest.raises(ValueError, match=r"`items` must have no missing.*row 0"):
        Interactions.from_arrays(["a", "b"], [np.nan, 2])
