import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tfrecs.bench.baselines import BaselineError, ease, fit_ease
from tfrecs.data.interactions import Interactions


@pytest.fixture(scope="module")
def train():
    rng = np.random.default_rng(0)
    return Interactions.from_matrix((rng.random((40, 7)) < 0.4).astype(float))


def test_each_column_is_a_ridge_regression_on_the_other_items(train):
    x = train.matrix.toarray().astype(float)
    expected = np.zeros_like(x)
    for item in range(7):
        others = np.delete(x, item, axis=1)
        ridge = Ridge(alpha=3.0, fit_intercept=False).fit(others, x[:, item])
        expected[:, item] = ridge.predict(others)
    users = np.arange(40)
    found = fit_ease(train, 0, l2=3.0).score_users(users)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_scores_are_of_the_users_that_were_asked_for(train):
    fitted = fit_ease(train, 0, l2=3.0)
    everyone = fitted.score_users(np.arange(40))
    assert np.array_equal(fitted.score_users(np.array([9, 2])), everyone[[9, 2]])
    assert fitted.parameters == 49


def test_a_catalogue_too_large_for_the_memory_is_refused(train, monkeypatch):
    monkeypatch.setattr(ease, "BYTES", 10**15)
    with pytest.raises(BaselineError, match=r"4.9e\+07 GB for 7 x 7 items.*GB of free"):
        fit_ease(train, 0)
