"""GMF: its formula from its weights, its sizes, and where it starts."""

import numpy as np
import pytest

from tfrecs.models import build_gmf


def test_score_is_the_formula(build, randomize, weights, rows):
    model = randomize(build("gmf"))
    w = weights(model)
    p, q = w["gmf_user/embeddings"], w["gmf_item/embeddings"]
    u, i = rows["user_id"][:, None], rows["item_id"]
    expected = (p[u] * q[i]) @ w["gmf_weights/kernel"] + w["interaction/global_bias"]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


@pytest.mark.parametrize(("m", "n", "d"), [(7, 9, 4), (5, 3, 1)])
def test_size(m, n, d):
    assert build_gmf(m, n, embedding_dim=d).count_params() == (m + n) * d + d + 1


def test_default_size():
    assert build_gmf(7, 9).count_params() == (7 + 9) * 64 + 64 + 1


def test_start(weights):
    w = weights(build_gmf(300, 200, embedding_dim=50, init_std=0.3))
    for name in ("gmf_user/embeddings", "gmf_item/embeddings"):
        assert w[name].std() == pytest.approx(0.3, rel=0.05)
        assert w[name].mean() == pytest.approx(0, abs=0.01)
    assert (w["gmf_weights/kernel"] == 1).all()
    assert w["interaction/global_bias"] == 0
    default = weights(build_gmf(300, 200))
    assert default["gmf_item/embeddings"].std() == pytest.approx(0.01, rel=0.05)
