"""Histories: each user's items by time, then by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.data.interactions import Interactions

LOG = Interactions.from_arrays(
    ["bob", "ann", "bob", "bob", "eve"],
    ["d", "a", "c", "b", "a"],
    timestamps=[3, 9, 1, 3, 0],
)


def test_a_history_is_by_time_and_equal_times_by_row():
    assert LOG.history("bob").tolist() == ["c", "d", "b"]
    assert LOG.history("ann").tolist() == ["a"]
    with pytest.raises(ValueError, match=r"must be known.*zoe"):
        LOG.history("zoe")


def test_without_times_a_history_is_in_the_order_of_the_rows():
    log = Interactions.from_arrays([1, 2, 1, 1], [30, 10, 10, 20])
    assert log.history(1).tolist() == [30, 10, 20]


def test_the_latest_item_is_in_the_last_column():
    a, b, c, d = LOG.items.known("abcd")
    by_user = dict(zip(LOG.users.ids.tolist(), LOG.histories(2).tolist(), strict=True))
    assert by_user == {"bob": [d, b], "ann": [-1, a], "eve": [-1, a]}
    row = LOG.users.known(["bob"])[0]
    assert LOG.histories(4)[row].tolist() == [-1, c, d, b]
    assert LOG.histories(4).dtype == np.int32


def test_a_user_without_interactions_has_an_empty_history():
    train = LOG.take(LOG.user_ids != LOG.users.known(["ann"])[0])
    assert train.history("ann").tolist() == []
    assert (train.histories(3)[LOG.users.known(["ann"])] == -1).all()


def test_items_that_are_no_positives_are_in_no_history():
    log = Interactions.from_arrays([1, 1, 1], [7, 8, 9], ratings=[4, 2, 5])
    assert log.history(1).tolist() == [7, 8, 9]
    low = Interactions.from_arrays([1, 1, 1], [7, 8, 9], ratings=[4, 0, 5])
    assert low.history(1).tolist() == [7, 9]


@pytest.mark.parametrize("length", [0, -1, 2.5])
def test_the_length_must_be_at_least_one(length):
    with pytest.raises(ValueError, match=f"`max_length` must be .*{length}"):
        LOG.histories(length)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 2)),
        min_size=1,
        unique_by=lambda row: row[:2],
    ),
    st.integers(1, 4),
)
def test_histories_are_those_of_a_sort_in_python(rows, length):
    users, items, times = map(list, zip(*rows, strict=True))
    log = Interactions.from_arrays(users, items, timestamps=times)
    found = log.histories(length)
    for place, user in enumerate(log.users.ids.tolist()):
        mine = [row for row in rows if row[0] == user]
        ordered = [row[1] for row in sorted(mine, key=lambda row: row[2])]
        assert log.history(user).tolist() == ordered
        last = log.items.known(ordered[-length:]).tolist()
        assert found[place].tolist() == [-1] * (length - len(last)) + last
