"""Repeated pairs are merged as a slow loop merges them, in the order of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecs.data.raw import distinct_rows

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 5), st.integers(0, 3)))


def merged_by_a_loop(rows, duplicates):
    """Returns (row, rating, time) of each pair, by its row."""
    found = []
    for pair in {row[0] for row in rows}:
        same = [(n, *row[1:]) for n, row in enumerate(rows) if row[0] == pair]
        rank = 1 if duplicates == "max" else 2
        ordered = sorted(same, key=lambda row: (row[rank], row[0]))
        n, rating, time = ordered[0 if duplicates == "first" else -1]
        total = sum(row[1] for row in same)
        found.append((n, total if duplicates == "sum" else rating, time))
    return sorted(found)


@pytest.mark.parametrize("duplicates", ["last", "first", "max", "sum"])
@given(rows=ROWS)
def test_repeated_pairs(duplicates, rows):
    pairs, ratings, times = np.array(rows, np.int64).reshape(-1, 3).T
    columns = {"ratings": ratings.astype(np.float32), "timestamps": times}
    kept, merged = distinct_rows(pairs, duplicates, columns)
    found = zip(kept, merged["ratings"], merged["timestamps"], strict=True)
    assert list(found) == merged_by_a_loop(rows, duplicates)
    assert not np.shares_memory(merged["ratings"], columns["ratings"])
