"""Newcomers: whom they are like, by bucket and by features."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfrecs.models.newcomers import Newcomers, most_similar, same_bucket

BUCKETS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6)
FEATURES = st.integers(1, 6).flatmap(
    lambda rows: arrays(np.float32, (rows, 3), elements=st.sampled_from([0, 1, 2, -1]))
)


@given(BUCKETS, BUCKETS)
def test_buckets_are_compared_pair_by_pair(new, old):
    expected = [[float(mine == yours) for yours in old] for mine in new]
    assert same_bucket(new, old).toarray().tolist() == expected


@given(FEATURES, FEATURES, st.integers(1, 4))
def test_the_most_similar_are_those_of_a_slow_search(new, old, k):
    found = most_similar(new, old, k=k).toarray()
    assert found.shape == (len(new), len(old))
    for row, mine in zip(found, new.astype(float), strict=True):
        lengths = np.linalg.norm(mine) * np.linalg.norm(old.astype(float), axis=1)
        cosines = (old @ mine) / np.where(lengths > 0, lengths, 1)
        chosen, left = cosines[row > 0], cosines[(row == 0) & (cosines > 0)]
        assert len(chosen) == min(k, np.count_nonzero(cosines > 0))
        assert (chosen > 0).all()
        if len(chosen) and len(left):
            assert chosen.min() >= left.max() - 1e-6


def test_of_equals_the_lowest_ids_are_taken():
    assert most_similar([0, 1], [1, 0, 0, 0], k=2).toarray().tolist() == [
        [0, 1, 1, 0],
        [1, 0, 0, 0],
    ]


def test_blocks_give_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    new, old = rng.normal(size=(7, 4)), rng.normal(size=(5, 4))
    whole = most_similar(new, old, k=2).toarray()
    monkeypatch.setattr("tfrecs.models.newcomers.BLOCK", 11)  # two newcomers at once
    np.testing.assert_array_equal(most_similar(new, old, k=2).toarray(), whole)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": -1}, "Received: count=-1"),
        ({"count": 1, "start": "bucket"}, "one of mean, zero. Received: 'bucket'"),
        (
            {"count": 1, "start": "zero", "similar": [[0]]},
            "similar and start='zero'",
        ),
        ({"count": 2, "similar": [[0]]}, "each of 2 newcomers. Received: 1"),
        ({"count": 2, "similar": [[0], 1]}, "a list of ids .*Received: 1 for one"),
        ({"count": 1, "similar": ["a"]}, "a list of ids .*Received: 'a' for one"),
    ],
)
def test_mistakes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Newcomers(**arguments)


def test_more_features_than_there_were_are_refused():
    with pytest.raises(ValueError, match=r"the 2 features of `old`\. Received: 3"):
        most_similar(np.ones((1, 3)), np.ones((1, 2)))
    with pytest.raises(ValueError, match="Received: k=0"):
        most_similar(np.ones((1, 2)), np.ones((1, 2)), k=0)
