"""MF: its formula from its weights, its sizes, and where it starts."""

import keras
import numpy as np


def test_score_is_the_formula(build, randomize, weights, rows):
    model = randomize(build("mf"))
    w = weights(model)
    p, q = w["user_factors/embeddings"], w["item_factors/embeddings"]
    b_u, b_i = w["user_bias/embeddings"], w["item_bias/embeddings"]
    b = w["interaction/global_bias"]
    u, i = rows["user_id"][:, None], rows["item_id"]
    expected = (p[u] * q[i]).sum(-1) + b_u[u, 0] + b_i[i, 0] + b
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_dropout_drops_factors_and_not_biases(build, randomize, rows, weights):
    model = randomize(build("mf", dropout=0.5))
    w = weights(model)
    user = model.user_tower(rows["user_id"], training=True)
    item = model.item_tower(rows["item_id"], training=True)
    for parts, table, ids in (
        (user, "user_factors/embeddings", rows["user_id"]),
        (item, "item_factors/embeddings", rows["item_id"]),
    ):
        factors = parts["factors"].numpy()
        dropped = factors == 0
        assert 0 < dropped.mean() < 1
        expected = np.where(dropped, 0, w[table][ids] / 0.5)
        np.testing.assert_allclose(factors, expected, atol=1e-5)
    np.testing.assert_allclose(
        user["bias"], w["user_bias/embeddings"][rows["user_id"], 0], atol=1e-6
    )
    np.testing.assert_allclose(
        item["bias"], w["item_bias/embeddings"][rows["item_id"], 0], atol=1e-6
    )


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
