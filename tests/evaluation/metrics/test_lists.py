"""The lists that are measured: what they hold, and what is refused."""

import numpy as np
import pytest
from scipy import sparse

from tfrecs.data.interactions import Interactions
from tfrecs.evaluation.metrics.lists import Lists

TRAIN = Interactions.from_matrix(np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]))
ITEMS = [[2, 3, -1], [0, -1, -1], [2, 1, 0]]


def test_lists_know_their_length_and_what_they_show():
    lists = Lists(ITEMS, [0, 1, 2], TRAIN)
    assert (lists.items.dtype, lists.user_ids.dtype) == (np.int32, np.int32)
    assert lists.lengths.tolist() == [2, 1, 3]
    assert lists.exposure.tolist() == [2, 1, 2, 1]


def test_the_matrix_of_some_rows_has_a_one_for_each_item():
    lists = Lists(ITEMS, [0, 1, 2], TRAIN)
    every = [[0, 0, 1, 1], [1, 0, 0, 0], [1, 1, 1, 0]]
    assert lists.matrix(slice(0, 3)).toarray().tolist() == every
    assert lists.matrix(slice(1, 3)).toarray().tolist() == every[1:]


def test_the_first_items_are_a_prefix_of_the_same_users_lists():
    lists = Lists(ITEMS, [2, 0, 1], TRAIN, np.eye(4))
    first = lists.first(2)
    assert first.items.tolist() == [[2, 3], [0, -1], [2, 1]]
    assert first.user_ids.tolist() == [2, 0, 1]
    assert first.item_features.toarray().tolist() == np.eye(4).tolist()
    assert lists.first(3).items.tolist() == ITEMS
    for k, message in ((4, "at most 3, the length of the lists"), (0, "of at least 1")):
        with pytest.raises(ValueError, match=f"{message}. Received: k={k}"):
            lists.first(k)


def test_a_mean_over_a_list_is_of_its_items_alone():
    # A user may have two lists.
    lists = Lists([[2, 3, -1], [0, -1, -1], [-1, -1, -1]], [0, 1, 1], TRAIN)
    means = lists.mean(np.array([1.0, 10.0, 100.0, 1000.0]))
    assert means.dtype == np.float64
    assert means.tolist() == pytest.approx([550, 1, np.nan], nan_ok=True)


@pytest.mark.parametrize("make", [np.array, sparse.csr_array, sparse.coo_matrix])
def test_features_of_any_kind_become_sparse_float64(make):
    features = [[0, 1], [2, 0], [0, 0], [3, 4]]
    taken = Lists(ITEMS, [0, 1, 2], TRAIN, make(features)).item_features
    assert taken.dtype == np.float64
    assert taken.toarray().tolist() == features


def test_nothing_changes_lists_afterwards():
    items, user_ids = np.array([[1, 2]], dtype=np.int32), np.array([0], dtype=np.int32)
    lists = Lists(items, user_ids, TRAIN)
    items[:], user_ids[:] = 0, 1
    assert (lists.items.tolist(), lists.user_ids.tolist()) == ([[1, 2]], [0])
    for ids in (lists.items, lists.user_ids, lists.first(1).items):
        with pytest.raises(ValueError, match="read-only"):
            ids[0] = 0
    with pytest.raises(AttributeError, match="cannot assign to field 'items'"):
        lists.items = items
    assert lists != Lists([[1, 2]], [0], TRAIN)


def test_it_tells_how_many_and_how_long():
    told = "<Lists of 3 users, up to 3 of 4 items each>"
    assert repr(Lists(ITEMS, [0, 1, 2], TRAIN)) == told
    assert (
        repr(Lists([[1]], [0], TRAIN)) == "<Lists of 1 user, up to 1 of 4 items each>"
    )


@pytest.mark.parametrize(
    ("items", "user_ids", "told"),
    [
        ([1, 2], [0, 1], r"must be \[users, k\].*shapes \[2\] and \[2\]"),
        ([[1, 2]], [0, 1], r"each row\. Received: shapes \[1, 2\] and \[2\]"),
        ([[1], [2]], [[0], [1]], r"shapes \[2, 1\] and \[2, 1\]"),
        ([[], []], [0, 1], r"shapes \[2, 0\] and \[2\]"),
        ([[1.0]], [0], "`items` must be ints.*float64"),
        ([[1]], [0.0], "`user_ids` must be ints.*float64"),
        ([[1, 4]], [0], "`items` must be from -1 to 3. Received: 1 to 4"),
        ([[1, -2]], [0], "`items` must be from -1 to 3. Received: -2 to 1"),
        ([[5, -1]], [0], "`items` must be from -1 to 3. Received: -1 to 5"),
        ([[1]], [3], "`user_ids` must be from 0 to 2. Received: 3"),
        ([[1]], [-1], "`user_ids` must be from 0 to 2. Received: -1"),
        ([[-1], [-1]], [0, 1], "must recommend something. Received: nothing but -1"),
        (
            [[1, 2, 0], [1, -1, 2]],
            [0, 1],
            r"-1 only at the end of a list. Received: row 1, \[1, -1, 2\]",
        ),
        (
            [[-1, -1, -1, -1], [0, 1, 2, -1], [3, 0, 3, 1]],
            [0, 1, 2],
            "an item once in a list. Received: row 2 with item 3 twice",
        ),
    ],
)
def test_lists_that_cannot_be_are_refused(items, user_ids, told):
    with pytest.raises((TypeError, ValueError), match=told):
        Lists(np.array(items), np.array(user_ids), TRAIN)


@pytest.mark.parametrize(
    ("features", "told"),
    [
        (np.ones((3, 2)), r"with num_items=4. Received: shape \[3, 2\]"),
        (np.ones((4, 0)), r"with num_items=4. Received: shape \[4, 0\]"),
        (np.ones(4), r"with num_items=4. Received: shape \[4\]"),
        (np.where(np.eye(4), np.nan, 0), "must be finite. Received: 4 values that"),
        (np.where(np.eye(4), np.inf, 0), "must be finite. Received: 4 values that"),
    ],
)
def test_features_that_do_not_fit_are_refused(features, told):
    with pytest.raises(ValueError, match=told):
        Lists(ITEMS, [0, 1, 2], TRAIN, features)
