"""Histories: each user's items by time, then by row."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs import Recommender, build_history_mean, evaluate, load
from tfrecs.data.interactions import Interactions
from tfrecs.data.joining import join

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


# Repeated pairs

AGAIN = {"users": [1, 1, 2, 1, 1], "items": ["a", "b", "a", "a", "c"]}


def test_a_history_may_keep_repeated_items():
    log = Interactions.from_arrays(**AGAIN, duplicates="keep")
    assert log.history(1).tolist() == ["a", "b", "a", "c"]
    assert len(log) == 5
    assert log.matrix.toarray().tolist() == [[1, 1, 1], [1, 0, 0]]
    assert log.item_counts.tolist() == [3, 1, 1]
    part = log.take(np.array([0, 3]))
    assert part.history(1).tolist() == ["a", "a"]
    once = Interactions.from_arrays(**AGAIN)
    assert once.history(1).tolist() == ["b", "a", "c"]
    with pytest.raises(ValueError, match=r"must be unique. Received: 1 repeated"):
        replace(log, repeats=False)


def test_repeated_pairs_are_kept_where_interactions_are_joined():
    log = Interactions.from_arrays(**AGAIN, duplicates="keep")
    more = Interactions.from_arrays([1, 2], ["a", "d"])
    for parts in (log, more), (more, log):
        assert len(join(*parts)) == 7
        assert join(*parts).repeats
    assert join(log, more).history(1).tolist() == ["a", "b", "a", "c", "a"]


def test_graded_metrics_refuse_repeated_pairs():
    log = Interactions.from_arrays(**AGAIN, ratings=[1, 2, 3, 4, 5], duplicates="keep")
    scores = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"each pair once.*Received: 1 repeated"):
        evaluate(scores, log, log, k=1, metrics=["graded_ndcg"], exclude_seen=False)
    with pytest.raises(ValueError, match=r"must hold no pair of `train`"):
        evaluate(scores, log, log, k=1)
    found = evaluate(scores, log, log, k=3, exclude_seen=False)
    assert found.metrics["recall@3"] == 1


def test_a_bundle_keeps_repeated_pairs(tmp_path):
    log = Interactions.from_arrays(**AGAIN, duplicates="keep")
    model = build_history_mean(3, embedding_dim=2, max_length=4)
    Recommender(model, log).save(tmp_path / "bundle")
    loaded = load(tmp_path / "bundle")
    assert loaded.train.history(1).tolist() == ["a", "b", "a", "c"]
    assert loaded.recommend([1, 2], k=1).equals(
        Recommender(model, log).recommend([1, 2], k=1)
    )
