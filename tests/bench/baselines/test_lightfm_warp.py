import importlib.util

import numpy as np
import pytest

from tfrecs.bench.baselines import fit_lightfm
from tfrecs.data.datasets.synthetic import make_synthetic
from tfrecs.data.splits import leave_k_out
from tfrecs.evaluation import evaluate

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("lightfm") is None, reason="lightfm is not installed"
)


@pytest.fixture(scope="module")
def parts():
    data = make_synthetic(80, 40, interactions_per_user=15)
    return leave_k_out(data.interactions, seed=0, k=4)


def test_it_learns_and_a_seed_gives_the_same_numbers(parts):
    train, test = parts
    first, again, other = (fit_lightfm(train, seed) for seed in (1, 1, 2))
    users = np.arange(80)
    assert np.array_equal(first.score_users(users), again.score_users(users))
    assert not np.array_equal(first.score_users(users), other.score_users(users))
    at_random = np.random.default_rng(0).random((80, 40))
    found = evaluate(first.score_users, train, test).metrics["ndcg@10"]
    assert found > 1.2 * evaluate(at_random, train, test).metrics["ndcg@10"]
    assert first.fit_seconds > 0
    assert first.parameters == (80 + 40) * 11
    assert first.epochs == 10


def test_scores_are_those_of_lightfm_in_this_process(parts):
    from lightfm import LightFM

    train, _ = parts
    model = LightFM(no_components=7, learning_rate=0.1, loss="warp", random_state=3)
    model.fit(train.matrix.tocoo(), epochs=4, num_threads=1)
    users = np.repeat(np.arange(80), 40)
    expected = model.predict(users, np.tile(np.arange(40), 80)).reshape(80, 40)
    fitted = fit_lightfm(train, 3, no_components=7, epochs=4, learning_rate=0.1)
    np.testing.assert_allclose(fitted.score_users(np.arange(80)), expected, atol=1e-5)
