"""NeuMF: its formula from its weights, and its sizes."""

import numpy as np
import pytest


def test_score_is_gmf_plus_mlp(build, randomize, weights, rows):
    model = randomize(build("neumf", hidden_units=(6, 4, 3)))
    w = weights(model)
    u, i = rows["user_id"][:, None], rows["item_id"]
    products = w["gmf_user/embeddings"][u] * w["gmf_item/embeddings"][i]
    gmf = products @ w["gmf_weights/kernel"]
    user = w["mlp_user/embeddings"][np.repeat(u, 3, axis=1)]
    x = np.concatenate([user, w["mlp_item/embeddings"][i]], axis=-1)
    kernel = np.concatenate([w["user_hidden/kernel"], w["item_hidden/kernel"]])
    x = np.maximum(x @ kernel + w["item_hidden/bias"], 0)
    for layer in ("interaction/hidden_1", "interaction/hidden_2"):
        x = np.maximum(x @ w[f"{layer}/kernel"] + w[f"{layer}/bias"], 0)
    mlp = x @ w["interaction/output_weights/kernel"][:, 0]
    expected = gmf + mlp + w["interaction/global_bias"]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_wrong_mlp_embedding_is_named(build):
    with pytest.raises(ValueError, match="Received: mlp_embedding_dim=0"):
        build("neumf", mlp_embedding_dim=0)
