"""The hybrid: its formula from its weights, its kinds of features, and new items."""

import zipfile

import keras
import numpy as np
import pytest
import scipy.sparse as sp

from tfrecs.models import MODELS, build_hybrid
from tfrecs.models.cold_start import score_new_items
from tfrecs.models.layers import feature_dense

RNG = np.random.default_rng(3)
USER_FEATURES = RNG.normal(size=(7, 2))
ITEM_FEATURES = RNG.normal(size=(9, 4))
USERS = np.array([3, 0, 6])


@pytest.fixture(scope="module")
def linear(randomize):
    model = build_hybrid(
        7,
        9,
        user_features=USER_FEATURES,
        item_features=ITEM_FEATURES,
        embedding_dim=3,
    )
    return randomize(model)


@pytest.fixture(scope="module")
def deep(randomize):
    model = build_hybrid(
        7, 9, item_features=ITEM_FEATURES, embedding_dim=3, feature_units=(6, 5)
    )
    return randomize(model)


def dense_layers(model, side):
    """Kernel and bias of each layer of a side's metadata path."""
    layers = model.get_layer(f"{side}_tower").get_layer(f"{side}_metadata").layers
    arrays = [weight.numpy() for layer in layers for weight in layer.weights]
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def tower(weights, ids, side, metadata):
    """Factors and biases of ids: the id's own, and what the metadata add."""
    return (
        weights[f"{side}_factors/embeddings"][ids] + metadata[ids, :-1],
        weights[f"{side}_bias/embeddings"][ids, 0] + metadata[ids, -1],
    )


def score(weights, rows, user_metadata, item_metadata):
    p, b_u = tower(weights, rows["user_id"], "user", user_metadata)
    q, b_i = tower(weights, rows["item_id"], "item", item_metadata)
    b = weights["interaction/global_bias"]
    return (p[:, None] * q).sum(-1) + b_u[:, None] + b_i + b


# The formula


def test_score_is_the_formula(linear, weights, rows):
    w = weights(linear)
    of_users = USER_FEATURES @ w["user_features/kernel"]
    of_items = ITEM_FEATURES @ w["item_features/kernel"]
    assert of_users.shape == (7, 3 + 1)
    expected = score(w, rows, of_users, of_items)
    np.testing.assert_allclose(linear(rows), expected, atol=1e-5)


def test_score_with_hidden_layers_is_the_formula(deep, weights, rows):
    w = weights(deep)
    first = ITEM_FEATURES @ w["item_features/kernel"]
    (kernel, bias), (last, shift) = dense_layers(deep, "item")
    hidden = np.maximum(np.maximum(first, 0) @ kernel + bias, 0)
    of_items = hidden @ last + shift
    assert (first.shape, hidden.shape, of_items.shape) == ((9, 6), (9, 5), (9, 4))
    expected = score(w, rows, np.zeros((7, 4)), of_items)
    np.testing.assert_allclose(deep(rows), expected, atol=1e-5)


@pytest.mark.parametrize("units", [(), (6,), (6, 5)])
@pytest.mark.parametrize("sides", ["user", "item", "both"])
def test_it_starts_equal_to_its_collaborative_part(
    units, sides, weights, everything, gradients
):
    features = {"user_features": USER_FEATURES, "item_features": ITEM_FEATURES}
    if sides != "both":
        features = {f"{sides}_features": features[f"{sides}_features"]}
    model = build_hybrid(7, 9, **features, embedding_dim=3, feature_units=units)
    w = weights(model)
    expected = score(w, everything, np.zeros((7, 4)), np.zeros((9, 4)))
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(model(everything), expected, atol=1e-6)
    np.testing.assert_allclose(
        model(everything), model.score_users(np.arange(7)), atol=1e-7
    )
    # The zeros learn: the last kernel of each metadata path has a gradient.
    found = gradients(model, lambda: keras.ops.sum(keras.ops.square(model(everything))))
    last = {
        path: gradient
        for path, gradient in found.items()
        if not w[path].any() and path.endswith("kernel")
    }
    assert len(last) == len(features)
    for path, gradient in last.items():
        assert np.abs(gradient).max() > 0, path


# Kinds of features


CATEGORIES = np.array([2, 0, 5, 5, 1, 0, 6, 3, 4])
ONE_HOT = np.eye(7)[CATEGORIES]


@pytest.mark.parametrize("units", [(), (6,)])
def test_features_of_any_kind_are_the_same_model(
    units, everything, monkeypatch, randomize, gradients
):
    scores, slopes = [], []
    for limit in (2**22, 0):  # a dense table, or padded non-zeros
        monkeypatch.setattr(feature_dense, "DENSE_TABLE", limit)
        for features in (ONE_HOT, sp.csr_array(ONE_HOT), CATEGORIES):
            model = build_hybrid(
                7, 9, item_features=features, embedding_dim=3, feature_units=units
            )
            held = {weight.name for weight in model.non_trainable_weights}
            assert ("table" in held) == (limit > 0)
            randomize(model)
            scores.append(model(everything).numpy())
            found = gradients(model, lambda m=model: keras.ops.sum(m(everything)))
            slopes.append(found["item_features/kernel"])
    for found, slope in zip(scores, slopes, strict=True):
        np.testing.assert_allclose(found, scores[0], atol=1e-5)
        np.testing.assert_allclose(slope, slopes[0], atol=1e-5)
    assert np.abs(slopes[0]).max() > 0.1


@pytest.mark.parametrize("limit", [2**22, 0])
def test_features_travel_inside_the_file(
    limit, randomize, everything, monkeypatch, tmp_path
):
    monkeypatch.setattr(feature_dense, "DENSE_TABLE", limit)
    model = build_hybrid(7, 9, item_features=CATEGORIES, user_features=USER_FEATURES)
    randomize(model).save(tmp_path / "model.keras")
    monkeypatch.setattr(feature_dense, "DENSE_TABLE", 2**22)  # of the one who loads
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    held = {weight.name for weight in loaded.non_trainable_weights}
    assert ("places" in held) == (limit == 0)
    np.testing.assert_array_equal(loaded(everything), model(everything))
    found = score_new_items(loaded, USERS, np.array([4, 0]))
    np.testing.assert_array_equal(
        found, score_new_items(model, USERS, np.array([4, 0]))
    )
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        config = archive.read("config.json")
    assert len(config) < 30_000  # the features are weights, not text


# Mistakes


@pytest.mark.parametrize("name", ["hybrid", "deepfm"])
@pytest.mark.parametrize("side", ["user", "item"])
def test_wrong_features_are_refused(name, side):
    with pytest.raises(ValueError, match=rf"`{side}_features` .*shape \(8, 2\)"):
        MODELS[name](7, 9, **{f"{side}_features": np.ones((8, 2))})


def test_a_hybrid_needs_features():
    with pytest.raises(ValueError, match=r"Received: neither. .* build_mf"):
        build_hybrid(7, 9)


def test_wrong_feature_units_are_named():
    with pytest.raises(ValueError, match="Received: feature_units=0"):
        build_hybrid(7, 9, item_features=ITEM_FEATURES, feature_units=(3, 0))
