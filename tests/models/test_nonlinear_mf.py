"""Nonlinear MF: its formula from its weights, a score by hand, its sizes."""

import numpy as np
import pytest

from tfrecs.models import build_nonlinear_mf


def dense(weights, x, layer):
    return x @ weights[f"{layer}/kernel"] + weights[f"{layer}/bias"]


def test_score_is_the_formula(build, randomize, weights, rows):
    model = randomize(build("nonlinear_mf"))  # layers of 6 and 4 for users, 4 for items
    w = weights(model)
    p = dense(w, w["user_embedding/embeddings"], "user_hidden_0")
    p = dense(w, np.maximum(p, 0), "user_factors")
    q = dense(w, w["item_embedding/embeddings"], "item_factors")
    assert (p.shape, q.shape) == ((7, 4), (9, 4))
    assert p.min() < 0  # the last layer is linear
    u, i = rows["user_id"][:, None], rows["item_id"]
    expected = (p[u] * q[i]).sum(-1)
    expected += w["user_bias/embeddings"][u, 0] + w["item_bias/embeddings"][i, 0]
    expected += w["interaction/global_bias"]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_a_score_by_hand(assign):
    model = build_nonlinear_mf(
        1, 2, embedding_dim=2, user_hidden_units=(2, 1), item_hidden_units=(1,)
    )
    assign(
        model,
        {
            "user_embedding/embeddings": [[1, 2]],
            "user_hidden_0/kernel": [[1, 1], [1, -1]],  # 1 + 2 and 1 - 2
            "user_hidden_0/bias": [0.5, 0.5],  # 3.5 and -0.5, of which relu makes 0
            "user_factors/kernel": [[2], [100]],
            "user_factors/bias": [-1],  # p = 2 * 3.5 - 1 = 6
            "user_bias/embeddings": [[0.25]],
            "item_embedding/embeddings": [[1, 0], [0, 1]],
            "item_factors/kernel": [[3], [-2]],
            "item_factors/bias": [1],  # q = 3 + 1 = 4, and -2 + 1 = -1
            "item_bias/embeddings": [[0.5], [-0.5]],
            "interaction/global_bias": 1,
        },
    )
    expected = [[6 * 4 + 0.25 + 0.5 + 1, 6 * -1 + 0.25 - 0.5 + 1]]
    assert model.score_users(np.array([0])).tolist() == expected


@pytest.mark.parametrize(
    ("dropout", "hidden_dropout"), [(0.5, 0.0), (0.0, 0.5), (0.5, 0.25)]
)
def test_embeddings_and_layers_are_dropped_by_rates_of_their_own(
    dropout, hidden_dropout
):
    model = build_nonlinear_mf(
        7, 9, dropout=dropout, hidden_dropout=hidden_dropout, init_std=0.5
    )
    for side in ("user", "item"):
        layers = model.get_layer(f"{side}_tower").layers
        rates = {layer.name: layer.rate for layer in layers if hasattr(layer, "rate")}
        expected = {
            f"{side}_embedding_dropout": dropout,
            f"{side}_hidden_0_dropout": hidden_dropout,
        }
        assert rates == {name: rate for name, rate in expected.items() if rate}


@pytest.mark.parametrize("side", ["user", "item"])
def test_wrong_layers_are_named(build, side):
    name = f"{side}_hidden_units"
    with pytest.raises(ValueError, match=rf"`{name}` must .* Received: none.*build_mf"):
        build("nonlinear_mf", **{name: ()})
    with pytest.raises(ValueError, match=f"Received: {name}=0"):
        build("nonlinear_mf", **{name: (0, 4)})
    with pytest.raises(ValueError, match=r"`hidden_dropout` must .* hidden_dropout=1$"):
        build("nonlinear_mf", hidden_dropout=1)


def test_towers_must_end_in_the_same_size():
    with pytest.raises(ValueError, match=r"end in the same size.* Received: 3 and 4$"):
        build_nonlinear_mf(7, 9, user_hidden_units=(4, 3), item_hidden_units=(3, 4))
