"""MLP: its formula from its weights, its sizes, and where it starts."""

import numpy as np
import pytest

from tfrecs.models import build_mlp_mf


def relu(x):
    return np.maximum(x, 0)


def test_score_is_an_mlp_over_the_concatenation(build, randomize, weights, rows):
    model = randomize(build("mlp", hidden_units=(6, 4, 3)))
    w = weights(model)
    user = w["mlp_user/embeddings"][np.repeat(rows["user_id"][:, None], 3, axis=1)]
    item = w["mlp_item/embeddings"][rows["item_id"]]
    x = np.concatenate([user, item], axis=-1)
    kernel = np.concatenate([w["user_hidden/kernel"], w["item_hidden/kernel"]])
    assert kernel.shape == (2 * 4, 6)
    x = relu(x @ kernel + w["item_hidden/bias"])
    for layer in ("interaction/hidden_1", "interaction/hidden_2"):
        x = relu(x @ w[f"{layer}/kernel"] + w[f"{layer}/bias"])
    expected = x @ w["interaction/output_weights/kernel"][:, 0]
    expected += w["interaction/global_bias"]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_one_hidden_layer(build, randomize, weights, rows):
    model = randomize(build("mlp", hidden_units=(6,)))
    w = weights(model)
    user = w["mlp_user/embeddings"][rows["user_id"]] @ w["user_hidden/kernel"]
    item = w["mlp_item/embeddings"][rows["item_id"]] @ w["item_hidden/kernel"]
    x = relu(user[:, None] + item + w["item_hidden/bias"])
    expected = x @ w["interaction/output_weights/kernel"][:, 0]
    expected += w["interaction/global_bias"]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_hidden_units_may_be_a_list(build):
    units = [6, 4]
    assert build("mlp", hidden_units=units).interaction.hidden_units == (4,)
    assert units == [6, 4]


@pytest.mark.parametrize("name", ["mlp", "mlp_mf", "neumf", "deepfm"])
def test_wrong_hidden_units_are_named(build, name):
    with pytest.raises(ValueError, match=r"`hidden_units` must .* Received: none.*_mf"):
        build(name, hidden_units=())
    with pytest.raises(ValueError, match="Received: hidden_units=0"):
        build(name, hidden_units=(4, 0))
    with pytest.raises(ValueError, match="Received: hidden_units=-2"):
        build(name, hidden_units=(-2, 4))


# With user and item biases


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
    # Far beyond 1: no activation follows the MLP.
    expected = [[10 * 3 + 100 * 3 + 0.25 + 0.5 + 1, 0 + 0.25 - 0.5 + 1]]
    assert model.score_users(np.array([0])).tolist() == expected
