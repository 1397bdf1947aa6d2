"""The most popular items."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.data.popularity import most_popular


@given(
    counts=st.lists(st.integers(0, 5), min_size=1, max_size=9), limit=st.integers(1, 9)
)
def test_most_popular_items_are_those_of_a_stable_sort(counts, limit):
    best = sorted(range(len(counts)), key=lambda i: (-counts[i], i))[:limit]
    assert most_popular(np.array(counts), limit).tolist() == sorted(best)


def test_limit_below_1_is_refused():
    with pytest.raises(ValueError, match="limit=0"):
        most_popular(np.array([1]), limit=0)
