"""MLP-MF: its formula from its weights, a score by hand, its sizes."""

import numpy as np
import pytest

from tfrecs.models import build_mlp_mf


def test_score_is_the_mlp_and_the_biases(build, randomize, weights, rows):
    model = randomize(build("mlp_mf"))
    w = weights(model)
    mlp = build("mlp")
    for variable in mlp.trainable_variables:
        variable.assign(w[variable.path])
    u, i = rows["user_id"][:, None], rows["item_id"]
    biases = w["user_bias/embeddings"][u, 0] + w["item_bias/embeddings"][i, 0]
    np.testing.assert_allclose(model(rows), mlp(rows) + biases, atol=1e-5)
    over = model.over_catalogue()({"user_id": rows["user_id"]}).numpy()
    np.testing.assert_allclose(
        np.take_along_axis(over, i, axis=1), mlp(rows) + biases, atol=1e-5
    )


def test_a_score_by_hand(assign):
    model = build_mlp_mf(1, 2, embedding_dim=1, hidden_units=(2,))
    assign(
        model,
        {
            "mlp_user/embeddings": [[2]],
            "user_hidden/kernel": [[1, -1]],  # 2 and -2
            "user_bias/embeddings": [[0.25]],
            "mlp_item/embeddings": [[1], [-3]],
            "item_hidden/kernel": [[1, 1]],  # 1 and 1; -3 and -3
            "item_hidden/bias": [0, 4],  # relu of 3 and 3; of -1 and -1: 0
            "item_bias/embeddings": [[0.5], [-0.5]],
            "interaction/output_weights/kernel": [[10], [100]],
            "interaction/global_bias": 1,
        },
    )
    # Far beyond 1: nothing squashes what the MLP says.
    expected = [[10 * 3 + 100 * 3 + 0.25 + 0.5 + 1, 0 + 0.25 - 0.5 + 1]]
    assert model.score_users(np.array([0])).tolist() == expected


def test_size():
    model = build_mlp_mf(7, 9, embedding_dim=5, hidden_units=(6, 4))
    mlp = (2 * 5 * 6 + 6) + (6 * 4 + 4) + 4
    assert model.count_params() == (7 + 9) * (5 + 1) + mlp + 1


def test_defaults(weights):
    model = build_mlp_mf(300, 200)
    mlp = (2 * 32 * 32 + 32) + (32 * 16 + 16) + (16 * 8 + 8) + 8
    assert model.count_params() == (300 + 200) * (32 + 1) + mlp + 1
    w = weights(model)
    assert w["mlp_user/embeddings"].std() == pytest.approx(0.01, rel=0.05)
    assert not w["item_bias/embeddings"].any()


def test_scores_bend_into_their_range(build, randomize, everything):
    plain = randomize(build("mlp_mf"))(everything).numpy()
    bent = randomize(build("mlp_mf", y_range=(1, 5)))(everything).numpy()
    np.testing.assert_allclose(bent, 1 + 4 / (1 + np.exp(-plain)), atol=1e-5)
