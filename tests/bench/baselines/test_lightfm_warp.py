import importlib.util

import numpy as np
import pytest

from tfrecs.bench.baselines import fit_lightfm
from tfrecs.data.datasets.synthetic import make_synthetic

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("lightfm") is None, reason="lightfm is not installed"
)


def test_scores_are_those_of_lightfm_in_this_process():
    from lightfm import LightFM

    train = make_synthetic(80, 40, interactions_per_user=15).interactions
    model = LightFM(no_components=7, learning_rate=0.1, loss="warp", random_state=3)
    model.fit(train.matrix.tocoo(), epochs=4, num_threads=1)
    users = np.repeat(np.arange(80), 40)
    expected = model.predict(users, np.tile(np.arange(40), 80)).reshape(80, 40)
    fitted = fit_lightfm(train, 3, no_components=7, epochs=4, learning_rate=0.1)
    np.testing.assert_allclose(fitted.score_users(np.arange(80)), expected, atol=1e-5)
