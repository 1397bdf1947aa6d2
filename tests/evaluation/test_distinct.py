"""Distinct items: never a refused one, and as likely as their weights say.

The seeds are fixed. With another one, a right sampler would fail a test of frequencies
with a probability of 1e-3.
"""

from itertools import permutations

import numpy as np
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tfrecs.evaluation import distinct_draws as _distinct
from tfrecs.evaluation.distinct_draws import draw_distinct

WEIGHT = np.array([8.0, 5.0, 4.0, 0.0, 2.0, 1.0])  # of items 0 to 5


def refusing(rows) -> sp.csr_array:
    return sp.csr_array(np.array(rows, dtype=np.float32))


def draw(refused, n, seed=0, weight=WEIGHT) -> np.ndarray:
    return draw_distinct(refused, weight, n, np.random.default_rng(seed))


def test_what_is_drawn_next_is_as_likely_as_its_weight_among_the_rest():
    drawn = draw(refusing([[0, 1, 0, 0, 0, 0]] * 6000), 2)
    left = {0: 8, 2: 4, 4: 2, 5: 1}  # 15 in all; 1 is refused, 3 has no weight
    pairs = list(permutations(left, 2))
    found = [((drawn == pair).all(axis=1)).sum() for pair in pairs]
    chances = [left[a] / 15 * left[b] / (15 - left[a]) for a, b in pairs]
    assert sum(found) == 6000
    assert stats.chisquare(found, np.array(chances) * 6000).pvalue > 1e-3


def test_equal_weights_give_every_order_alike():
    drawn = draw(refusing([[0, 1, 0, 0, 1, 0]] * 6000), 3, weight=np.ones(6))
    orders = list(permutations([0, 2, 3, 5], 3))
    found = [((drawn == order).all(axis=1)).sum() for order in orders]
    assert sum(found) == 6000
    assert stats.chisquare(found).pvalue > 1e-3


def test_a_catalogue_in_blocks_is_drawn_as_well(monkeypatch):
    monkeypatch.setattr(_distinct, "ROWS", 700)
    monkeypatch.setattr(_distinct, "CELLS", 50)  # eight rows of six items
    drawn = draw(refusing([[1, 0, 0, 0, 0, 0]] * 3000), 1)
    found = np.bincount(drawn[:, 0], minlength=6)
    assert found[[0, 3]].sum() == 0
    expected = np.array([5, 4, 2, 1]) / 12 * 3000
    assert stats.chisquare(found[[1, 2, 4, 5]], expected).pvalue > 1e-3


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_rows_are_distinct_and_without_what_they_refuse(seed, n):
    rng = np.random.default_rng(seed)
    refused = rng.random((7, 12)) < rng.random((7, 1)) ** 2
    weight = np.where(rng.random(12) < 0.3, 0, rng.random(12) ** 4 + 1e-6)
    refused[:, :n] = 0
    weight[:n] = 1e-3
    drawn = draw(sp.csr_array(refused), n, seed, weight)
    assert drawn.shape == (7, n) and drawn.dtype == np.int32
    assert not refused[np.arange(7)[:, None], drawn].any()
    assert (weight[drawn] > 0).all()
    assert all(len(set(row)) == n for row in drawn.tolist())


def test_a_row_that_may_draw_n_items_draws_them_all():
    weight = np.array([1e9, 1.0, 1e-9, 1.0])
    drawn = draw(refusing([[0, 1, 0, 0], [0, 0, 0, 1]]), 3, weight=weight)
    assert sorted(drawn[0]) == [0, 2, 3]
    assert sorted(drawn[1]) == [0, 1, 2]
