import importlib.util

import numpy as np
import pytest

from tfrecs.bench.baselines import fit_implicit_als
from tfrecs.evaluation import evaluate

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("implicit") is None, reason="implicit is not installed"
)


def test_each_of_two_groups_gets_the_items_of_its_own(two_groups):
    train, test = two_groups
    fitted = fit_implicit_als(train, 0, factors=2)
    assert evaluate(fitted.score_users, train, test, k=3).metrics["precision@3"] == 1
    assert fitted.parameters == (40 + 24) * 2


def test_factors_solve_the_weighted_least_squares_of_hu_et_al(two_groups):
    train, _ = two_groups
    # A penalty of 0.5, for 360 pairs of 40 users and 24 items: 360 / 40, 360 / 24.
    shrinkage = 0.5 / (4 * (3 + 15**0.5))
    settings = {"factors": 3, "shrinkage": shrinkage, "alpha": 4.0, "iterations": 60}
    scores = fit_implicit_als(train, 0, **settings).score_users(np.arange(40))
    x = train.matrix.toarray()
    u, s, v = np.linalg.svd(scores, full_matrices=False)
    users, items = u[:, :3] * np.sqrt(s[:3]), v[:3].T * np.sqrt(s[:3])

    def loss(users, items):
        weights = np.where(x > 0, 4.0, 1.0)
        fit = (weights * (x - users @ items.T) ** 2).sum()
        return fit + 0.5 * ((users**2).sum() + (items**2).sum())

    # The balanced factors of a stationary product are stationary too.
    best = loss(users, items)
    rng = np.random.default_rng(0)
    for _ in range(20):
        step = 0.02 * rng.standard_normal(users.shape)
        assert loss(users + step, items) > best
        step = 0.02 * rng.standard_normal(items.shape)
        assert loss(users, items + step) > best
