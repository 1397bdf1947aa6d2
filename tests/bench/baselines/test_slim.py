import time

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet

from tfrecs.bench.baselines import BaselineError, fit_slim, slim
from tfrecs.bench.baselines.fitted import OutOfTime
from tfrecs.bench.baselines.process import ends_by
from tfrecs.data.interactions import Interactions

USERS = np.array(
    [
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [1, 0, 1, 0],
        [1, 0, 0, 1],
    ]
)
"""Items a, b, c, d have 4, 2, 2, 1 users; a shares 2 with b, 2 with c, 1 with d."""


def scores(matrix, **settings):
    fitted = fit_slim(Interactions.from_matrix(matrix), 0, **settings)
    return fitted.score_users(np.arange(len(matrix))), fitted.parameters


@pytest.mark.parametrize(("l1", "d"), [(0.5, (1 - 0.5) / (4 + 3)), (1.5, 0)])
def test_the_weight_of_a_single_neighbour_is_a_shrunk_quotient(l1, d):
    # The nearest item of b, c and d is a, whose 4 users are in the denominator.
    found, number = scores(USERS, k=1, l1=l1, l2=3.0)
    b = (2 - l1) / (4 + 3)
    np.testing.assert_allclose(found[:, 1:], [[b, b, d]] * 4, rtol=1e-6)
    # That of a is b or c, with 2 users each.
    assert sorted(found[[0, 2], 0]) == pytest.approx([0, (2 - l1) / (2 + 3)])
    assert number == 3 + (d > 0)


def slow_scores(x, k, l1, l2):
    num_users, num_items = x.shape
    lengths = np.sqrt(x.sum(axis=0))
    expected = np.zeros(x.shape)
    for item in range(num_items):
        cosines = x[:, item] @ x / (lengths[item] * lengths + 20)
        cosines[item] = -1
        near = np.argsort(-cosines)[:k]
        share = l1 / (l1 + l2)
        model = ElasticNet(
            alpha=(l1 + l2) / num_users,
            l1_ratio=share,
            positive=True,
            fit_intercept=False,
            tol=1e-10,
            max_iter=10_000,
        )
        expected[:, item] = model.fit(x[:, near], x[:, item]).predict(x[:, near])
    return expected


@pytest.mark.parametrize("at_once", [1, 40, 10**7])
def test_columns_are_elastic_nets_over_the_nearest_items(at_once, monkeypatch):
    monkeypatch.setattr(slim, "AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    x = np.zeros((97, 9))
    for item in range(9):
        x[rng.choice(97, 22 + 3 * item, replace=False), item] = 1
    found, _ = scores(x, k=5, l1=2.0, l2=4.0, sweeps=100)
    np.testing.assert_allclose(found, slow_scores(x, 5, 2.0, 4.0), atol=1e-5)


def test_items_without_neighbours_score_0():
    alone = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]])
    found, number = scores(alone, l1=0.0, l2=2.0)
    assert found.tolist() == [[0.5, 0.5, 0, 0]] * 2 + [[0] * 4]  # 2 / (2 + 2)
    assert number == 2


def test_large_catalogues_have_fewer_neighbours_by_default(monkeypatch):
    x = (np.random.default_rng(0).random((200, 120)) < 0.3).astype(float)
    assert scores(x, sweeps=1)[1] == scores(x, sweeps=1, k=100)[1]
    monkeypatch.setattr(slim, "MANY_ITEMS", 119)
    assert scores(x, sweeps=1)[1] == scores(x, sweeps=1, k=50)[1]


def test_scores_are_of_the_users_that_were_asked_for():
    fitted = fit_slim(Interactions.from_matrix(USERS), 0, l2=3.0, sweeps=4)
    everyone = fitted.score_users(np.arange(4))
    assert np.array_equal(fitted.score_users(np.array([3, 1])), everyone[[3, 1]])
    assert fitted.epochs == 4


def test_more_pairs_of_items_than_fit_the_memory_are_refused(monkeypatch):
    monkeypatch.setattr(slim, "BYTES", 10**15)
    # 4 + 9 + 4 + 4 pairs of items of a user are more than the 16 of the catalogue.
    with pytest.raises(BaselineError, match=r"up to 1.6e\+07 GB.*GB of free memory"):
        scores(USERS)
    # 4 + 4 + 1 are fewer.
    with pytest.raises(BaselineError, match=r"up to 9e\+06 GB"):
        scores(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]]))


def test_a_fit_ends_at_its_deadline():
    with ends_by(time.monotonic() - 1), pytest.raises(OutOfTime, match="out of time"):
        scores(USERS)
    with ends_by(time.monotonic() + 60):
        assert scores(USERS)[1] > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"k": 0}, "`k` must be a whole number of at least 1. Received: k=0"),
        ({"sweeps": 0}, "`sweeps` must be a whole number .* Received: sweeps=0"),
        ({"l1": -1.0}, "`l1` must be at least 0, and finite. Received: l1=-1.0"),
        ({"l2": np.nan}, "`l2` must be at least 0, and finite. Received: l2=nan"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        scores(USERS, **settings)
