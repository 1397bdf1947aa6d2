"""MF: its formula from its weights, dropout, and no biases."""

import keras
import numpy as np
import pytest


def test_score_is_the_formula(build, randomize, weights, rows):
    model = randomize(build("mf"))
    w = weights(model)
    p, q = w["user_factors/embeddings"], w["item_factors/embeddings"]
    b_u, b_i = w["user_bias/embeddings"], w["item_bias/embeddings"]
    b = w["interaction/global_bias"]
    u, i = rows["user_id"][:, None], rows["item_id"]
    expected = (p[u] * q[i]).sum(-1) + b_u[u, 0] + b_i[i, 0] + b
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["mf", "hybrid", "bucketed_mf"])
def test_dropout_drops_sums_of_factors_and_no_biases(name, build, randomize, rows):
    model = randomize(build(name, embedding_dim=30, dropout=0.4))
    for tower, ids in ((model.user_tower, "user_id"), (model.item_tower, "item_id")):
        given, dropped = tower(rows[ids]), tower(rows[ids], training=True)
        factors = dropped["factors"].numpy()
        kept = factors != 0
        assert kept.mean() == pytest.approx(0.6, abs=0.1)
        expected = np.where(kept, given["factors"].numpy() / 0.6, 0)
        np.testing.assert_allclose(factors, expected, rtol=1e-5)
        np.testing.assert_array_equal(dropped["bias"], given["bias"])


def test_without_biases_the_score_is_the_product_alone(
    build, randomize, weights, everything, tmp_path
):
    model = randomize(build("mf", use_bias=False))
    w = weights(model)
    assert list(w) == ["user_factors/embeddings", "item_factors/embeddings"]
    expected = w["user_factors/embeddings"] @ w["item_factors/embeddings"].T
    np.testing.assert_allclose(model(everything), expected, atol=1e-5)
    np.testing.assert_allclose(model.score_users(np.arange(7)), expected, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(everything), model(everything))
