"""DeepFM: a factorization machine over its fields in plain Python, and by hand."""

from itertools import combinations

import numpy as np
import pytest

from tfrecs.models import build_deepfm

RNG = np.random.default_rng(3)
USER_FEATURES = RNG.normal(size=(7, 2))
ITEM_FEATURES = RNG.normal(size=(9, 4))
FEATURES = {"user_features": USER_FEATURES, "item_features": ITEM_FEATURES}


def fields(weights, ids, side, features):
    """Weight and vector of each field of one id, as lists of floats."""
    found = [
        (
            weights[f"{side}_bias/embeddings"][ids, 0],
            weights[f"{side}_factors/embeddings"][ids].tolist(),
        )
    ]
    if features is not None:
        of_features = (features[ids] @ weights[f"{side}_features/kernel"]).tolist()
        found.append((of_features[-1], of_features[:-1]))
    return found


def oracle(weights, user, item, user_features=None, item_features=None):
    """A factorization machine over the fields and an MLP over their vectors."""
    found = fields(weights, user, "user", user_features)
    found += fields(weights, item, "item", item_features)
    score = weights["interaction/global_bias"] + sum(weight for weight, _ in found)
    for (_, one), (_, other) in combinations(found, 2):
        score += sum(a * b for a, b in zip(one, other, strict=True))
    x = np.concatenate([vector for _, vector in found])
    kernel = np.concatenate(
        [weights["user_hidden/kernel"], weights["item_hidden/kernel"]]
    )
    x = np.maximum(x @ kernel + weights["item_hidden/bias"], 0)
    x = (
        x @ weights["interaction/hidden_1/kernel"]
        + weights["interaction/hidden_1/bias"]
    )
    return score + np.maximum(x, 0) @ weights["interaction/output_weights/kernel"][:, 0]


@pytest.mark.parametrize(
    "sides", [(), ("user_features",), ("item_features",), tuple(FEATURES)]
)
def test_score_is_that_of_a_plain_machine(sides, randomize, weights, rows):
    features = {side: FEATURES[side] for side in sides}
    model = randomize(
        build_deepfm(7, 9, **features, embedding_dim=3, hidden_units=(6, 4))
    )
    w = weights(model)
    expected = [
        [oracle(w, user, item, **features) for item in items]
        for user, items in zip(rows["user_id"], rows["item_id"], strict=True)
    ]
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)
    catalogue = [oracle(w, 5, item, **features) for item in range(9)]
    np.testing.assert_allclose(model.score_users(np.array([5])), [catalogue], atol=1e-5)


def test_a_score_by_hand(assign):
    model = build_deepfm(
        1, 1, item_features=np.array([[2.0]]), embedding_dim=2, hidden_units=(1,)
    )
    assign(
        model,
        {
            "user_factors/embeddings": [[1, 2]],
            "user_bias/embeddings": [[0.5]],
            "item_factors/embeddings": [[3, -1]],
            "item_bias/embeddings": [[0.25]],
            "item_features/kernel": [[2, 1, 4]],  # times 2: the vector (4, 2), weight 8
            "user_hidden/kernel": [[1], [1]],
            "item_hidden/kernel": [[1], [0], [0], [1]],
            "item_hidden/bias": [-1],
            "interaction/output_weights/kernel": [[10]],
            "interaction/global_bias": 1,
        },
    )
    first_order = 1 + 0.5 + 0.25 + 8
    pairs = (1 * 3 + 2 * -1) + (1 * 4 + 2 * 2) + (3 * 4 + -1 * 2)
    deep = 10 * (1 * 1 + 2 * 1 + 3 * 1 + 2 * 1 - 1)  # relu of 7
    assert (first_order, pairs, deep) == (9.75, 19, 70)
    assert model.score_users(np.array([0])).tolist() == [[9.75 + 19 + 70]]


def test_it_starts_equal_to_that_of_its_ids(build, everything):
    alone = build("deepfm", user_features=None, item_features=None)
    w = {v.path: v for v in alone.trainable_variables}
    model = build_deepfm(7, 9, **FEATURES, embedding_dim=4, hidden_units=(6, 4))
    for variable in model.trainable_variables:
        if variable.path in w and variable.shape == w[variable.path].shape:
            variable.assign(w[variable.path])
        elif "hidden" in variable.path:  # its rows for the ids come first
            variable.assign(np.concatenate([w[variable.path], np.ones((4, 6))]))
    np.testing.assert_allclose(model(everything), alone(everything), atol=1e-6)
